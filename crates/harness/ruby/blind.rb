# frozen_string_literal: true

# Takes out of the artifact's sight what would tell it which suite runs: the frames of
# tests, of the framework and of the harness, and objects that are not its own.
module AssayHarness
  module Blind
    def self.install(places)
      hidden = places.hidden
      hide_callers(hidden)
      hide_backtraces(hidden)
      hide_threads(hidden)
      hide_warnings(hidden)
      hide_sources(hidden)
      hide_traces(hidden)
    end

    # A stack from the first frame that the asker may see to the last before a test.
    # Tests and the framework see all of it.
    def self.seen(locations, hidden)
      harness = hidden.first
      locations = locations.drop_while { |it| it.path.to_s.start_with?(harness) }
      return locations if locations.empty? || locations.first.path.to_s.start_with?(*hidden)

      locations.take_while { |it| !it.path.to_s.start_with?(*hidden) }
    end

    def self.cut(lines, hidden)
      lines.take_while { |it| !it.to_s.start_with?(*hidden) }
    end

    def self.part(locations, start, length)
      return locations[start] if start.is_a?(Range)

      length ? locations[start, length] : locations[start..]
    end

    def self.hide_callers(hidden)
      original = Kernel.instance_method(:caller_locations)
      find = ->(start, length) { Blind.part(Blind.seen(original.bind_call(Kernel, 0), hidden), start, length) }
      [Kernel, Kernel.singleton_class].each do |owner|
        owner.define_method(:caller_locations) { |start = 1, length = nil| find.call(start, length) }
        owner.define_method(:caller) { |start = 1, length = nil| find.call(start, length)&.map(&:to_s) }
      end
      Kernel.send(:private, :caller_locations, :caller)
    end

    def self.hide_backtraces(hidden)
      lines = Exception.instance_method(:backtrace)
      locations = Exception.instance_method(:backtrace_locations)
      Exception.define_method(:backtrace) do
        found = lines.bind_call(self)
        found && Blind.cut(found, hidden)
      end
      Exception.define_method(:backtrace_locations) do
        found = locations.bind_call(self)
        found&.take_while { |it| !it.path.to_s.start_with?(*hidden) }
      end
    end

    def self.hide_threads(hidden)
      original = Thread.instance_method(:backtrace_locations)
      find = lambda do |thread, start, length|
        found = original.bind_call(thread)
        found && Blind.part(Blind.seen(found, hidden), start, length)
      end
      Thread.define_method(:backtrace_locations) { |start = 0, length = nil| find.call(self, start, length) }
      Thread.define_method(:backtrace) { |start = 0, length = nil| find.call(self, start, length)&.map(&:to_s) }
    end

    # A warning says the place of its caller where there is one to be seen.
    def self.hide_warnings(hidden)
      original = Kernel.instance_method(:warn)
      callers = Kernel.instance_method(:caller_locations)
      [Kernel, Kernel.singleton_class].each do |owner|
        owner.define_method(:warn) do |*messages, uplevel: nil, **options|
          if uplevel && !messages.empty?
            at = Blind.seen(callers.bind_call(Kernel, 0), hidden)[uplevel]
            messages[0] = "#{at ? "#{at.path}:#{at.lineno}: " : ""}warning: #{messages[0]}"
          end
          original.bind_call(self, *messages, **options)
        end
      end
      Kernel.send(:private, :warn)
    end

    # Where a function of the tests stands, and what it holds.
    def self.hide_sources(hidden)
      [Proc, Method, UnboundMethod].each do |owner|
        source = owner.instance_method(:source_location)
        is_hidden = ->(it) { source.bind_call(it)&.first.to_s.start_with?(*hidden) }
        shown = owner.instance_method(:inspect)
        owner.define_method(:source_location) { is_hidden.call(self) ? nil : source.bind_call(self) }
        %i[inspect to_s].each do |name|
          owner.define_method(name) { is_hidden.call(self) ? "#<#{self.class}>" : shown.bind_call(self) }
        end
        hide_binding(is_hidden) if owner == Proc
      end
    end

    def self.hide_binding(is_hidden)
      original = Proc.instance_method(:binding)
      Proc.define_method(:binding) do
        raise ArgumentError, "Can't create Binding from C level Proc" if is_hidden.call(self)

        original.bind_call(self)
      end
    end

    # Traces tell of the project's own frames.
    def self.hide_traces(hidden)
      new = TracePoint.method(:new).unbind
      TracePoint.define_singleton_method(:new) do |*events, &block|
        raise ArgumentError, "must be called with a block" unless block

        new.bind_call(self, *events, &Blind.own_events(block, hidden))
      end
      TracePoint.define_singleton_method(:trace) { |*events, &block| new(*events, &block).tap(&:enable) }
      TracePoint.singleton_class.undef_method(:stat)
      [Kernel, Kernel.singleton_class, Thread].each { |owner| hide_trace_functions(owner, hidden) }
    end

    def self.own_events(block, hidden)
      ->(event) { block.call(event) unless event.path.to_s.start_with?(*hidden) }
    end

    def self.hide_trace_functions(owner, hidden)
      %i[set_trace_func add_trace_func].each do |name|
        next unless owner.method_defined?(name) || owner.private_method_defined?(name)

        original = owner.instance_method(name)
        owner.define_method(name) { |function| original.bind_call(self, function && Blind.own_calls(function, hidden)) }
      end
    end

    def self.own_calls(function, hidden)
      ->(*event) { function.call(*event) unless event[1].to_s.start_with?(*hidden) }
    end

    # No name that tests use is among the names of the language.
    def self.hide_symbols
      symbols = Symbol.all_symbols
      Symbol.define_singleton_method(:all_symbols) { symbols.dup }
      [RubyVM::InstructionSequence, RubyVM::AbstractSyntaxTree].each do |owner|
        owner.singleton_class.send(:remove_method, :of)
      end
    end
  end
end
