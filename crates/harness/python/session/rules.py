# What the interpreter is asked to do, and by whom: a finding is what has no honest purpose
# and aims at the tests or at what runs them.

import os
import posix
import types

STACK_ASKED = "looks at the stack"
CALLED = "has itself called by the interpreter"
AMONG_OBJECTS = "looks among the interpreter's objects"
# Of each event: the name by which code that means it calls it, and what it is.
FORBIDDEN = {
    "sys._current_frames": ("_current_frames", STACK_ASKED),
    "sys._current_exceptions": ("_current_exceptions", STACK_ASKED),
    "sys.settrace": ("settrace", CALLED),
    "sys.setprofile": ("setprofile", CALLED),
    "sys.addaudithook": ("addaudithook", CALLED),
    "gc.get_objects": ("get_objects", AMONG_OBJECTS),
    "gc.get_referrers": ("get_referrers", AMONG_OBJECTS),
    "gc.get_referents": ("get_referents", AMONG_OBJECTS),
}
FRAMES = {"tb_frame", "gi_frame", "cr_frame", "ag_frame"}
MEMORY = ("ctypes", "_ctypes", "cffi", "_cffi_backend", "_testcapi", "_testinternalcapi")
# What every module says of itself, as whoever goes through all of them asks.
ABOUT = set("__name__ __file__ __doc__ __spec__ __path__ __package__ __loader__ __class__".split())
TOUCHED = "addressof string_at wstring_at dlopen dlsym cdata cdata/buffer call_function"


def make_rules(core, guards):
    """The rules about events that are not about files or about the report."""
    rules = make_stack_rules(core)
    for make in (make_function_rules, make_code_rules, make_reach_rules):
        rules.update(make(core))
    rules.update(make_guard_rules(core, guards[0]))
    rules.update(make_process_rules(core, guards))
    return rules


def make_stack_rules(core):
    """Whoever looks for the runner on the stack or among objects."""
    found, here, asker = core.found, core.here, core.asker
    kind_of, is_ours, names_it = core.kind_of, core.is_ours, core.names_it
    forbidden, asked = FORBIDDEN, STACK_ASKED

    def ask(event, arguments):
        if is_ours(here().f_back.f_back):
            return
        name, what = forbidden[event]
        frame = asker()
        if frame is None or kind_of(frame) is core.subject:
            found(what + ": " + name, frame)
        elif kind_of(frame) is core.library and not names_it(frame, name):
            found(what + ": " + name + ", through the library", frame)

    def ask_frame(event, arguments):
        # What is on the stack of tested code says nothing; but who hides that he looks at
        # it means the runner.
        if is_ours(here().f_back.f_back):
            return
        frame = asker()
        if frame is None or (kind_of(frame) in core.foreign and not names_it(frame, "_getframe")):
            found(asked + ", without saying so", frame)

    return {**dict.fromkeys(FORBIDDEN, ask), "sys._getframe": ask_frame}


def make_function_rules(core):
    """Whoever looks into functions and frames, or puts other code into them."""
    found, here, asker = core.found, core.here, core.asker
    is_subject, kind_of, kind_of_name = core.is_subject, core.kind_of, core.kind_of_name
    is_ours, names_it, own, looked = core.is_ours, core.names_it, core.own, set()
    function_type, trace_type, kind_is = types.FunctionType, types.TracebackType, type
    frames, asked = FRAMES, STACK_ASKED

    def get_attribute(event, arguments):
        name = arguments[1]
        if name == "__code__":
            look_at_code(arguments[0])
            return
        if name not in frames or (kind_is(arguments[0]) is trace_type and arguments[0] in own):
            return
        if is_ours(here().f_back.f_back):
            return
        frame = asker()
        if frame is None or (kind_of(frame) in core.foreign and not names_it(frame, name)):
            found(asked + ", without saying so: " + name, frame)

    def look_at_code(function):
        if kind_is(function) is function_type and function not in looked:
            # What is looked at here is told as well.
            looked.add(function)
            kind = kind_of_name(function.__code__.co_filename)
            looked.discard(function)
            if kind is core.harness:
                frame = asker()
                if is_subject(frame):
                    found("looks into the harness", frame)

    def set_attribute(event, arguments):
        if arguments[1] not in ("__code__", "__defaults__", "__kwdefaults__"):
            return
        changed = arguments[0]
        if kind_is(changed) is function_type:
            looked.add(changed)
            kind = kind_of_name(changed.__code__.co_filename)
            looked.discard(changed)
            if kind is core.subject:
                return
        frame = asker()
        if is_subject(frame):
            found("exchanges the code of a function", frame)

    return {
        "object.__getattr__": get_attribute,
        "object.__setattr__": set_attribute,
        "object.__delattr__": set_attribute,
    }


