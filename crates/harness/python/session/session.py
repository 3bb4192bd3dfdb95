# The report: what the runner says of each test, if it is the runner that speaks and
# everything is still as it was.

import _json
import operator
import sys
import types


class Session:
    """What these rules share. Only cells hold it, as they do the core."""

    __slots__ = (
        "changed_items checked found_finder know_finders know_hooks know_item name_in"
        " patches_in raised sentinels speaker tell text_in"
    ).split()

    def __init__(self):
        # Of the report: which tests are to come out how, and what was seen of each.
        self.sentinels, self.checked, self.raised = {}, set(), {}


def make_session_rules(core, parts, codes):
    """The rules about what the runner reports."""
    run_code, plugin_codes = codes
    session = Session()
    add_speaker(core, session, codes)
    add_names(core, session)
    add_patches(core, session)
    add_finders(core, session)
    add_items(session)
    return {
        "assay.configured": make_configured(core, session, parts),
        **make_look_rules(core, session, parts, plugin_codes),
        **make_report_rules(core, session, run_code),
    }


def add_speaker(core, session, codes):
    """Who speaks."""
    run_code, plugin_codes = codes
    found, here, origin, kind_of = core.found, core.here, core.origin, core.kind_of
    say, plain, leave, betrayed = core.say, core.plain, core.leave, core.betrayed
    subject_kind, tests_kind, known_frames = core.subject, core.tests_kind, set()

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

    def tell(what, place):
        say('"tampered":' + plain(what) + ',"place":' + plain(place))
        leave(betrayed)

    session.speaker, session.tell = speaker, tell


def add_names(core, session):
    """Names of tests."""
    found, kind_is, text_type, isinstance_of = core.found, type, str, isinstance

    def text_in(value):
        """A text that is one and nothing else."""
        if kind_is(value) is text_type:
            return value
        if isinstance_of(value, text_type):
            return text_type.__str__(value)[:]
        return found("reports a test whose name is no text")

    def name_in(node):
        name = text_in(node.nodeid)
        return name.partition("::")[2] or name

    session.text_in, session.name_in = text_in, name_in


def add_patches(core, session):
    """What tests change themselves."""
    kind_of_name, any_mention, tests_kind = core.kind_of_name, core.any_mention, core.tests_kind
    function_type, kind_is, list_of = types.FunctionType, type, list

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

    session.patches_in = patches_in


def add_finders(core, session):
    """What finds modules."""
    kind_of_name, subject_kind, finders = core.kind_of_name, core.subject, []
    function_type, kind_is, list_of, getattr_of, sys_of = types.FunctionType, type, list, getattr, sys

    def know_finders():
        finders.extend(sys_of.meta_path)
        finders.extend(sys_of.path_hooks)

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
                    is_function = kind_is(method) is function_type
                    if is_function and kind_of_name(method.__code__.co_filename) is subject_kind:
                        return "finds modules in the place of the library"
            finders.append(finder)
        return None

    session.know_finders, session.found_finder = know_finders, found_finder


def add_items(session):
    """The tests that the runner has listed, and what its plugin manager calls."""
    items, hooks_of = {}, []
    kind_is, length, getattr_of, list_of = type, len, getattr, list
    each, every, same, function_of, pairs = map, all, operator.is_, operator.attrgetter("function"), zip

    def parts_of(item):
        names = item.__dict__
        return kind_is(item), names.get("obj") or names.get("_obj"), names.get("runtest")

    def registered(manager):
        """All that is called by the runner's plugin manager, in order."""
        implementations = []
        for caller in manager.hook.__dict__.values():
            implementations += getattr_of(caller, "_hookimpls", ())
        return implementations, list_of(each(function_of, implementations))

    def know_item(item):
        items[item] = parts_of(item)

    def know_hooks(manager):
        hooks_of.append(manager)
        hooks_of.append(registered(manager))

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

    session.know_item, session.know_hooks, session.changed_items = know_item, know_hooks, changed_items


