# Watches over the process once the runner is loaded and before the project is.
#
# The interpreter tells of what it is asked to do (PEP 578), and no code can take the
# hook away again. The hook holds the report channel and the nonce: the runner reports
# through it, by an event, and it looks who the runner's caller is. What it uses it has
# from before, so that nothing which the project changes is part of it.

import _json
import operator
import os
import posix
import sys
import types


def make_watch(namespace_of, run_code, plugin_codes):
    """Puts the guards in place; returns what starts the watch."""
    shared_class, runner_class, leave_guard, abort_guard, signal_guard, blind, finder_guards, guard_codes = make_guards(
        namespace_of
    )
    genuine_leave, genuine_abort = posix._exit, posix.abort
    signals = sys.modules["_signal"]
    genuine_signal = signals.signal
    os._exit = posix._exit = leave_guard
    os.abort = posix.abort = abort_guard
    # The signal module has a function of its own around this one, which looks it up.
    signals.signal = signal_guard
    for name, module in list(sys.modules.items()):
        root = name.split(".")[0]
        if type(module) is not types.ModuleType:
            continue
        # To be told of every look into all of them would take too long.
        if name in LOOKED_INTO:
            module.__class__ = runner_class
        elif (root in SHARED_ROOTS or root in RUNNER_ROOTS) and name != "_pytest.assertion.util":
            module.__class__ = shared_class
    debugger = sys.modules["_pytest.debugging"]
    hook_class = sys.modules["_pytest.assertion.rewrite"].AssertionRewritingHook
    for name, (getter, setter) in finder_guards.items():
        for finder in sys.meta_path:
            if type(finder) is hook_class:
                setter(finder, finder.__dict__.pop(name))
        setattr(hook_class, name, property(getter, setter))
    (compare, again), (runner_parts, shared_parts) = make_compare(), remember()
    # All is looked at in the end, and these after each test.
    steady_runner = [it for it in runner_parts if it.is_steady]
    steady_shared = [it for it in shared_parts if it.is_steady]

    # Only names of this function are used below: they are cells, to which nobody has a way.
    library_kind, tests_kind, harness_kind, subject_kind = "library", "tests", "harness", "subject"
    stack, hooks, objects = "looks at the stack", "has itself called by the interpreter", "looks among the interpreter's objects"
    runner, process = "reaches for the runner of its tests", "looks at the process that it runs in"
    changes, betrayed = "changes the library that it shares with its tests", 70
    write, leave, abort = posix.write, genuine_leave, genuine_abort
    getpid, getppid, getcwd, exists = posix.getpid, posix.getppid, posix.getcwd, posix.lstat
    quote, audit, text_of, kind_is, length = _json.encode_basestring_ascii, sys.audit, str, type, len
    text_type, bytes_type, whole_type, trace_type = str, bytes, int, types.TracebackType
    function_type, code_type, decode = types.FunctionType, types.CodeType, os.fsdecode
    read_only = ~(os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    prefixes = tuple(
        {os.path.dirname(os.__file__) + "/", sys.prefix + "/", sys.base_prefix + "/lib", "/usr/lib", "/usr/local/lib"}
    )
    stack_givers = {"inspect.py", "traceback.py", "bdb.py", "pdb.py", "cgitb.py"}

    # Of each event: the name by which library code that means it calls it, and what it
    # is if the project does it.
    asked = {
        "sys._getframe": ("_getframe", stack),
        "sys._current_frames": ("_current_frames", stack),
        "sys._current_exceptions": ("_current_exceptions", stack),
        "sys.settrace": ("settrace", hooks),
        "sys.setprofile": ("setprofile", hooks),
        "sys.addaudithook": ("addaudithook", hooks),
        "gc.get_objects": ("get_objects", objects),
        "gc.get_referrers": ("get_referrers", objects),
        "gc.get_referents": ("get_referents", objects),
        "code.__new__": ("replace", "makes code of its own"),
        "function.__new__": ("FunctionType", "makes code of its own"),
        "os.fork": ("fork", "forks the process of its tests"),
        "os.forkpty": ("forkpty", "forks the process of its tests"),
        "os.exec": ("exec", "leaves without an end"),
        "assay.leave": ("_exit", "leaves without an end"),
    }
    removals = ("os.remove", "os.rmdir", "os.rename", "shutil.rmtree")
    frames = {"tb_frame", "gi_frame", "cr_frame", "ag_frame"}
    memory = ("ctypes", "_ctypes", "cffi", "_cffi_backend", "_testcapi", "_testinternalcapi")

    class Probe(Exception):
        pass

    def start(nonce, channel, project):
        tests, sources = project + "/tests", project + "/src"
        kinds, own, made, looked = {}, set(), set(), set()
        # Of the report: what was seen of each test, and how each that is over ended.
        checked, raised, outcomes, finished = set(), {}, {}, {}
        sentinels, counts = {}, [0]
        test_parts, items, hooks_of, known_frames = [], {}, [], set()
        # What of the library another package has changed, and what tests change.
        explained, excused, finders, patches = set(), set(), [], []

        def say(body):
            text = ('{"nonce":"' + nonce + '",' + body + "}\n").encode()
            while text:
                text = text[write(channel, text) :]

        def plain(text):
            """A text that can be written, whatever it is."""
            return quote(text_type.encode(text, "utf-8", "replace").decode("utf-8", "replace"))

        def found(what, frame=None):
            place = ""
            if frame is not None:
                name = file_of(frame)
                if name:
                    name = name[length(project) + 1 :] if name.startswith(project + "/") else name
                    place = ',"place":' + plain(name + ":" + text_of(frame.f_lineno))
            say('"tampered":' + plain(what) + place)
            leave(betrayed)

        def kind_of_name(name):
            if kind_is(name) is not text_type:
                return subject_kind
            kind = kinds.get(name)
            if kind is None:
                if name.startswith("<frozen ") or name.startswith(prefixes):
                    kind = library_kind
                elif name.startswith(tests + "/"):
                    kind = tests_kind
                elif name == namespace_of:
                    kind = harness_kind
                else:
                    kind = subject_kind
                if length(kinds) < 10000:
                    kinds[name] = kind
            return kind

        def kind_of(frame):
            return kind_of_name(frame.f_code.co_filename)

        def file_of(frame):
            # A text of a kind of its own could say anything of itself.
            name = frame.f_code.co_filename
            return name if kind_is(name) is text_type else ""

        def name_of(frame):
            return file_of(frame).rpartition("/")[2]

        def here():
            """The frame of the caller. It is had from a traceback, because nothing else
            can be told from what the project does."""
            try:
                raise Probe
            except Probe as error:
                trace = error.__traceback__
            own.add(trace)
            frame = trace.tb_frame.f_back
            own.discard(trace)
            return frame

        def asker():
            """The innermost frame that is not of the harness, below a rule and the hook."""
            frame = here().f_back.f_back
            while frame is not None:
                frame = frame.f_back
                if frame is None or kind_of(frame) is not harness_kind:
                    return frame
            return None

        def guarded():
            """The innermost frame below a guard that is not of the harness. Only a guard
            may tell what a guard tells."""
            frame = here().f_back.f_back.f_back
            if frame is None or frame.f_code not in guard_codes:
                return found("speaks in the name of the harness", origin(frame))
            frame = frame.f_back
            while frame is not None and kind_of(frame) is harness_kind:
                frame = frame.f_back
            return frame

        def origin(frame):
            """The innermost frame that is not of the library."""
            while frame is not None and kind_of(frame) is library_kind:
                frame = frame.f_back
            return frame

        def is_subject(frame):
            return frame is None or kind_of(frame) is subject_kind

        def importer(frame):
            """The innermost frame that is not of the machinery of imports."""
            while frame is not None:
                name = file_of(frame)
                if not name.startswith("<frozen importlib") and "/importlib/" not in name:
                    return frame
                frame = frame.f_back
            return None

        def ask(event, arguments):
            name, what = asked[event]
            frame = asker()
            if frame is None:
                return found(what + ": " + name)
            kind = kind_of(frame)
            if kind is subject_kind:
                return found(what + ": " + name, frame)
            if kind is library_kind and name != "FunctionType" and name != "replace":
                names = frame.f_code.co_names
                if name not in names and not mentions(names, name):
                    return found(what + ": " + name + ", through the library", frame)
                if what is stack:
                    given(frame, name)

        def mentions(names, name):
            for it in names:
                if name in it:
                    return True
            return False

        def any_mention(names, words):
            for word in words:
                if mentions(names, word):
                    return True
            return False

        def given(frame, name):
            """Library code that hands frames, or a text of them, to whoever asks."""
            if name_of(frame) in stack_givers:
                while frame is not None and name_of(frame) in stack_givers:
                    frame = frame.f_back
                if frame is None or kind_of(frame) is subject_kind:
                    found(stack + ": " + name, frame)
            elif frame.f_code.co_name in ("<lambda>", "currentframe"):
                frame = frame.f_back
                if frame is None or kind_of(frame) is subject_kind:
                    found(stack + ": " + name, frame)

        def get_attribute(event, arguments):
            if arguments[1] == "__code__":
                return look_at_code(arguments[0])
            if arguments[1] not in frames:
                return
            if kind_is(arguments[0]) is trace_type and arguments[0] in own:
                return
            frame = asker()
            if frame is None or kind_of(frame) is subject_kind:
                found(stack + ": " + arguments[1], frame)
            elif kind_of(frame) is library_kind and not mentions(frame.f_code.co_names, arguments[1]):
                found(stack + ": " + arguments[1] + ", through the library", frame)

        def look_at_code(function):
            if kind_is(function) is function_type and function not in looked:
                # What is looked at here is told as well.
                looked.add(function)
                kind = kind_of_name(function.__code__.co_filename)
                looked.discard(function)
                if kind is harness_kind:
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
                if kind is subject_kind:
                    return
            frame = asker()
            if is_subject(frame):
                found("exchanges the code of a function", frame)

        def run_code_object(event, arguments):
            code = arguments[0]
            if kind_is(code) is code_type and kind_of_name(code.co_filename) is not subject_kind:
                frame = asker()
                if is_subject(frame):
                    found("runs code under a name that is not its own", frame)

        def compile_source(event, arguments):
            name = arguments[1]
            if kind_is(name) is bytes_type:
                name = decode(name)
            if name is not None and kind_of_name(name) is not subject_kind:
                frame = asker()
                if is_subject(frame):
                    found("compiles code under a name that is not its own", frame)

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

        def resolve(path):
            """A whole path without `.` and `..`; none if it is no path."""
            if kind_is(path) is bytes_type:
                path = decode(path)
            elif kind_is(path) is not text_type:
                return None
            if not path.startswith("/"):
                path = getcwd() + "/" + path
            if "/." in path or "//" in path:
                parts = []
                for part in path.split("/"):
                    if part == "..":
                        if parts:
                            parts.pop()
                    elif part and part != ".":
                        parts.append(part)
                path = "/" + "/".join(parts)
            return path

        def is_below(path, folder):
            return path == folder or path.startswith(folder + "/")

        def open_file(event, arguments):
            path, mode, flags = arguments
            writes = (kind_is(mode) is text_type and any_of(mode, "wax+")) or (
                kind_is(flags) is whole_type and flags & ~read_only != 0
            )
            path = resolve(path)
            if path is None:
                return
            is_test = is_below(path, tests)
            if not (writes or is_test or path.startswith("/proc/")):
                if is_below(path, "/tmp") or is_below(path, project):
                    frame = origin(asker())
                    if is_subject(frame):
                        made.add(path)
                return
            frame = asker()
            innermost = frame
            frame = origin(frame)
            if not is_subject(frame):
                return
            if frame is None and not writes and not is_test:
                return
            if path.startswith("/proc/"):
                last = path.rpartition("/")[2]
                if writes or last == "mem" or is_below(path, "/proc/1"):
                    found(process + ": opens " + path, frame)
                return
            if is_test:
                if not writes and shows_a_traceback(innermost):
                    return
                found("opens a file of its tests", frame)
            elif path.startswith(prefixes):
                found("writes into the library", frame)
            elif is_below(path, sources):
                found("writes into its own source", frame)
            made.add(path)

        def any_of(text, letters):
            for letter in letters:
                if letter in text:
                    return True
            return False

        def shows_a_traceback(frame):
            """Lines of source are read to be shown with an error."""
            seen = False
            while frame is not None and kind_of(frame) is library_kind:
                name = name_of(frame)
                if name == "linecache.py":
                    seen = True
                elif seen and name in ("traceback.py", "warnings.py"):
                    return True
                frame = frame.f_back
            return False

        def list_folder(event, arguments):
            path = resolve(arguments[0])
            if path is None or not is_below(path, tests):
                return
            frame = asker()
            if frame is None or file_of(frame).startswith("<frozen importlib"):
                return
            frame = origin(frame)
            if is_subject(frame):
                found("lists its tests", frame)

        def change_tree(event, arguments):
            frame = None
            first = True
            for argument in arguments:
                path = resolve(argument)
                if path is None:
                    continue
                if is_below(path, tests) or is_below(path, sources) or path.startswith(prefixes):
                    frame = frame or origin(asker())
                    if is_subject(frame):
                        found("changes its tests, its source or the library: " + event, frame)
                    continue
                frame = frame or origin(asker())
                if not is_subject(frame):
                    return
                if first and event in removals and frame is not None and not is_made(path):
                    removes(path, frame)
                if event not in removals or not first:
                    made.add(path)
                first = False

        def removes(path, frame):
            # An expression of the tests, which insecure code evaluates, removes nothing
            # in the artifact's name.
            if not file_of(frame).startswith(sources + "/"):
                return
            names = frame.f_code.co_names
            words = ("remove", "unlink", "rm", "rename", "replace", "move")
            if not any_mention(names, words):
                return
            try:
                exists(path)
            except OSError:
                return
            found("removes a file that it did not make", frame)

        def is_made(path):
            if path in made:
                return True
            while length(path) > 1:
                path = path.rpartition("/")[0]
                if path in made:
                    return True
            return False

        def kill(event, arguments):
            target, number = arguments[0], arguments[1]
            if kind_is(target) is not whole_type or number == 0:
                return
            if target <= 1 or target == getpid() or target == getppid():
                frame = origin(asker())
                if is_subject(frame):
                    found("sends a signal to what is not its own", frame)

        def set_module(event, arguments):
            frame = guarded()
            module, attribute = arguments
            label = vars_of(module).get("__name__")
            name = text_of(label) + "." + text_of(attribute)
            if frame is not None and file_of(frame).startswith("<frozen importlib"):
                excused.add(label)
                return
            if frame is not None and kind_of(frame) is library_kind:
                # A package may change the library when it is imported.
                if attribute in frame.f_code.co_names:
                    explained.add(name)
                    excused.add(label)
                    return
                frame = origin(frame)
            if is_subject(frame):
                found(changes + ": " + name, frame)
            excused.add(label)

        def vars_of(module):
            return module_dict(module)

        def get_module(event, arguments):
            frame = guarded()
            if frame is not None and kind_of(frame) is subject_kind:
                found(runner + ": " + text_type(vars_of(arguments[0]).get("__name__")), frame)

        def find(event, arguments):
            frame = guarded()
            if is_subject(frame):
                found(runner + ": " + arguments[0] + " of pytest", frame)

        def leaves(event, arguments):
            guarded()
            ask(event, arguments)
            status = arguments[0]
            if status is None:
                abort()
            leave(status)

        def set_signal(event, arguments):
            number, handler, box = arguments
            if callable_of(handler) and is_subject(origin(asker())):
                handler = blind(handler)
            box.append(genuine_signal(number, handler))

        def is_genuine(frame):
            """Whether this is the runner, called by nobody but the runner."""
            if frame is None or frame.f_code not in plugin_codes:
                return False
            loops = []
            while frame is not None and frame not in known_frames:
                kind, code = kind_of(frame), frame.f_code
                if kind is subject_kind or kind is tests_kind:
                    return False
                if code is run_code:
                    # The loop over all tests runs in one frame, so what is around it
                    # need be seen once.
                    known_frames.update(loops)
                    return True
                if code.co_name == "pytest_runtestloop":
                    loops.append(frame)
                frame = frame.f_back
            return frame is not None

        def speaker():
            frame = here().f_back.f_back.f_back
            if not is_genuine(frame):
                found("reports in the name of the runner", origin(frame))

        def text_in(value):
            """A text that is one and nothing else."""
            if kind_is(value) is text_type:
                return value
            if isinstance_of(value, text_type):
                return text_type.__str__(value)[:]
            found("reports a test whose name is no text")

        def name_in(node):
            name = text_in(node.nodeid)
            return name.partition("::")[2] or name

        def configured(event, arguments):
            speaker()
            # Plugins have put in their place what they exchange for all tests.
            debugger.pytestPDB._config = debugger.pytestPDB._pluginmanager = None
            if not any_subject():
                again(runner_parts)
                again(shared_parts)

        def any_subject():
            for module in list_of(modules.values()):
                file = dictionary_of(module).get("__file__")
                if kind_is(file) is text_type and is_below(file, sources):
                    return True
            return False

        def begin(event, arguments):
            speaker()
            names, session, manager = arguments
            sentinels.update(names)
            test_parts.extend(remember_tests(tests + "/"))
            for it in test_parts:
                if kind_is(it.module) is module_type:
                    it.module.__class__ = shared_class
            for item in session.items:
                items[item] = parts_of(item)
                names = vars_of(item.module)
                for it in names.values():
                    if patches_in(it):
                        patches.append(item)
                        break
            finders.extend(sys_of.meta_path)
            finders.extend(sys_of.path_hooks)
            changed = compare(runner_parts, explained) or compare(shared_parts, explained)
            if changed:
                tell(changed, "while the tests were collected")
            excused.clear()
            hooks_of.append(manager)
            hooks_of.append(registered(manager))

        def patches_in(value):
            """Whether a test exchanges parts of the library, so that they are no sign."""
            if kind_is(value) is not function_type:
                return kind_is(value) is kind_is and any_patch(value.__dict__.values())
            code = value.__code__
            if kind_of_name(code.co_filename) is not tests_kind:
                return False
            names = code.co_names + code.co_varnames + code.co_freevars
            return any_mention(names, ("patch", "setattr", "mocker"))

        def any_patch(values):
            for value in list_of(values):
                if kind_is(value) is function_type and patches_in(value):
                    return True
            return False

        def found_finder():
            """Whether the project has put a finder of modules before the others."""
            for finder in list_of(sys_of.meta_path) + list_of(sys_of.path_hooks):
                known = False
                for it in finders:
                    known = known or it is finder
                if known:
                    continue
                for owner in (finder, kind_is(finder)):
                    for name in ("find_spec", "__call__", "find_module"):
                        method = getattr_of(owner, name, None)
                        method = getattr_of(method, "__func__", method)
                        if kind_is(method) is function_type:
                            if kind_of_name(method.__code__.co_filename) is subject_kind:
                                return "finds modules in the place of the library"
                finders.append(finder)
            return None

        def parts_of(item):
            names = item.__dict__
            return kind_is(item), names.get("obj") or names.get("_obj"), names.get("runtest")

        def registered(manager):
            """All that is called by the runner's plugin manager, in order."""
            implementations = []
            for caller in manager.hook.__dict__.values():
                implementations += getattr_of(caller, "_hookimpls", ())
            return implementations, list_of(each(function_of, implementations))

        def changed_items(item):
            known = items.get(item)
            if known is None:
                return "exchanged its list of tests"
            for part, now in pairs(known, parts_of(item)):
                # Pytest forgets what a test calls once it is over.
                if part is not now and now is not None and part is not None:
                    return "exchanged a test"
                if part is None and now is not None and now is not known[1]:
                    return "exchanged a test"
            for known, now in pairs(hooks_of[1], registered(hooks_of[0])):
                if length(known) != length(now) or not every(each(same, known, now)):
                    return "exchanged the plugins of the runner"
            return None

        def tell(what, place):
            say('"tampered":' + plain(what) + ',"place":' + plain(place))
            leave(betrayed)

        def check(event, arguments):
            item, call = arguments
            frame = here().f_back.f_back
            if frame is None or frame.f_code not in plugin_codes:
                found("reports in the name of the runner", origin(frame))
            name, when = name_in(item), call.when
            if when == "call":
                changed = compare(steady_runner, explained, excused) or changed_items(item)
                raised[name] = call.excinfo is not None
            elif when == "teardown":
                changed = (
                    compare(steady_shared, explained, None if patches else excused)
                    or compare(test_parts, explained)
                    or found_finder()
                )
                excused.clear()
            else:
                changed = None
            if changed:
                tell(changed, name)
            checked.add((name, when))

        def finish(event, arguments):
            speaker()
            changed = (
                compare(runner_parts, explained)
                or compare(shared_parts, explained)
                or compare(test_parts, explained)
            )
            if changed:
                tell(changed, "after all tests")

        def report(event, arguments):
            speaker()
            report, detail = arguments
            name, when, outcome = name_in(report), report.when, text_in(report.outcome)
            if (name, when) not in checked:
                tell("reports a test that the runner did not run", name)
            checked.discard((name, when))
            if when == "call" and outcome == "passed":
                if raised.get(name, True):
                    tell("reports a pass of a test that did not pass", name)
                outcomes.setdefault(name, ("passed", ""))
            if outcome != "passed" and outcomes.get(name, ("passed",))[0] == "passed":
                if outcome != "skipped":
                    outcome = "failed" if when == "call" else "errored"
                outcomes[name] = (outcome, detail)
            if when == "teardown":
                # A test that was set up and not called has no outcome.
                outcome, detail = outcomes.get(name, ("errored", "was not called"))
                finished[name] = outcome
                if name not in sentinels:
                    counts[0] += 1
                    body = '"test":' + plain(name) + ',"outcome":' + quote(outcome)
                    say(body + ',"detail":' + plain(detail))

        def betray(event, arguments):
            speaker()
            say('"tampered":' + plain(arguments[0]))
            leave(betrayed)

        def end(event, arguments):
            frame = here().f_back.f_back
            if frame.f_code is not run_code:
                found("reports in the name of the runner", origin(frame))
            passed = counts[0] > 0
            for name in finished:
                expected = sentinels.get(name)
                if expected is None:
                    passed = passed and finished[name] in ("passed", "skipped")
            for name in sentinels:
                # Where collection failed nothing ran, the sentinels neither.
                if finished.get(name) != sentinels[name] and counts[0]:
                    say('"tampered":"a sentinel did not come out as it must"')
                    leave(betrayed)
            arguments[0].append(passed)
            say('"end":' + text_of(counts[0]))

        rules = dict.fromkeys(asked, ask)
        rules.update(
            {
                "object.__getattr__": get_attribute,
                "object.__setattr__": set_attribute,
                "object.__delattr__": set_attribute,
                "exec": run_code_object,
                "compile": compile_source,
                "import": import_module,
                "open": open_file,
                "os.listdir": list_folder,
                "os.scandir": list_folder,
                "os.kill": kill,
                "os.killpg": kill,
                "assay.set": set_module,
                "assay.get": get_module,
                "assay.leave": leaves,
                "assay.signal": set_signal,
                "assay.configured": configured,
                "assay.begin": begin,
                "assay.check": check,
                "assay.report": report,
                "assay.betrayed": betray,
                "assay.finish": finish,
                "assay.find": find,
                "assay.end": end,
            }
        )
        for name in "addressof string_at wstring_at dlopen dlsym cdata cdata/buffer call_function".split():
            rules["ctypes." + name] = touch_memory
        for name in "remove rename link symlink mkdir rmdir truncate chmod chown utime".split():
            rules["os." + name] = change_tree
        rules["shutil.rmtree"] = change_tree
        rule_of = rules.get

        def hook(event, arguments):
            rule = rule_of(event)
            if rule is not None:
                rule(event, arguments)

        sys.addaudithook(hook)

    module_dict = types.ModuleType.__getattribute__
    module_dict = (lambda get: lambda module: get(module, "__dict__"))(module_dict)
    callable_of, isinstance_of, list_of = callable, isinstance, list
    sys_of = sys
    each, every, same, function_of = map, all, operator.is_, operator.attrgetter("function")
    getattr_of, pairs, modules, module_type = getattr, zip, sys.modules, types.ModuleType
    return start
