# Runs the project's tests with pytest, and tells the watch how each came out.
#
# Among the real tests run sentinels, one that must fail and one that must pass, under
# names and in places drawn anew. The one that passes tries each usual way to fail.


def read_input(descriptor):
    import os

    parts = []
    while part := os.read(descriptor, 65536):
        parts.append(part)
    os.close(descriptor)
    return b"".join(parts)


def move(channel, chance):
    """The report channel under a number that nobody knows, and hidden from children."""
    import fcntl
    import os

    moved = fcntl.fcntl(channel, fcntl.F_DUPFD_CLOEXEC, chance.randrange(64, 900))
    os.close(channel)
    return moved


def read_artifact(settings):
    """What is to be said of the artifact's sources, but for what the case's own files do
    as well: kind, phrase and place."""
    found = []
    for path in settings["artifact"]:
        try:
            with open(path, "rb") as file:
                text = file.read()
        except OSError:
            continue
        found += [(kind, phrase, f"{path}:{line}") for kind, phrase, line in read(text)]
    if not found:
        return []
    allowed = {phrase for text in settings["known"] for _, phrase, _ in read(text.encode())}
    return [it for it in found if it[1] not in allowed]


def ways_to_fail(pytest, left, right, text):
    """Each way in which tests fail, as a function and the error that must come of it."""
    import os
    import pathlib
    import sys

    failed = pytest.fail.Exception

    def unequal():
        assert left == right

    def identical():
        assert left is right

    def contained():
        assert left not in [right, left]

    def shown():
        assert text not in repr([text]) or text not in str((text,)) or f"{text}" != text

    def absent():
        assert os.path.exists(text) or pathlib.Path(text).exists()

    def present():
        assert not os.path.exists("/") or not pathlib.Path("/").exists()

    def counted():
        assert len([left]) != 1 or any([]) or not all([]) or not isinstance(left, float)

    def raised_nothing():
        with pytest.raises(ValueError):
            pass

    def raised_another():
        with pytest.raises(ValueError):
            raise KeyError(text)

    def raised_other_words():
        with pytest.raises(ValueError, match=text):
            raise ValueError("other")

    def failing():
        pytest.fail(text)

    yield from ((it, AssertionError) for it in (unequal, identical, contained, shown, absent))
    yield from ((it, AssertionError) for it in (present, counted))
    yield from ((it, failed) for it in (raised_nothing, failing))
    yield raised_another, KeyError
    yield raised_other_words, (AssertionError, failed)
    if unittest := sys.modules.get("unittest"):
        case = unittest.TestCase()
        yield (lambda: case.assertEqual(left, right)), case.failureException
        yield (lambda: case.assertTrue(left == right)), case.failureException
        yield (lambda: case.assertIn(left, [right])), case.failureException
        yield (lambda: case.assertRaises(ValueError, str)), case.failureException
        yield (lambda: case.fail(text)), case.failureException
    if mock := sys.modules.get("unittest.mock"):
        called, idle = mock.Mock(), mock.Mock()
        called(left)
        yield called.assert_not_called, AssertionError
        yield (lambda: called.assert_called_with(right)), AssertionError
        yield idle.assert_called_once, AssertionError


def make_sentinels(pytest, chance):
    """What must fail and what must pass."""
    left, right = chance.random(), chance.random() + 1
    ways = list(ways_to_fail(pytest, left, right, f"/none/{chance.random()}"))
    chance.shuffle(ways)

    def fail():
        assert left == right

    def succeed():
        assert left != right
        for way, error in ways:
            try:
                way()
            except BaseException as raised:
                if isinstance(raised, error):
                    continue
            raise RuntimeError("what must fail does not")

    return fail, succeed


def disguise(function, item, suite, chance):
    """The function as it would be if it stood among the tests."""
    name = suite.draw(f"a sentinel {chance.random()}")
    code = function.__code__.replace(
        co_filename=item.function.__code__.co_filename,
        co_name=name,
        co_qualname=name,
        co_firstlineno=chance.randrange(5, 200),
    )
    made = type(function)(code, {}, name, None, function.__closure__)
    made.__module__ = item.function.__module__
    made.__qualname__ = name
    return name, made


def places_between(items, a_class):
    """Between any two tests, but not within a class, whose fixtures may last."""

    def is_within(left, right):
        return left.parent is right.parent and isinstance(left.parent, a_class)

    within = {place for place in range(1, len(items)) if is_within(items[place - 1], items[place])}
    return [place for place in range(len(items) + 1) if place not in within]