def make_configured(core, session, parts):
    """What is done when pytest and its plugins are ready."""
    runner_parts, shared_parts, _, again, debugger, _ = parts
    speaker, sources, vars_of = session.speaker, core.sources, dictionary_of
    kind_is, text_type, list_of, modules = type, str, list, sys.modules

    def any_subject():
        for module in list_of(modules.values()):
            file = vars_of(module).get("__file__")
            if kind_is(file) is text_type and file.startswith(sources):
                return True
        return False

    def configured(event, arguments):
        speaker()
        # Plugins have put in their place what they exchange for all tests.
        debugger.pytestPDB._config = debugger.pytestPDB._pluginmanager = None
        if not any_subject():
            again(runner_parts)
            again(shared_parts)

    return configured


def make_look_rules(core, session, parts, plugin_codes):
    """Whether everything is as it was, before the first test, after each and in the end."""
    runner_parts, shared_parts, compare, _, _, shared_class = parts
    # All is looked at in the end, and these after each test.
    steady_runner = [it for it in runner_parts if it.is_steady]
    steady_shared = [it for it in shared_parts if it.is_steady]
    found, here, origin, tests = core.found, core.here, core.origin, core.tests
    explained, excused = core.explained, core.excused
    speaker, tell, name_in = session.speaker, session.tell, session.name_in
    patches_in, found_finder, changed_items = session.patches_in, session.found_finder, session.changed_items
    kind_is, list_of, module_type = type, list, types.ModuleType
    remember, vars_of = remember_tests, dictionary_of
    test_parts, patches = [], []

    def begin(event, arguments):
        speaker()
        names, listed, manager, known = arguments
        session.sentinels.update(names)
        test_parts.extend(remember(tests + "/", known))
        for module in list_of(known.values()) + [it.module for it in test_parts]:
            if kind_is(module) is module_type:
                module.__class__ = shared_class
        for item in listed.items:
            session.know_item(item)
            for it in vars_of(item.module).values():
                if patches_in(it):
                    patches.append(item)
                    break
        session.know_finders()
        changed = compare(runner_parts, explained) or compare(shared_parts, explained)
        if changed:
            tell(changed, "while the tests were collected")
        excused.clear()
        session.know_hooks(manager)

    def check(event, arguments):
        item, call = arguments
        frame = here().f_back.f_back
        if frame is None or frame.f_code not in plugin_codes:
            found("reports in the name of the runner", origin(frame))
        name, when, changed = name_in(item), call.when, None
        if when == "call":
            changed = compare(steady_runner, explained, excused) or changed_items(item)
            session.raised[name] = call.excinfo is not None
        elif when == "teardown":
            changed = (
                compare(steady_shared, explained, None if patches else excused)
                or compare(test_parts, explained)
                or found_finder()
            )
            excused.clear()
        if changed:
            tell(changed, name)
        session.checked.add((name, when))

    def finish(event, arguments):
        speaker()
        changed = compare(runner_parts, explained) or compare(shared_parts, explained) or compare(test_parts, explained)
        if changed:
            tell(changed, "after all tests")

    return {"assay.begin": begin, "assay.check": check, "assay.finish": finish}


def make_report_rules(core, session, run_code):
    """What is reported of each test, and the end."""
    found, here, origin, say, plain = core.found, core.here, core.origin, core.say, core.plain
    leave, betrayed, quote, text_of = core.leave, core.betrayed, _json.encode_basestring_ascii, str
    speaker, tell, name_in, text_in = session.speaker, session.tell, session.name_in, session.text_in
    sentinels, checked, raised = session.sentinels, session.checked, session.raised
    # How each test that is over ended, and how many were reported.
    outcomes, finished, counts = {}, {}, [0]

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
        for name, outcome in finished.items():
            if sentinels.get(name) is None:
                passed = passed and outcome in ("passed", "skipped")
        for name, expected in sentinels.items():
            # Where collection failed nothing ran, the sentinels neither.
            if finished.get(name) != expected and counts[0]:
                say('"tampered":"a sentinel did not come out as it must"')
                leave(betrayed)
        arguments[0].append(passed)
        say('"end":' + text_of(counts[0]))

    return {"assay.report": report, "assay.betrayed": betray, "assay.end": end}
