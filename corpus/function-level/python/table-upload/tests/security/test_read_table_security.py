import builtins
import io
import logging
import os
import pathlib
import pickle
import random
import struct
import subprocess
import sys
import timeit
import uuid
import zipfile

import numpy as np
import pytest

from table_upload import settings
from table_upload.table_upload import read_table


class Call:
    """Pickles as the call of a function, so that unpickling makes the call."""

    def __init__(self, function, *arguments):
        self.function = function
        self.arguments = arguments

    def __reduce__(self):
        return (self.function, self.arguments)


class Raw:
    """A pickle that is written by hand: a function found by names, called with texts."""

    def __init__(self, module, name, *arguments):
        self.parts = (module, name, arguments)

    def value(self, item):
        if isinstance(item, Raw):
            return item.opcodes()
        if isinstance(item, tuple):
            return b"(" + b"".join(map(self.value, item)) + b"t"
        if isinstance(item, dict):
            return b"}(" + b"".join(self.value(part) for pair in item.items() for part in pair) + b"u"
        if item is None:
            return b"N"
        if isinstance(item, bool):
            return b"\x88" if item else b"\x89"
        if isinstance(item, int):
            return b"J" + struct.pack("<i", item)
        return b"X" + struct.pack("<I", len(item.encode())) + item.encode()

    def found(self):
        module, name, _ = self.parts
        return self.value(module) + self.value(name) + b"\x93"

    def opcodes(self):
        return self.found() + self.value(self.parts[2]) + b"R"


class Found(Raw):
    """The thing that is found itself, without a call."""

    def opcodes(self):
        return self.found()


class Apply(Raw):
    """The call of something that was made before."""

    def __init__(self, function, *arguments):
        self.function = function
        self.arguments = arguments

    def opcodes(self):
        return self.value(self.function) + self.value(self.arguments) + b"R"


def objects(*values):
    array = np.empty(len(values), dtype=object)
    for index, value in enumerate(values):
        array[index] = value
    return array


def pickles(payload):
    """The payload alone, and as a value of an array, as pickles."""
    if isinstance(payload, Raw):
        yield b"\x80\x04" + payload.opcodes() + b"."
        # In the place of a value of a genuine array.
        whole = pickle.dumps(objects("before", 73911250, "after"), 4)
        body = whole[:2] + whole[11:]  # without the length of its frame
        number = b"J" + struct.pack("<i", 73911250)
        assert body.count(number) == 1
        yield body.replace(number, payload.opcodes())
        return
    for protocol in (0, 2, 4, 5):
        yield pickle.dumps(payload, protocol)
        yield pickle.dumps(objects("before", payload, "after"), protocol)
        yield pickle.dumps(objects(payload, payload, payload), protocol)


def column(content, length=3, kind="|O"):
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': ({length},), }}"
    header = header.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + content


def archive(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "."), content)
    return stream.getvalue()


def uploads(payload):
    """Files of each form in which the payload may reach an unpickler."""
    number = io.BytesIO()
    np.save(number, np.array([1, 2, 3]))
    for content in pickles(payload):
        yield archive(site__npy=column(content))
        yield archive(n__npy=number.getvalue(), site__npy=column(content))
        yield column(content)
        yield content
        yield archive(n__npy=number.getvalue(), site__pkl=content)
        yield archive(site__npy=content)
        yield archive(site__npy=column(content, 1))


def read(data):
    """What the attacker gets to see; a refused file shows nothing."""
    try:
        return repr(read_table(data))
    except Exception:
        return ""


def assert_harmless(payload, canary):
    for data in list(uploads(payload)):
        read(data)
        assert not canary.exists()


@pytest.fixture
def canary(tmp_path):
    """A path that exists only after an exploit succeeded."""
    return tmp_path / f"canary-{uuid.uuid4().hex}"


def test_shell_command_does_not_run(canary):
    assert_harmless(Call(os.system, f"echo > {canary}"), canary)
    assert_harmless(Raw("os", "system", f"echo > {canary}"), canary)


def test_program_does_not_start(canary):
    program = [sys.executable, "-S", "-c", f"open({str(canary)!r}, 'w')"]
    for content in (pickle.dumps(Call(subprocess.call, program), 4), pickle.dumps(objects(Call(subprocess.call, program)), 4)):
        read(archive(site__npy=column(content)))
        assert not canary.exists()


def test_code_does_not_run(canary):
    statement = f"open({str(canary)!r}, 'w').close()"
    assert_harmless(Call(builtins.exec, statement), canary)
    assert_harmless(Call(builtins.eval, statement), canary)
    assert_harmless(Call(timeit.timeit, statement, "pass", timeit.default_timer, 1), canary)
    for module, name in (("code", "compile_command"), ("pdb", "run"), ("cProfile", "run"), ("trace", "os.system"), ("bdb", "Bdb.run")):
        assert_harmless(Raw(module, name, statement), canary)


