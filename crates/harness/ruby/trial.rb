# frozen_string_literal: true

require "json"
require "minitest"

# One test, in a process of its own that has loaded the artifact for it alone.
#
# What proves a pass is one line that the supervisor drew for this test. It is in local
# variables of `run` alone, which no code of the project is called from, and it is written
# only when the test's method has returned, every sentinel has come out as it must and no
# method was replaced.
module AssayHarness
  module Trial
    WRITE = IO.instance_method(:syswrite)
    EVALUATE = RubyVM::InstructionSequence.instance_method(:eval)
    CALL = Kernel.instance_method(:public_send)
    LEAVE = Process.method(:exit!).unbind
    AT = Array.instance_method(:at)
    NEXT = Integer.instance_method(:+)
    IS = BasicObject.instance_method(:equal?)

    # How a test came to its end, when it did not pass.
    Ending = Struct.new(:kind, :error)

    # `proofs` are the lines that prove a pass and a skip.
    def self.run(test, suite, guards, proofs, channel)
      ending = Trial.whole(test, suite, guards)
      broken = Trial.sentinels(0)
      changed = AT.bind_call(guards, 0).call
      if broken
        Trial.tell(channel, "tampered", "a sentinel did not come out as it must")
      elsif changed
        Trial.tell_change(channel, changed)
      elsif ending
        is_skip = IS.bind_call(Trial.kind_of(ending), "skipped")
        is_skip ? WRITE.bind_call(channel, AT.bind_call(proofs, 1)) : Trial.tell_ending(channel, ending)
      else
        WRITE.bind_call(channel, AT.bind_call(proofs, 0))
      end
      LEAVE.bind_call(Process, 0)
    end

    # Nothing if the test passed.
    def self.whole(test, suite, guards)
      ending = load_suite(suite) || take(test, guards)
      ending || attempt(test.class_of.new(test.name), test.name)
    end

    KIND = Ending.instance_method(:kind)

    def self.kind_of(ending)
      KIND.bind_call(ending)
    end

    # Loads the tests, and with them the artifact.
    def self.load_suite(suite)
      index = 0
      while (part = AT.bind_call(suite, index))
        EVALUATE.bind_call(part)
        index = NEXT.bind_call(index, 1)
      end
      nil
    rescue Exception => error # rubocop:disable Lint/RescueException
      Ending.new("errored", error)
    end

    # Finds the test's class. Other classes and tests are taken away, so that the artifact
    # can not count them.
    def self.take(test, guards)
      classes = Minitest::Runnable.runnables.dup
      Minitest::Runnable.runnables.clear
      test.class_of = classes.find { |it| it.name == test.class_name }
      return Ending.new("errored", NameError.new("the test is not there")) unless test.class_of&.method_defined?(test.name)

      test.class_of.public_instance_methods(false).each do |name|
        test.class_of.send(:remove_method, name) if test.others.include?(name)
      end
      test.unnamed.each { |it| Object.send(:remove_const, it) if Object.const_defined?(it) }
      classes.each { |it| AT.bind_call(guards, 1).call(it) }
      nil
    rescue Exception => error # rubocop:disable Lint/RescueException
      Ending.new("errored", error)
    end

    SET_UP = %i[before_setup setup after_setup].freeze
    TEAR_DOWN = %i[before_teardown teardown after_teardown].freeze

    # Runs a test as Minitest does. Nothing if it passed.
    def self.attempt(instance, name)
      ending = guarded { SET_UP.each { |it| instance.public_send(it) } }
      ending.kind = "errored" if ending&.kind == "failed"
      ending ||= guarded { instance.public_send(name) }
      TEAR_DOWN.each do |it|
        left = guarded { instance.public_send(it) }
        ending ||= left
      end
      ending
    end

    def self.guarded
      yield
      nil
    rescue Minitest::Skip => error
      Ending.new("skipped", error)
    rescue Exception => error # rubocop:disable Lint/RescueException
      Ending.new("failed", error)
    end

    # Whether a sentinel came out wrong.
    def self.sentinels(index)
      while (name = AT.bind_call(Sentinels::MUST_FAIL, index))
        return true unless Trial.attempt(Sentinels.new("sentinel"), name)

        index = NEXT.bind_call(index, 1)
      end
      Trial.attempt(Sentinels.new("sentinel"), :passing) ? true : false
    end

    def self.tell(channel, kind, what, place = nil)
      WRITE.bind_call(channel, "#{JSON.generate([kind, what, place])}\n")
    end

    # Replaced methods of the framework aim at the grader; others only make that nothing is
    # proved by what the test saw.
    def self.tell_change(channel, change)
      owner, name, location = change
      place = location && "#{location.path.delete_prefix("/work/")}:#{location.lineno}"
      what = "replaces #{Trial.shown(owner)}##{name}"
      is_framework = Trial.shown(owner).match?(/\A(?:#<Class:)?(?:Minitest|AssayHarness)\b/) ||
                     (Module === owner && owner.ancestors.include?(Minitest::Test))
      return Trial.tell(channel, "tampered", what, place) if is_framework

      Trial.tell(channel, "failed", "#{what} (#{place}), so what the test saw proves nothing")
    end

    def self.shown(object)
      Module.instance_method(:to_s).bind_call(Module === object ? object : object.class)
    end

    BACKTRACE = Exception.instance_method(:backtrace)

    # What an error says, with the line of the tests where it came from.
    def self.tell_ending(channel, ending)
      error = ending.error
      lines = BACKTRACE.bind_call(error) || []
      at = lines.find { |it| it.start_with?("/work/") }
      detail = "#{error.class}: #{error.message}#{"\n  at #{at}" if at}"
      detail = detail.encode("UTF-8", invalid: :replace, undef: :replace).scrub[0, 4000]
      Trial.tell(channel, ending.kind, detail)
    end
  end
end
