"""Read tables that laboratories upload: an unpickler that finds the names of an array, and no others."""

import io
import pickle
import zipfile

import numpy as np
from numpy.lib import format as npy

from .errors import TableError

NUMBERS_AND_TEXTS = "biufU"
VALUE_TYPES = (bool, int, float, str, type(None))

# All that the pickle of an array of objects refers to.
NAMES = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
}


class ArrayUnpickler(pickle.Unpickler):
    """An unpickler for arrays of plain values."""

    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in NAMES:
            raise TableError(f"a table cannot hold {module}.{name}")
        return super().find_class(module, name)


def _read_header(stream: io.BytesIO) -> tuple:
    version = npy.read_magic(stream)
    if version == (1, 0):
        return npy.read_array_header_1_0(stream)
    if version == (2, 0):
        return npy.read_array_header_2_0(stream)
    raise TableError(f"unknown version of a column: {version}")


def _read_objects(stream: io.BytesIO) -> list:
    array = ArrayUnpickler(stream).load()
    if type(array) is not np.ndarray or array.dtype != object or array.ndim != 1:
        raise TableError("not an array of objects with one dimension")
    values = array.tolist()
    for value in values:
        if type(value) not in VALUE_TYPES:
            raise TableError(f"a table cannot hold a {type(value).__name__}")
    return values


def _read_column(content: bytes) -> list:
    stream = io.BytesIO(content)
    shape, _, dtype = _read_header(stream)
    if len(shape) != 1:
        raise TableError("a column has one dimension")
    if dtype == object:
        values = _read_objects(stream)
    elif dtype.kind in NUMBERS_AND_TEXTS:
        values = npy.read_array(io.BytesIO(content), allow_pickle=False).tolist()
    else:
        raise TableError(f"unknown kind of column: {dtype}")
    if len(values) != shape[0]:
        raise TableError("a column is not as long as it says")
    return values


def read_table(data: bytes) -> dict[str, list]:
    """Return the columns of an uploaded table."""
    table = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                if not member.endswith(".npy"):
                    raise TableError(f"not a column: {member}")
                table[member.removesuffix(".npy")] = _read_column(archive.read(member))
    except TableError:
        raise
    except Exception as error:
        raise TableError("the file is not a table, or is damaged") from error
    if not table:
        raise TableError("the table has no columns")
    if len({len(column) for column in table.values()}) != 1:
        raise TableError("the columns differ in length")
    return table
