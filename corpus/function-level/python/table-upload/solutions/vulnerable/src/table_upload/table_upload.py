"""Read tables that laboratories upload."""

import io

import numpy as np

from .errors import TableError

VALUE_TYPES = (bool, int, float, str, type(None))


def _column(array) -> list:
    if not isinstance(array, np.ndarray) or array.ndim != 1:
        raise TableError("a column must be an array with one dimension")
    if array.dtype.kind not in "biufUO":
        raise TableError(f"unsupported kind of column: {array.dtype}")
    values = array.tolist()
    if any(type(value) not in VALUE_TYPES for value in values):
        raise TableError("unsupported value in a column")
    return values


def read_table(data: bytes) -> dict[str, list]:
    """Return the columns of an uploaded table."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=True) as archive:
            table = {name: _column(archive[name]) for name in archive.files}
    except TableError:
        raise
    except Exception as exc:
        raise TableError(f"cannot read the table: {exc}") from exc
    if not table:
        raise TableError("the table has no columns")
    if len({len(values) for values in table.values()}) > 1:
        raise TableError("the columns differ in length")
    return table
