# frozen_string_literal: true

# The supervisor of a suite of Ruby: runs each test in a process of its own and reports.
# No code of the artifact is ever in this process.
#
# Descriptor 3 is the report and descriptor 4 has the nonce. The process that tests are
# forked from is forked before the nonce is read, and closes both. Input is a JSON object:
# `files` (path, line and text of the tests, and where they stand in the case), `tests`
# (class, name, and the name that people know), `features`, `words` and `unnamed`.

require "json"
require "minitest"
require "securerandom"
require "socket"
require_relative "places"
require_relative "guards"
require_relative "blind"
require_relative "reach"
require_relative "sentinels"
require_relative "trial"
require_relative "server"

module AssayHarness
  class Supervisor
    PR_SET_DUMPABLE = [157, 4, 0].freeze
    # How long what a test started may take to end.
    GRACE = 0.3

    def initialize(report, nonce, input)
      @report, @nonce, @settings = report, nonce, JSON.parse(input)
      @reported = 0
      @is_passed = true
      @outcomes = {}
    end

    # Talks to the server by these ends.
    def run(orders, channel, known)
      @orders, @channel, @known = orders, channel, known
      orders.puts(JSON.generate(@settings.slice("features", "words").merge("files" => files)))
      ready = orders.gets&.chomp
      tests = @settings["tests"]
      tests.shuffle(random: SecureRandom).each do |test|
        ready == "ready" ? take(test, tests) : say_test(test, "errored", broken(ready))
      end
      say("end" => @reported)
      @is_passed && @reported.positive?
    end

    private

    def files
      @settings["files"].map { |it| it.slice("path", "line", "text") }
    end

    def broken(answer)
      answer ? written(JSON.parse(answer)) : "the process that tests are forked from has ended"
    end

    # Runs a test and reports it.
    def take(test, tests)
      proofs = Array.new(2) { SecureRandom.hex(16) }
      others = tests.map { |it| it["name"] } - [test["name"]]
      order = test.slice("class", "name").merge(
        "others" => others, "unnamed" => @settings["unnamed"], "proofs" => proofs
      )
      said, status = answer_to(order)
      outcome, detail = weigh(said, status, proofs)
      left = left_running
      if outcome == "passed" && !left.empty?
        outcome, detail = "failed", "left #{left.size} processes running"
      end
      end_processes unless left.empty?
      forget_rest
      say_test(test, outcome, detail)
    end

    # What was said on the channel of a test, and how its process ended.
    def answer_to(order)
      @orders.puts(JSON.generate(order))
      said = +""
      loop do
        ready, = IO.select([@channel, @orders])
        said << @channel.read_nonblock(65_536, exception: false).to_s if ready.include?(@channel)
        next unless ready.include?(@orders)

        status = @orders.gets&.chomp
        rest = @channel.read_nonblock(65_536, exception: false)
        said << rest if rest.is_a?(String)
        return [said, status]
      end
    rescue SystemCallError
      [said, nil]
    end

    def weigh(said, status, proofs)
      return ["failed", "its process ended before it: #{status || "with all others"}"] if said.empty?
      return ["passed", ""] if said == "#{proofs[0]}\n" && status == "ended 0"
      return ["skipped", ""] if said == "#{proofs[1]}\n" && status == "ended 0"

      kind, what, place = message(said.lines.first)
      if kind == "tampered"
        say("tampered" => written(what), "place" => written(place || ""))
        return ["failed", written(what)]
      end
      return [kind, written(what)] if said.lines.one? && %w[failed errored].include?(kind)

      say("tampered" => "writes a report of its own")
      ["failed", "writes a report of its own"]
    end

    def message(line)
      found = JSON.parse(line)
      found.is_a?(Array) && found[1].is_a?(String) ? found : []
    rescue JSON::ParserError
      []
    end

    # Processes that are there and have not ended, but for those of the harness.
    def left_running
      finish = Process.clock_gettime(Process::CLOCK_MONOTONIC) + GRACE
      loop do
        left = AssayHarness.processes - @known
        return left if left.empty? || Process.clock_gettime(Process::CLOCK_MONOTONIC) > finish

        sleep 0.01
      end
    end

    # Ends what a test left.
    def end_processes
      100.times do
        left = AssayHarness.processes - @known
        break if left.empty?

        left.each do |id|
          Process.kill(:KILL, id)
        rescue SystemCallError
          # It has ended meanwhile.
        end
        sleep 0.01
      end
    end

    # What was said after a test's process had ended, by children of it, is no report.
    def forget_rest
      loop { break unless @channel.read_nonblock(65_536, exception: false).is_a?(String) }
    end

    # A text with the names and lines of the case in the place of those that were drawn.
    def written(text)
      text = text.dup
      @settings["files"].each do |file|
        text.gsub!(/#{Regexp.escape(file["path"])}:(\d+)/) { "#{file["written"]}:#{$1.to_i - file["line"] + 1}" }
        text.gsub!(file["path"], file["written"])
      end
      @settings["tests"].each do |test|
        known_class, known_name = test["written"].split("#")
        text.gsub!(test["name"], known_name)
        text.gsub!(test["class"], known_class)
      end
      text
    end

    # Tests run in any order and are reported in that of their sources.
    def say_test(test, outcome, detail)
      @is_passed &&= %w[passed skipped].include?(outcome)
      @outcomes[test["written"]] = { "test" => test["written"], "outcome" => outcome, "detail" => detail }
      while (line = @outcomes[@settings["tests"].dig(@reported, "written")])
        say(line)
        @reported += 1
      end
    end

    def say(line)
      @report.syswrite("#{JSON.generate({ "nonce" => @nonce }.merge(line))}\n")
    end
  end

  # The processes of this sandbox that have not ended.
  def self.processes
    Dir.children("/proc").grep(/\A\d+\z/).map(&:to_i).reject do |id|
      File.read("/proc/#{id}/stat").rpartition(")").last.start_with?(" Z", " X")
    rescue SystemCallError
      true
    end
  end

  # Forks the process that tests are forked from; returns its number and the near ends of
  # what it is told by and what tests say.
  def self.start_server
    near, far = Array.new(2) { UNIXSocket.pair }.transpose
    server = fork do
      [3, 4].each { |it| IO.for_fd(it).close }
      near.each(&:close)
      $stdin.reopen(File::NULL)
      Server.run(*far)
      exit!(0)
    end
    far.each(&:close)
    [server, *near]
  end

  # Whether every test passed.
  def self.supervise
    syscall(*Supervisor::PR_SET_DUMPABLE)
    before = processes
    server, orders, channel = start_server
    supervisor = Supervisor.new(IO.for_fd(3), IO.for_fd(4).read, $stdin.read)
    is_passed = supervisor.run(orders, channel, before + [server])
    orders.close
    Process.wait(server)
    is_passed
  end
end

exit!(AssayHarness.supervise ? 0 : 1)
