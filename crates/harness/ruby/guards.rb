# frozen_string_literal: true

# Sees what replaces a method that was there before the project. Added methods are no
# matter; one that takes the place of another changes what a test sees.
#
# Whatever runs here may be called when a method of the language has just been replaced. So
# it calls nothing by name but methods of classes that are frozen, on methods that it kept.
module AssayHarness
  module Guards
    ADDED = %i[method_added singleton_method_added].freeze
    GONE = %i[method_removed method_undefined singleton_method_removed singleton_method_undefined].freeze
    # Classes whose instances these rules are made of.
    FROZEN = [UnboundMethod, Method, Proc].freeze

    AT = Array.instance_method(:at)
    PUSH = Array.instance_method(:push)
    GET = Hash.instance_method(:[])
    BEGINS = String.instance_method(:start_with?)
    NEXT = Integer.instance_method(:+)
    SUPER = UnboundMethod.instance_method(:super_method)
    IS = BasicObject.instance_method(:equal?)
    INSTANCE_METHOD = Module.instance_method(:instance_method)
    DEFINED = [Module.instance_method(:method_defined?), Module.instance_method(:private_method_defined?)].freeze
    SINGLETON = Kernel.instance_method(:singleton_class)
    LABEL = Thread::Backtrace::Location.instance_method(:label)
    PATH = Thread::Backtrace::Location.instance_method(:path)

    # Watches these modules. `callers` is the language's own function for the stack.
    # Returns what tells of the first replacement since then, and what adds a class to those
    # that are watched.
    def self.install(modules, callers, places, words)
      known = {}.compare_by_identity
      known_singletons = {}.compare_by_identity
      found = []
      author = author_finder(places, callers)
      judge = judge_of(known, known_singletons, found, author, words)
      hook(judge)
      hook_inclusions(judge)
      watch = ->(object) { take(object, known, known_singletons) }
      [*modules, ENV, $stdout, $stderr, TOPLEVEL_BINDING.receiver].each { |it| watch.call(it) }
      still = hooks_check(known_singletons)
      FROZEN.each(&:freeze)
      [-> { AT.bind_call(found, 0) || still.call }.freeze, watch.freeze]
    end

    # Remembers the names of the methods that an object and, of a module, its instances have.
    def self.take(object, known, known_singletons)
      if Module === object
        known[object] = own_names(object)
        known[object.singleton_class] = own_names(object.singleton_class)
      end
      known_singletons[object] = own_names(object.singleton_class)
    end

    def self.own_names(owner)
      names = owner.instance_methods(false) + owner.private_instance_methods(false)
      names.to_h { |it| [it, true] }
    end

    # What keeps a replacement, unless those do it who may.
    def self.judge_of(known, known_singletons, found, author, words)
      lambda do |owner, name, is_singleton, is_gone|
        names = GET.bind_call(is_singleton ? known_singletons : known, owner)
        next unless names

        module_of = is_singleton ? SINGLETON.bind_call(owner) : owner
        is_own = GET.bind_call(names, name)
        next unless is_own || (is_gone ? false : Guards.shadows(module_of, name, words))

        place = author.call
        PUSH.bind_call(found, [owner, name, place]) unless IS.bind_call(place, false)
      end.freeze
    end

    # Whether a method now stands before one of the same name that tests or the framework
    # speak of.
    def self.shadows(owner, name, words)
      return false unless GET.bind_call(words, name) || Guards.operator?(name)

      method = INSTANCE_METHOD.bind_call(owner, name)
      SUPER.bind_call(method) ? true : false
    end

    LINE = Thread::Backtrace::Location.instance_method(:lineno)
    SAME_TEXT = String.instance_method(:eql?)
    # The body of a class, of a module or of a file, or one that is being loaded.
    BODY = /\A(?:block in )*(?:<class:|<module:|<top |singleton class|require\z)/.freeze

    NAME = Symbol.instance_method(:name)
    MATCHES = Regexp.instance_method(:match?)
    OPERATOR = /\A[^a-zA-Z_]/.freeze

    def self.operator?(name)
      MATCHES.bind_call(OPERATOR, NAME.bind_call(name))
    end

    # Finds who replaces a method: false, if it is a library that is being loaded or a
    # test, or else the place, where there is one.
    def self.author_finder(places, callers)
      harness, tests, libraries = places.harness, places.tests, places.libraries
      lambda do
        locations = callers.bind_call(Kernel, 0)
        index = 0
        is_first = true
        while (location = AT.bind_call(locations, index))
          path = PATH.bind_call(location) || ""
          index = NEXT.bind_call(index, 1)
          next if BEGINS.bind_call(path, harness)
          break false if BEGINS.bind_call(path, *tests)
          if BEGINS.bind_call(path, *libraries)
            break false if is_first && MATCHES.bind_call(BODY, LABEL.bind_call(location))

            is_first = false unless Guards.same_line(location, AT.bind_call(locations, index))
            next
          end
          break location
        end
      end.freeze
    end

    # Whether a frame is of a function of the language, which has the line of its caller.
    def self.same_line(location, caller)
      return false unless caller

      SAME_TEXT.bind_call(PATH.bind_call(location), PATH.bind_call(caller)) &&
        IS.bind_call(LINE.bind_call(location), LINE.bind_call(caller))
    end

    # Has the language tell of each method that comes or goes.
    def self.hook(judge)
      { ADDED => false, GONE => true }.each do |names, is_gone|
        names.each do |name|
          is_singleton = name.start_with?("singleton")
          owner = is_singleton ? BasicObject : Module
          owner.define_method(name) { |method| judge.call(self, method, is_singleton, is_gone) }
          owner.send(:private, name)
        end
      end
    end

    # Has it tell of the methods that a module brings to another, or to an object.
    def self.hook_inclusions(judge)
      listed = [Module.instance_method(:instance_methods), Module.instance_method(:private_instance_methods)]
      %i[append_features prepend_features extend_object].each do |name|
        original = Module.instance_method(name)
        is_extension = name == :extend_object
        Module.define_method(name) do |target|
          answer = original.bind_call(self, target)
          lists = [listed[0].bind_call(self), listed[1].bind_call(self)].freeze
          Guards.tell_of_inclusion(judge, target, lists, is_extension)
          answer
        end
        Module.send(:private, name)
      end
    end

    def self.tell_of_inclusion(judge, target, lists, is_extension)
      each = 0
      while (list = AT.bind_call(lists, each))
        each = NEXT.bind_call(each, 1)
        index = 0
        while (name = AT.bind_call(list, index))
          index = NEXT.bind_call(index, 1)
          judge.call(target, name, is_extension, false)
        end
      end
    end

    # Whether the language still tells: nothing stands before what was hooked.
    def self.hooks_check(known_singletons)
      objects = known_singletons.keys.grep(Module).freeze
      names = (ADDED + GONE).freeze
      owner_of = UnboundMethod.instance_method(:owner)
      owners = objects.map do |object|
        names.map { |name| object.singleton_class.instance_method(name).owner }.freeze
      end.freeze
      lambda do
        each = 0
        while (object = AT.bind_call(objects, each))
          index = 0
          expected = AT.bind_call(owners, each)
          each = NEXT.bind_call(each, 1)
          while (name = AT.bind_call(names, index))
            now = owner_of.bind_call(INSTANCE_METHOD.bind_call(SINGLETON.bind_call(object), name))
            break unless IS.bind_call(now, AT.bind_call(expected, index))

            index = NEXT.bind_call(index, 1)
          end
          break [object, name, nil] if name
        end
      end.freeze
    end
  end
end
