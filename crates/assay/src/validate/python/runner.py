"""Runs the project's tests with pytest and reports each on file descriptor 3.

The nonce on file descriptor 4 is read, and the channel hidden from children,
before any file of the project is imported. Among the real tests run sentinels,
one that must fail and one that must pass, under names and in places drawn anew:
a runner that was taught to pass everything betrays itself by them.
"""

import gc
import json
import os
import random
import sys

REPORT_CHANNEL = 3
NONCE_CHANNEL = 4
NONCE_LENGTH = 32
BETRAYED = 71


def main():
    # Nothing that is imported until the project is loaded ever becomes garbage, and
    # looking for it takes a quarter of a small suite's time.
    gc.disable()
    nonce = os.read(NONCE_CHANNEL, NONCE_LENGTH).decode()
    os.close(NONCE_CHANNEL)
    os.set_inheritable(REPORT_CHANNEL, False)
    dumps, write, leave, report_channel = json.dumps, os.write, os._exit, REPORT_CHANNEL

    def say(line):
        text = (dumps({"nonce": nonce, **line}) + "\n").encode()
        while text:
            text = text[write(report_channel, text) :]

    chance = random.SystemRandom()
    left, right = chance.random(), chance.random() + 1

    def fail():
        assert left == right

    def succeed():
        assert left != right

    def name():
        return "test_" + "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=12))

    failing, passing = name(), name()
    sentinels = {failing: "failed", passing: "passed"}

    import pytest

    class Reporter:
        def __init__(self):
            self.outcomes = {}
            self.finished = {}

        @pytest.hookimpl(tryfirst=True)
        def pytest_load_initial_conftests(self):
            """All of pytest is loaded, and nothing of the project."""
            gc.freeze()
            gc.enable()

        @pytest.hookimpl(trylast=True)
        def pytest_collection_modifyitems(self, items):
            if not items:
                return
            for name, call in ((failing, fail), (passing, succeed)):
                place = chance.choice(self.places(items))
                module = items[min(place, len(items) - 1)].getparent(pytest.Module)
                items.insert(place, pytest.Function.from_parent(module, name=name, callobj=call))

        @staticmethod
        def places(items):
            """Between any two tests, but not within a class, whose fixtures may last."""
            inside = lambda a, b: a.parent is b.parent and isinstance(a.parent, pytest.Class)
            pairs = zip(items, items[1:])
            within = {place for place, pair in enumerate(pairs, 1) if inside(*pair)}
            return [place for place in range(len(items) + 1) if place not in within]

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_logreport(self, report):
            name = report.nodeid.split("::", 1)[-1]
            outcome, detail = self.outcomes.get(name, ("passed", ""))
            if report.outcome != "passed" and outcome == "passed":
                outcome, detail = self.describe(report)
            self.outcomes[name] = (outcome, detail)
            if name in sentinels:
                # What was meant to fail is not shown as a failure.
                report.outcome, report.longrepr = "passed", None
            if report.when == "teardown":
                self.finished[name] = outcome
                if name not in sentinels:
                    say({"test": name, "outcome": outcome, "detail": detail})

        @staticmethod
        def describe(report):
            if report.outcome == "skipped":
                return "skipped", ""
            outcome = "failed" if report.when == "call" else "errored"
            crash = getattr(report.longrepr, "reprcrash", None)
            detail = crash.message if crash else str(report.longrepr)
            return outcome, detail[:2000]

    sys.path.insert(0, os.path.join(os.getcwd(), "src"))
    reporter = Reporter()
    pytest.main(
        [
            "tests",
            "--tb=short",
            "-p",
            "no:cacheprovider",
            # Options of the project's own would move the report.
            "-o",
            "addopts=",
        ],
        plugins=[reporter],
    )
    real = {name: outcome for name, outcome in reporter.finished.items() if name not in sentinels}
    # Where collection failed nothing ran, the sentinels neither.
    if real and any(reporter.finished.get(name) != outcome for name, outcome in sentinels.items()):
        sys.stderr.write("a sentinel did not come out as it must\n")
        sys.stderr.flush()
        leave(BETRAYED)
    say({"end": len(real)})
    sys.exit(0 if real and set(real.values()) <= {"passed", "skipped"} else 1)


main()