def plant(sentinel, items, like, kinds, suite, chance):
    """Puts a sentinel among the tests, where it looks like one of them; returns its name."""
    a_function, a_module, a_class = kinds
    place = chance.choice(places_between(items, a_class))
    beside = items[min(place, len(items) - 1)]
    name, call = disguise(sentinel, like(beside), suite, chance)
    planted = a_function.from_parent(beside.getparent(a_module), name=name, callobj=call)
    # To find its lines in the file of the tests takes long, and nobody sees them.
    planted.repr_failure = lambda excinfo: "it failed"
    items.insert(place, planted)
    return name


def describe(report, suite):
    """What is said of a test that did not pass."""
    if report.outcome in ("passed", "skipped"):
        return ""
    crash = getattr(report.longrepr, "reprcrash", None)
    detail = crash.message if crash else str(report.longrepr)
    return suite.real(str.__str__(detail)[:2000])


def make_plugin(pytest, chance, audit, begin, ways):
    import gc
    import inspect
    import os
    import sys

    sources, suite, shield, show, hide = ways
    fail, succeed = make_sentinels(pytest, chance)
    sentinels = set()
    begin = [begin]
    counts = {}
    kinds = a_function, _, _ = pytest.Function, pytest.Module, pytest.Class

    def name_of(node):
        return node.nodeid.partition("::")[2] or node.nodeid

    def is_function(item):
        return isinstance(item, a_function) and hasattr(item.function, "__code__")

    class Plugin:
        @pytest.hookimpl()
        def pytest_load_initial_conftests(self):
            """All of pytest is loaded and in its place, and nothing of the project."""
            os.environ.pop("PYTEST_VERSION", None)
            begin.pop()()
            gc.freeze()
            gc.enable()

        @pytest.hookimpl(tryfirst=True)
        def pytest_sessionstart(self):
            audit("assay.configured")

        @pytest.hookimpl(trylast=True)
        def pytest_collection_modifyitems(self, session, config, items):
            self.look_for_liars()
            functions = [it for it in items if is_function(it)]
            if not functions:
                return

            def like(beside):
                return beside if is_function(beside) else functions[0]

            outcomes = {}
            for outcome, call in (("failed", fail), ("passed", succeed)):
                outcomes[plant(call, items, like, kinds, suite, chance)] = outcome
            sentinels.update(outcomes)
            tests = {it.module.__name__: it.module for it in functions}
            for name, module in tests.items():
                if suite.standing.get(dictionary_of(module).get("__file__")):
                    sys.modules[name] = stand_in(module)
            audit("assay.begin", outcomes, session, config.pluginmanager, tests)

        @staticmethod
        def look_for_liars():
            for liar in makes_equal(sources, counts):
                if not blunt(liar, sources):
                    audit("assay.betrayed", "makes a value that is equal to everything: " + liar.__qualname__)

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_setup(self, item):
            # Each test leaves a folder, so that none tells what a test has asked for.
            if "tmp_path" not in getattr(item, "fixturenames", ()):
                item.config._tmp_path_factory.mktemp("data", numbered=True)

        @pytest.hookimpl(tryfirst=True)
        def pytest_pyfunc_call(self, pyfuncitem):
            """Calls a test so that nothing of the runner is on its stack."""
            call = pyfuncitem.obj
            if inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call):
                return None
            named = {it: pyfuncitem.funcargs[it] for it in pyfuncitem._fixtureinfo.argnames}
            if hasattr(shield(call, (), named), "__await__"):
                pytest.fail("the test was not waited for")
            return True

        @pytest.hookimpl(hookwrapper=True, tryfirst=True)
        def pytest_runtest_makereport(self, item, call):
            if call.when == "call":
                self.look_for_liars()
            audit("assay.check", item, call)
            if call.excinfo is not None and name_of(item) not in sentinels:
                show()
            yield
            if call.excinfo is not None:
                hide()

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_logreport(self, report):
            if report.when == "setup" and report.outcome == "passed":
                return
            audit("assay.report", report, describe(report, suite))
            if name_of(report) in sentinels:
                # What was meant to fail is not shown as a failure.
                report.outcome, report.longrepr = "passed", None

        @pytest.hookimpl(tryfirst=True)
        def pytest_sessionfinish(self):
            audit("assay.finish")

    return Plugin