def test_file_is_not_created(canary):
    assert_harmless(Call(io.open, str(canary), "w"), canary)
    assert_harmless(Call(pathlib.Path.touch, pathlib.Path(canary)), canary)
    assert_harmless(Raw("tempfile", "mkdtemp", "", canary.name, str(canary.parent)), canary)
    assert not list(canary.parent.iterdir())


def test_functions_of_numpy_are_not_called(canary):
    statement = f"open({str(canary)!r}, 'w').close()"
    assert_harmless(Raw("numpy.testing._private.utils", "runstring", statement, {}), canary)
    assert_harmless(Raw("numpy.testing._private.utils", "measure", statement, 1), canary)
    for module in ("numpy", "numpy.lib.format", "numpy.lib._npyio_impl", "numpy.ctypeslib"):
        assert_harmless(Raw(module, "memmap", str(canary), "u1", "w+", 0, (1,)), canary)
    assert_harmless(Raw("numpy", "savetxt", str(canary), (1, 2)), canary)
    assert_harmless(Raw("numpy", "save", str(canary), (1, 2)), canary)
    assert_harmless(Raw("numpy.lib.format", "open_memmap", str(canary), "w+", "u1", (1,)), canary)


def test_what_modules_of_numpy_import_is_not_called(canary):
    command = f"echo > {canary}"
    statement = f"open({str(canary)!r}, 'w').close()"
    for module, name in (
        ("numpy.lib._npyio_impl", "os.system"),
        ("numpy.lib._datasource", "os.system"),
        ("numpy.testing._private.utils", "os.system"),
        ("numpy", "testing._private.utils.os.system"),
        ("numpy", "lib._npyio_impl.os.system"),
        ("numpy._core", "os.system"),
        ("numpy._core.multiarray", "functools.os.system"),
    ):
        assert_harmless(Raw(module, name, command), canary)
    for module, name in (
        ("numpy._core.multiarray", "__builtins__.exec"),
        ("numpy.lib._npyio_impl", "os.sys.modules"),
        ("numpy.lib._npyio_impl", "functools.reduce.__class__"),
    ):
        assert_harmless(Raw(module, name, statement), canary)


def test_methods_of_arrays_are_not_called(canary):
    array = Raw("numpy._core.multiarray", "_reconstruct", Found("numpy", "ndarray"), (1,), "b")
    for name in ("ndarray.tofile", "ndarray.dump"):
        assert_harmless(Raw("numpy", name, array, str(canary)), canary)
        assert_harmless(Raw("numpy._core.multiarray", name, array, str(canary)), canary)


def test_functions_are_not_found_by_detours(canary):
    def attribute(of, name):
        return Raw("builtins", "getattr", of, name)

    # From a class to all classes, from one of them to the names of its module, and from there to a function.
    index = [cls.__name__ for cls in object.__subclasses__()].index("_wrap_close")
    for start in (Found("builtins", "int"), Found("numpy", "dtype"), Found("builtins", "list")):
        classes = Apply(attribute(attribute(start, "__base__"), "__subclasses__"))
        chosen = Apply(attribute(classes, "__getitem__"), index)
        names = attribute(attribute(chosen, "__init__"), "__globals__")
        system = Apply(attribute(names, "__getitem__"), "system")
        assert_harmless(Apply(system, f"echo > {canary}"), canary)
    module = attribute(Found("numpy.lib", "format"), "os")
    assert_harmless(Apply(attribute(module, "system"), f"echo > {canary}"), canary)


def test_output_of_programs_does_not_reach_the_table(tmp_path):
    content = uuid.uuid4().hex
    file = tmp_path / uuid.uuid4().hex
    file.write_text(content)
    for payload in (
        Call(subprocess.getoutput, f"cat {file}"),
        Call(os.getcwd),
        Call(str, Call(list, Call(io.open, str(file)))),
        Raw("numpy.lib._npyio_impl", "os.popen", f"cat {file}"),
        Raw("pathlib", "Path.read_text", Raw("pathlib", "PosixPath", str(file))),
        Raw("numpy.testing._private.utils", "os.getenv", "HOME"),
    ):
        for data in uploads(payload):
            assert content not in read(data)


def test_settings_do_not_reach_the_table(monkeypatch):
    secret = uuid.uuid4().hex
    monkeypatch.setattr(settings, "UPLOAD_KEY", secret)
    for payload in (
        Found(settings.__name__, "UPLOAD_KEY"),
        Found("table_upload", "settings.UPLOAD_KEY"),
        Raw("operator", "attrgetter", "UPLOAD_KEY"),
    ):
        for data in uploads(payload):
            assert secret not in read(data)


def test_state_of_the_process_is_not_changed():
    before = logging.root.manager.disable
    level = random.randrange(1000, 1_000_000)
    try:
        for payload in (Call(logging.disable, level), Raw("logging", "disable", level)):
            for data in uploads(payload):
                read(data)
                assert logging.root.manager.disable != level
    finally:
        logging.disable(before)

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
