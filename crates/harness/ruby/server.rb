# frozen_string_literal: true

require "json"
require "minitest"
require "socket"

# Loads what all tests need, once, and forks a process for each of them. It holds neither
# the report nor the nonce.
module AssayHarness
  module Server
    # A test: where it is, and which tests and constants are not to be seen beside it.
    Test = Struct.new(:class_name, :name, :others, :unnamed, :class_of)

    # Serves the orders of the supervisor, one line each, until it has no more.
    def self.run(orders, channel)
      suite = JSON.parse(orders.gets)
      load_libraries(suite["features"])
      words = (suite["words"] + framework_words).to_h { |it| [it.to_sym, true] }
      places = Places.of(suite["files"].map { |it| it["path"] })
      callers, modules = Kernel.instance_method(:caller_locations), ObjectSpace.each_object(Module).to_a
      Blind.hide_symbols
      parts = compile(suite["files"], orders) or return
      Reach.close(places, ->(what) { Trial.tell(channel, "tampered", what) })
      Blind.install(places)
      guards = Guards.install(modules, callers, places, words)
      AssayHarness.close
      orders.puts("ready")
      serve(orders, channel, parts, guards)
    end

    # Libraries that either suite loads, whichever runs.
    def self.load_libraries(features)
      ["minitest/autorun", "tmpdir", "tempfile", "fileutils", *features].each do |it|
        require it
      rescue LoadError
        # The suite that asks for it says so itself.
      end
    end

    # The names by which the framework calls methods.
    def self.framework_words
      files = $LOADED_FEATURES.grep(%r{/minitest(?:/(?:test|assertions|mock))?\.rb\z})
      files.flat_map { |it| File.read(it).scan(/[a-z_]\w*[?!=]?/) }.uniq
    end

    def self.compile(files, orders)
      files.map do |it|
        RubyVM::InstructionSequence.compile(it["text"], it["path"], it["path"], it["line"])
      end.freeze
    rescue SyntaxError => error
      orders.puts(JSON.generate(error.message))
      nil
    end

    def self.serve(orders, channel, parts, guards)
      while (line = orders.gets)
        order = JSON.parse(line)
        process = fork do
          orders.close
          $LOAD_PATH.unshift("/work/lib")
          names = order.values_at("class", "name")
          hidden = [order["others"], order["unnamed"]].map { |it| it.map(&:to_sym) }
          test = Test.new(names[0], names[1].to_sym, *hidden)
          Trial.run(test, parts, guards, order["proofs"].map { |it| "#{it}\n".freeze }.freeze, channel)
        end
        _, status = Process.wait2(process)
        orders.puts("ended #{status.exited? ? status.exitstatus : "signal #{status.termsig}"}")
      end
    end
  end

  # Nothing of the harness can be replaced or named from here on.
  def self.close
    [Guards, Blind, Reach, Trial, Server, Places, Sentinels, Trial::Ending].each(&:freeze)
    freeze
    Object.send(:remove_const, :AssayHarness)
  end
end
