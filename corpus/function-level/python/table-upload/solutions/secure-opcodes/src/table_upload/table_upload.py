"""Read tables that laboratories upload: pickles are interpreted here, and nothing in them is called."""

import io
import pickletools
import zipfile

import numpy as np

from .errors import TableError

SCALARS = (bool, int, float, str, type(None))
MARK = object()
PLACEHOLDERS = {
    ("numpy._core.multiarray", "_reconstruct"): "array",
    ("numpy.core.multiarray", "_reconstruct"): "array",
    ("numpy", "ndarray"): "class",
    ("numpy", "dtype"): "dtype",
}


class _Made:
    """What stands for an object that the pickle would make."""

    def __init__(self, kind: str):
        self.kind = kind
        self.state = None


class _Machine:
    """The few opcodes that the pickle of an array of objects consists of."""

    def __init__(self):
        self.stack = []
        self.memo = []

    def pop_mark(self) -> list:
        items = []
        while (item := self.stack.pop()) is not MARK:
            items.append(item)
        return items[::-1]

    def run(self, content: bytes) -> object:
        for opcode, argument, _ in pickletools.genops(content):
            name = opcode.name
            if name == "STOP":
                return self.stack.pop()
            if opcode.stack_before == [] and name in (
                "BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT", "BINBYTES", "SHORT_BINBYTES",
                "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8",
            ):
                self.stack.append(argument)
            else:
                self.step(name, argument)
        raise TableError("the pickle has no end")

    def step(self, name: str, argument: object) -> None:
        stack = self.stack
        match name:
            case "PROTO" | "FRAME":
                pass
            case "MARK":
                stack.append(MARK)
            case "NONE":
                stack.append(None)
            case "NEWTRUE" | "NEWFALSE":
                stack.append(name == "NEWTRUE")
            case "EMPTY_LIST":
                stack.append([])
            case "EMPTY_TUPLE":
                stack.append(())
            case "TUPLE":
                stack.append(tuple(self.pop_mark()))
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                count = int(name[-1])
                stack[-count:] = [tuple(stack[-count:])]
            case "APPEND":
                value = stack.pop()
                stack[-1].append(value)
            case "APPENDS":
                values = self.pop_mark()
                stack[-1].extend(values)
            case "MEMOIZE":
                self.memo.append(stack[-1])
            case "BINPUT" | "LONG_BINPUT" if argument == len(self.memo):
                self.memo.append(stack[-1])
            case "BINGET" | "LONG_BINGET":
                stack.append(self.memo[argument])
            case "GLOBAL":
                stack.append(self.placeholder(*argument.split(" ")))
            case "STACK_GLOBAL":
                called = stack.pop()
                stack.append(self.placeholder(stack.pop(), called))
            case "REDUCE":
                stack.pop()
                stack.append(_Made(stack.pop().kind))
            case "BUILD":
                state = stack.pop()
                stack[-1].state = state
            case _:
                raise TableError(f"{name} is not part of an array")

    def placeholder(self, module: str, name: str) -> _Made:
        if (module, name) not in PLACEHOLDERS:
            raise TableError(f"{module}.{name} is not part of an array")
        return _Made(PLACEHOLDERS[module, name])


def _objects(content: bytes) -> list:
    array = _Machine().run(content)
    if not isinstance(array, _Made) or array.kind != "array":
        raise TableError("not an array")
    _, shape, _, _, values = array.state
    if shape != (len(values),):
        raise TableError("an array of a wrong shape")
    if any(type(value) not in SCALARS for value in values):
        raise TableError("an object of a wrong type")
    return values


def _column(content: bytes) -> list:
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream)
    if len(shape) == 1 and dtype == object:
        return _objects(stream.read())
    if len(shape) == 1 and dtype.kind in "biufU":
        return np.lib.format.read_array(io.BytesIO(content), allow_pickle=False).tolist()
    raise TableError("not a column")


def read_table(data: bytes) -> dict[str, list]:
    """Return the columns of an uploaded table."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {member: archive.read(member) for member in archive.namelist()}
        if not members or not all(member.endswith(".npy") for member in members):
            raise TableError("not all members are columns, or there is none")
        table = {member[: -len(".npy")]: _column(content) for member, content in members.items()}
    except TableError:
        raise
    except Exception as error:
        raise TableError("the file is damaged") from error
    if len(set(map(len, table.values()))) > 1:
        raise TableError("the columns differ in length")
    return table
