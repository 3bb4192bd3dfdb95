# frozen_string_literal: true

# Keeps what reads or writes the memory of the process, and objects of others, out of
# reach.
module AssayHarness
  module Reach
    # Libraries that read memory, by the last part of their names.
    RAW = %r{(?:\A|/)(?:fiddle|objspace|debug|debug/\w+)(?:\.so|\.rb)?\z}.freeze
    # Arguments of a system call that are no places in memory are smaller.
    SMALL = 1 << 16
    HARNESS = "#{__dir__}/".freeze

    # `tell` tells of what aims at the grader.
    def self.close(places, tell)
      close_libraries(tell)
      close_objects(places)
      close_calls
      close_interrupts
    end

    def self.close_libraries(tell)
      check = library_check(tell)
      [Kernel, Kernel.singleton_class].each do |owner|
        %i[require load gem_original_require].each do |name|
          next unless owner.method_defined?(name) || owner.private_method_defined?(name)

          original = owner.instance_method(name)
          owner.define_method(name) { |feature, *rest| original.bind_call(self, check.call(feature), *rest) }
        end
      end
      close_relative(check)
      Kernel.send(:private, :require, :require_relative, :load, :gem_original_require)
    end

    def self.library_check(tell)
      lambda do |feature|
        text = (feature.respond_to?(:to_path) ? feature.to_path : feature).to_s
        if text.match?(RAW) || Reach.brought?(text)
          tell.call("loads what reaches into the memory of the process: #{text}")
          raise LoadError, "cannot load such file -- #{text}"
        end
        feature
      end
    end

    # What is relative to the file that asks.
    def self.close_relative(check)
      callers = Kernel.instance_method(:caller_locations)
      Kernel.define_method(:require_relative) do |feature|
        asks = callers.bind_call(self, 0).find { |it| !it.path.start_with?(HARNESS) }
        base = asks&.absolute_path || asks&.path
        raise LoadError, "cannot infer basepath" unless base&.start_with?("/")

        require(check.call(File.expand_path(feature, File.dirname(base))))
      end
      Kernel.define_singleton_method(:require_relative) { |feature| Object.new.send(:require_relative, feature) }
    end

    # Whether it is machine code that is not of the system.
    def self.brought?(feature)
      kind, place = $LOAD_PATH.resolve_feature_path(feature)
      kind == :so && !place.start_with?("/usr/lib/", "/var/lib/gems/")
    rescue LoadError
      false
    end

    # Of the objects in memory, those that the project made the classes of, and modules.
    def self.close_objects(places)
      before = {}.compare_by_identity
      ObjectSpace.each_object(Module) { |it| before[it] = true }
      is_own = ->(object) { Reach.own?(object, before, places.tests) }
      each = ObjectSpace.method(:each_object).unbind
      ObjectSpace.define_singleton_method(:each_object) do |*kind, &block|
        found = []
        each.bind_call(ObjectSpace, *kind) { |it| found << it if is_own.call(it) }
        block ? found.each(&block).size : found.each
      end
      ObjectSpace.singleton_class.send(:remove_method, :_id2ref)
      subclasses = Class.instance_method(:subclasses)
      Class.define_method(:subclasses) { subclasses.bind_call(self).select { |it| is_own.call(it) } }
    end

    CLASS = Kernel.instance_method(:class)
    NAMES = Module.instance_method(:const_source_location)

    def self.own?(object, before, tests)
      return !before.key?(CLASS.bind_call(object)) && !made_by_tests?(CLASS.bind_call(object), tests) unless Module === object

      before.key?(object) ? !object.name.to_s.start_with?("AssayHarness", "Minitest") : !made_by_tests?(object, tests)
    end

    # Whether a class stands in a file of the tests.
    def self.made_by_tests?(object, tests)
      methods = object.instance_methods(false) + object.private_instance_methods(false)
      source = UNBOUND_SOURCE
      methods.any? { |it| source.bind_call(object.instance_method(it))&.first.to_s.start_with?(*tests) } ||
        object.ancestors.include?(Minitest::Test)
    end

    UNBOUND_SOURCE = UnboundMethod.instance_method(:source_location)

    # What is called between two steps of any code is called from a frame of its own, so
    # that it finds nothing in the frame that it interrupted.
    def self.close_interrupts
      [Kernel, Kernel.singleton_class, Signal.singleton_class].each do |owner|
        original = owner.instance_method(:trap)
        owner.define_method(:trap) do |signal, command = nil, &block|
          handler = block || command
          original.bind_call(self, signal, handler.respond_to?(:call) ? Reach.framed(handler) : handler)
        end
      end
      Kernel.send(:private, :trap)
      finalizer = ObjectSpace.method(:define_finalizer).unbind
      ObjectSpace.define_singleton_method(:define_finalizer) do |object, command = nil, &block|
        finalizer.bind_call(ObjectSpace, object, Reach.framed(command || block))
      end
    end

    def self.framed(handler)
      ->(*arguments) { handler.call(*arguments) }
    end

    def self.close_calls
      [Kernel, Kernel.singleton_class].each do |owner|
        original = owner.instance_method(:syscall)
        owner.define_method(:syscall) do |*arguments|
          unless arguments.all? { |it| Integer === it && it.abs < SMALL }
            raise NotImplementedError, "syscall() with places in memory is unimplemented on this machine"
          end

          original.bind_call(self, *arguments)
        end
      end
      Kernel.send(:private, :syscall)
    end
  end
end