def make_code_rules(core):
    """Whoever makes or runs code under the name of a file that is not its own."""
    found, asker, is_subject = core.found, core.asker, core.is_subject
    kind_of, kind_of_name = core.kind_of, core.kind_of_name
    bytes_type, code_type, kind_is, decode = bytes, types.CodeType, type, os.fsdecode

    def foreign_code(code):
        return kind_is(code) is code_type and kind_of_name(code.co_filename) is not core.subject

    def make_code(event, arguments):
        is_foreign = foreign_code(arguments[0])
        if event == "code.__new__":
            is_foreign = kind_of_name(arguments[1]) is not core.subject
        if is_foreign:
            frame = asker()
            if frame is None or kind_of(frame) is core.subject:
                found("makes code under a name that is not its own", frame)

    def run_code_object(event, arguments):
        if foreign_code(arguments[0]):
            frame = asker()
            if is_subject(frame):
                found("runs code under a name that is not its own", frame)

    def compile_source(event, arguments):
        name = arguments[1]
        if kind_is(name) is bytes_type:
            name = decode(name)
        if name is not None and kind_of_name(name) is not core.subject:
            frame = asker()
            if is_subject(frame):
                found("compiles code under a name that is not its own", frame)

    return {
        "code.__new__": make_code,
        "function.__new__": make_code,
        "exec": run_code_object,
        "compile": compile_source,
    }


def make_reach_rules(core):
    """Whoever reaches into memory."""
    found, asker, is_subject, file_of = core.found, core.asker, core.is_subject, core.file_of
    text_type, kind_is, memory = str, type, MEMORY

    def importer(frame):
        """The innermost frame that is not of the machinery of imports."""
        while frame is not None:
            name = file_of(frame)
            if not name.startswith("<frozen importlib") and "/importlib/" not in name:
                return frame
            frame = frame.f_back
        return None

    def import_module(event, arguments):
        if kind_is(arguments[0]) is text_type and arguments[0].partition(".")[0] in memory:
            frame = importer(asker())
            if is_subject(frame):
                found("reaches into memory: imports " + arguments[0], frame)

    def touch_memory(event, arguments):
        frame = asker()
        while frame is not None and "/ctypes/" in file_of(frame):
            frame = frame.f_back
        if is_subject(frame):
            found("reaches into memory: " + event, frame)

    touched = dict.fromkeys(("ctypes." + it for it in TOUCHED.split()), touch_memory)
    return {**touched, "import": import_module}


def make_guard_rules(core, guard_codes):
    """What the guards of modules tell."""
    found, origin, guarded = core.found, core.origin, core.guarded
    is_subject, kind_of, file_of = core.is_subject, core.kind_of, core.file_of
    text_type, vars_of, about = str, dictionary_of, ABOUT

    def set_module(event, arguments):
        frame = guarded(guard_codes)
        module, attribute = arguments
        label = vars_of(module).get("__name__")
        name = text_type(label) + "." + text_type(attribute)
        if frame is not None and file_of(frame).startswith("<frozen importlib"):
            core.excused.add(label)
            return
        if frame is not None and kind_of(frame) is core.library:
            # A package may change the library when it is imported.
            if attribute in frame.f_code.co_names:
                core.explained.add(name)
                core.excused.add(label)
                return
            frame = origin(frame)
        if is_subject(frame):
            found("changes the library that it shares with its tests: " + name, frame)
        core.excused.add(label)

    def get_module(event, arguments):
        frame = guarded(guard_codes)
        if frame is not None and kind_of(frame) is core.subject and arguments[1] not in about:
            name = text_type(vars_of(arguments[0]).get("__name__"))
            found("reaches for the runner of its tests: " + name, frame)

    def find(event, arguments):
        frame = guarded(guard_codes)
        if is_subject(frame):
            found("reaches for the runner of its tests: " + arguments[0] + " of pytest", frame)

    return {"assay.set": set_module, "assay.get": get_module, "assay.find": find}


def make_process_rules(core, guards):
    """Ends of processes, and signals."""
    guard_codes, blind, genuine_signal, genuine_handler = guards
    found, asker, origin, guarded, is_subject = core.found, core.asker, core.origin, core.guarded, core.is_subject
    getpid, getppid, leave, abort = posix.getpid, posix.getppid, core.leave, core.abort
    whole_type, kind_is, callable_of, handlers = int, type, callable, {}

    def kill(event, arguments):
        target, number = arguments[0], arguments[1]
        if kind_is(target) is not whole_type or number == 0:
            return
        # What ends its own process proves nothing, and so gains nothing.
        if target == -1 or target == 1 or (target == getppid() and getpid() == core.home):
            frame = origin(asker())
            if is_subject(frame):
                found("sends a signal to what is not its own", frame)

    def leaves(event, arguments):
        # Without its end the report proves nothing, so nobody gains from it.
        guarded(guard_codes)
        status = arguments[0]
        if status is None:
            abort()
        leave(status)

    def set_signal(event, arguments):
        guarded(guard_codes)
        number, handler, box = arguments
        if callable_of(handler) and is_subject(origin(asker())):
            # What a signal interrupts can be the runner.
            genuine, handler = handler, blind(handler)
            handlers[handler] = genuine
        known = genuine_signal(number, handler)
        box.append(handlers.get(known, known) if callable_of(known) else known)

    def get_signal(event, arguments):
        guarded(guard_codes)
        number, box = arguments
        known = genuine_handler(number)
        box.append(handlers.get(known, known) if callable_of(known) else known)

    return {
        "os.kill": kill,
        "os.killpg": kill,
        "assay.leave": leaves,
        "assay.signal": set_signal,
        "assay.handler": get_signal,
    }