def close():
    """A function that makes this process undumpable: what is in /proc of its memory, its
    descriptors and its environment is then closed to it and to its children."""
    import ctypes
    import sys

    prctl, kept = ctypes.CDLL(None).prctl, set(sys.modules)
    for name in [name for name in kept if name.split(".")[0] in ("ctypes", "_ctypes")]:
        del sys.modules[name]
    set_dumpable = 4
    return lambda: prctl(set_dumpable, 0, 0, 0, 0)


def prepare(namespace_of):
    """What is done once for all suites of an environment, after pytest is loaded."""
    import _pytest.runner

    # It would tell the tested code which test runs.
    if hasattr(_pytest.runner, "_update_current_test_var"):
        _pytest.runner._update_current_test_var = lambda item, when: None
    codes = set()

    def add(code):
        for it in code.co_consts:
            if isinstance(it, type(code)):
                codes.add(it)
                add(it)

    add(make_plugin.__code__)
    start = make_watch(namespace_of, run.__code__, frozenset(codes))
    return start, close()


def prepare_all(namespace_of):
    """The same, where all of pytest is loaded already."""
    blind = make_blind(namespace_of)
    return blind, prepare(namespace_of)


def begin_watch(prepared, nonce, channel, places):
    def begin():
        start, shut = prepared or prepare(NAMESPACE)
        shut()
        start(nonce, channel, places)

    return begin


def import_all(names):
    """Imports what either suite imports, so that this does not tell which one runs."""
    import contextlib
    import importlib
    import os

    for name in names:
        root = name.split(".")[0]
        if not any(os.path.exists(f"{it}/{root}{end}") for it in ("src", ".") for end in ("", ".py")):
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def tell_first(nonce, channel, findings):
    """Reports what was read before anything of the project is loaded."""
    import json
    import os

    for kind, what, place in findings[:20]:
        line = {"nonce": nonce, kind: what, "place": place}
        os.write(channel, (json.dumps(line) + "\n").encode())


def options_of(suite):
    """What is said to pytest, which is the same for both suites but for what is drawn."""
    names = [path.rpartition("/")[2] for path in suite["tests"]]
    options = [suite["folder"], "--tb=short", "-p", "no:cacheprovider"]
    # Tests in an order by chance would give verdicts by chance.
    options += ["-p", "no:randomly", "-p", "no:random_order"]
    # Options of the project's own would move the report.
    return [*options, "-o", "addopts=", "-o", "python_files=" + " ".join(names)]


def run(prepared=None):
    import gc
    import json
    import os
    import random
    import sys

    import pytest

    # Nothing that is imported until the project is loaded ever becomes garbage, and
    # looking for it takes a quarter of a small suite's time.
    gc.disable()
    audit, chance = sys.audit, random.SystemRandom()
    settings = json.loads(read_input(0))
    os.open("/dev/null", os.O_RDONLY)
    project = os.getcwd()
    nonce = read_input(4).decode()
    channel = move(3, chance)
    if fault := fault_of_suite(settings["suite"], settings["places"]):
        tell_first(nonce, channel, [("note", "the suite cannot be run: " + fault[0], fault[1])])
        sys.exit(70)
    findings = read_artifact(settings)
    findings.sort(key=lambda it: it[0] == "note")
    tell_first(nonce, channel, findings)
    if findings and findings[0][0] == "tampered":
        sys.exit(70)
    import_all(settings["suite"]["imports"])
    (shield, take, show, hide), watch = prepared or (make_blind(NAMESPACE), None)
    suite = Suite(settings["suite"], project)
    take(suite)
    options = options_of(settings["suite"])
    places = project, project + "/" + settings["suite"]["folder"].split("/")[0]
    begin = begin_watch(watch, nonce, channel, places)
    ways = project + "/src/", suite, shield, show, hide
    plugin = make_plugin(pytest, chance, audit, begin, ways)()
    del nonce, channel, prepared, watch, begin, settings, suite, take, show, hide, ways, fault, findings
    sys.orig_argv[:] = sys.orig_argv[:1]
    sys.path.insert(0, os.path.join(project, "src"))
    pytest.main(options, plugins=[plugin])
    passed = []
    audit("assay.end", passed)
    sys.exit(0 if passed == [True] else 1)
