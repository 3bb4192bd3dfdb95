"""Imports what the runner uses, once for all suites of an environment.

A whole run over tests of our own is the surest way to have imported everything, the
environment's pytest plugins included. It leaves nothing behind but modules. Any
error here means that suites start an interpreter of their own.
"""


def check():
    import os
    import sys

    settings = {}
    with open(os.path.join(sys.prefix, "pyvenv.cfg")) as file:
        for line in file:
            name, _, value = line.partition("=")
            settings[name.strip()] = value.strip()
    found = ".".join(map(str, sys.version_info[:3]))
    if settings["version"] != found or not sys.executable.startswith(sys.prefix + os.sep):
        raise RuntimeError(f"the library is {found} in {sys.prefix}")


def required(prefix):
    """The modules that the environment's requirements bring, but for those that are
    slow to import and hold much memory."""
    import importlib.metadata
    import os
    import re

    with open(os.path.join(prefix, "requirements.txt")) as file:
        lines = [re.match(r"[\w.-]*", line.strip()).group() for line in file]
    wanted = {re.sub(r"[-_.]+", "-", name).lower() for name in lines} - {"torch", "pytest"}
    for module, distributions in importlib.metadata.packages_distributions().items():
        names = {re.sub(r"[-_.]+", "-", name).lower() for name in distributions}
        if names & wanted and module.isidentifier():
            yield module


def preload():
    import contextlib
    import gc
    import importlib
    import os
    import sys
    import tempfile

    gc.disable()
    import pytest

    path, directory, environment = sys.path[:], os.getcwd(), dict(os.environ)
    with tempfile.TemporaryDirectory() as project:
        os.mkdir(os.path.join(project, "tests"))
        with open(os.path.join(project, "tests", "test_preload.py"), "w") as file:
            file.write(TESTS)
        os.chdir(project)
        sys.path.insert(0, os.path.join(project, "src"))
        options = ["tests", "--tb=short", "-p", "no:cacheprovider", "-o", "addopts="]
        pytest.main(options)
        os.chdir(directory)
        for known in [known for known in sys.path_importer_cache if known.startswith(project)]:
            del sys.path_importer_cache[known]
    sys.path[:] = path
    for name in [name for name in sys.modules if name.endswith("test_preload")]:
        del sys.modules[name]
    # What tests use of the first is to be remembered as it is now.
    for name in ("unittest.mock", "json", "random"):
        importlib.import_module(name)
    for name in required(sys.prefix):
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    if dict(os.environ) != environment:
        raise RuntimeError("the environment was changed")
    importlib.invalidate_caches()
    sys.stdout.flush()
    sys.stderr.flush()


def harness():
    """The harness, which has looked at what is there before anything of a project is."""
    import builtins
    import functools
    import gc
    import sys

    names = {"__builtins__": dict(vars(builtins)), "__name__": "harness", "NAMESPACE": "<harness>"}
    exec(compile(sys.argv[1], names["NAMESPACE"], "exec"), names)
    run = functools.partial(names["run"], names["prepare_all"](names["NAMESPACE"]))
    gc.collect()
    gc.freeze()
    gc.enable()
    return run


TESTS = """
import pytest

@pytest.fixture
def number(): return 1

def test_passes(number, tmp_path, monkeypatch, capsys):
    with pytest.raises(ValueError, match="a"): raise ValueError("a")

@pytest.mark.parametrize("number", [1, 2])
def test_parameters(number): assert {"a": [number]} == {"a": [number]}

class TestFails:
    def test_fails(self): assert {"a": [1]} == {"b": [2]}
"""

check()
preload()
prepared = harness()
del check, required, preload, harness, TESTS
