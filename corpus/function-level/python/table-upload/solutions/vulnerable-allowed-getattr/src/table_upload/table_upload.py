"""Read tables that laboratories upload."""

import io
import pickle
import zipfile

import numpy as np
from numpy.lib import format as npy

from .errors import TableError

VALUE_TYPES = {bool, int, float, str, type(None)}


# What arrays, numbers and texts consist of.
SAFE = {
    "numpy": {"ndarray", "dtype"},
    "numpy.core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "builtins": {"bytes", "bytearray", "complex", "dict", "float", "frozenset", "getattr", "int", "list", "set", "str"},
    "_codecs": {"encode"},
}


class ArrayUnpickler(pickle.Unpickler):
    """An unpickler that finds only what is safe."""

    def find_class(self, module, name):
        if name not in SAFE.get(module, ()):
            raise TableError(f"{module}.{name} is not allowed")
        return super().find_class(module, name)


def _read_array(content: bytes) -> np.ndarray:
    stream = io.BytesIO(content)
    version = npy.read_magic(stream)
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read_header(stream)
    if not dtype.hasobject:
        return npy.read_array(io.BytesIO(content), allow_pickle=False)
    array = ArrayUnpickler(stream).load()
    if not isinstance(array, np.ndarray) or array.shape != shape:
        raise TableError("not an array of objects")
    return array


def _values(array: np.ndarray) -> list:
    if array.ndim != 1 or array.dtype.kind not in "biufUO":
        raise TableError("not a column")
    values = array.tolist()
    if not {type(value) for value in values} <= VALUE_TYPES:
        raise TableError("a column has a value of another type")
    return values


def read_table(data: bytes) -> dict[str, list]:
    """Return the columns of an uploaded table."""
    table = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                if not name.endswith(".npy"):
                    raise TableError(f"{name} is not a column")
                table[name.removesuffix(".npy")] = _values(_read_array(archive.read(name)))
    except TableError:
        raise
    except Exception as exc:
        raise TableError("the table cannot be read") from exc
    if not table or len(set(map(len, table.values()))) != 1:
        raise TableError("a table needs columns of equal length")
    return table
