# The report: what the runner says of each test, if it is the runner that speaks and
# everything is still as it was.

import _json
import operator
import sys
import types


def make_session_rules(core, parts, codes):
    """The rules about what the runner reports."""
    found, here, origin, kind_of, kind_of_name = core.found, core.here, core.origin, core.kind_of, core.kind_of_name
    say, plain, leave, tests, sources = core.say, core.plain, core.leave, core.tests, core.sources
    runner_parts, shared_parts, compare, again, debugger, shared_class = parts
    run_code, plugin_codes = codes
    # All is looked at in the end, and these after each test.
    steady_runner = [it for it in runner_parts if it.is_steady]
    steady_shared = [it for it in shared_parts if it.is_steady]
    explained, excused, betrayed = core.explained, core.excused, core.betrayed
    kind_is, text_type, text_of, length, quote = type, str, str, len, _json.encode_basestring_ascii
    function_type, module_type, isinstance_of, list_of = types.FunctionType, types.ModuleType, isinstance, list
    each, every, same, function_of = map, all, operator.is_, operator.attrgetter("function")
    getattr_of, pairs, modules, sys_of, vars_of = getattr, zip, sys.modules, sys, dictionary_of
    subject_kind, tests_kind = core.subject, core.tests_kind
    any_mention = core.any_mention
    # Of the report: what was seen of each test, and how each that is over ended.
    checked, raised, outcomes, finished = set(), {}, {}, {}
    sentinels, counts = {}, [0]
    test_parts, items, hooks_of, known_frames = [], {}, [], set()
    # What tests change themselves.
    finders, patches = [], []

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
            if kind_is(file) is text_type and file.startswith(sources):
                return True
        return False

    def begin(event, arguments):
        speaker()
        names, session, manager, known = arguments
        sentinels.update(names)
        test_parts.extend(remember_tests(tests + "/", known))
        for module in list_of(known.values()) + [it.module for it in test_parts]:
            if kind_is(module) is module_type:
                module.__class__ = shared_class
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

    return {
        "assay.configured": configured,
        "assay.begin": begin,
        "assay.check": check,
        "assay.report": report,
        "assay.betrayed": betray,
        "assay.finish": finish,
        "assay.end": end,
    }
