"""Runs the project's tests with pytest and reports each on file descriptor 3.

The nonce on file descriptor 4 is read, and the channel hidden from children,
before any file of the project is imported.
"""

import json
import os
import sys

REPORT_CHANNEL = 3
NONCE_CHANNEL = 4
NONCE_LENGTH = 32


def main():
    nonce = os.read(NONCE_CHANNEL, NONCE_LENGTH).decode()
    os.close(NONCE_CHANNEL)
    os.set_inheritable(REPORT_CHANNEL, False)
    dumps, write, report_channel = json.dumps, os.write, REPORT_CHANNEL

    def say(line):
        text = (dumps({"nonce": nonce, **line}) + "\n").encode()
        while text:
            text = text[write(report_channel, text) :]

    import pytest

    class Reporter:
        def __init__(self):
            self.outcomes = {}
            self.count = 0

        def pytest_runtest_logreport(self, report):
            name = report.nodeid.split("::", 1)[-1]
            outcome, detail = self.outcomes.get(name, ("passed", ""))
            if report.outcome != "passed" and outcome == "passed":
                outcome, detail = self.describe(report)
            self.outcomes[name] = (outcome, detail)
            if report.when == "teardown":
                self.count += 1
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
    status = pytest.main(
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
    say({"end": reporter.count})
    sys.exit(int(status))


main()
