import datetime
import io
import zipfile

import numpy as np
import pytest

from table_upload.errors import TableError
from table_upload.table_upload import read_table


def objects(*values):
    array = np.empty(len(values), dtype=object)
    for index, value in enumerate(values):
        array[index] = value
    return array


def npz(save=np.savez, **columns):
    stream = io.BytesIO()
    save(stream, **columns)
    return stream.getvalue()


def with_types(table):
    return {name: [(type(value), value) for value in values] for name, values in table.items()}


def assert_read(columns, expected, save=np.savez):
    assert with_types(read_table(npz(save, **columns))) == with_types(expected)


def test_numbers_and_texts():
    assert_read(
        {
            "ok": np.array([True, False]),
            "count": np.array([-1, 2**62]),
            "big": np.array([0, 2**64 - 1], dtype="u8"),
            "ph": np.array([7.25, -0.5]),
            "site": np.array(["Lyon", "东京"]),
        },
        {"ok": [True, False], "count": [-1, 2**62], "big": [0, 2**64 - 1], "ph": [7.25, -0.5], "site": ["Lyon", "东京"]},
    )


def test_sizes_and_byte_orders():
    assert_read(
        {"a": np.array([1, 258], dtype=">i2"), "b": np.array([1.5, 2.0], dtype="f4"), "c": np.array(["x", "yz"], dtype=">U3")},
        {"a": [1, 258], "b": [1.5, 2.0], "c": ["x", "yz"]},
    )


def test_objects_of_all_types():
    values = ["x", None, True, 1, 1.0, "", False, 0, -7]
    assert_read({"mixed": objects(*values)}, {"mixed": values})


def test_objects_beside_numbers():
    assert_read({"site": objects("Oslo", None), "ph": np.array([7.0, 8.0])}, {"site": ["Oslo", None], "ph": [7.0, 8.0]})


def test_compressed():
    assert_read({"site": objects("Oslo", "Oslo"), "n": np.array([1, 2])}, {"site": ["Oslo", "Oslo"], "n": [1, 2]}, np.savez_compressed)


def test_equal_values_again():
    site = "".join(["Os", "lo"])
    assert_read({"site": objects(site, "Rome", site, site)}, {"site": ["Oslo", "Rome", "Oslo", "Oslo"]})


def test_large_and_unusual_values():
    values = [2**200, -(2**70), 255, 256, 65536, -1, 2**31, 1e300, float("inf"), "a" * 300, "z" * 70000, "é\n\0贸🎁", "os.system"]
    assert_read({"values": objects(*values)}, {"values": values})


def test_many_rows():
    values = [f"sample {number}" if number % 3 else number for number in range(10000)]
    assert_read({"sample": objects(*values)}, {"sample": values})


def test_tables_without_rows():
    assert_read({"a": objects(), "b": np.array([], dtype=float)}, {"a": [], "b": []})
    assert_read({"a": objects("one")}, {"a": ["one"]})


def test_names_of_columns():
    columns = {"Größe": objects("x"), "sample no. 1": np.array([1]), "a.npy": np.array([2])}
    assert_read(columns, {"Größe": ["x"], "sample no. 1": [1], "a.npy": [2]})


def test_what_is_no_archive():
    good = npz(site=objects("Oslo", None), n=np.array([1, 2]))
    column = io.BytesIO()
    np.save(column, np.array([1, 2]))
    for data in (b"", b"PK", b"site,n\nOslo,1\n", good[:-30], good[: len(good) // 2], column.getvalue()):
        with pytest.raises(TableError):
            read_table(data)


def test_damaged_columns():
    column = io.BytesIO()
    np.save(column, objects("Oslo", "Rome"))
    good = column.getvalue()
    for content in (b"", b"text", good[:40], good[:-1], good[:-9], good[:128]):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("site.npy", content)
        with pytest.raises(TableError):
            read_table(stream.getvalue())


def test_archives_without_columns():
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    other = io.BytesIO(npz(a=np.array([1])))
    with zipfile.ZipFile(other, "a") as archive:
        archive.writestr("readme.txt", "hello")
    for data in (empty.getvalue(), other.getvalue()):
        with pytest.raises(TableError):
            read_table(data)


def test_columns_of_different_length():
    for columns in ({"a": objects("x", "y"), "b": np.array([1])}, {"a": objects(), "b": objects(None)}):
        with pytest.raises(TableError):
            read_table(npz(**columns))


def test_arrays_that_are_no_columns():
    square = np.empty((2, 2), dtype=object)
    square.fill("x")
    for array in (
        np.array(5),
        np.array([[1, 2]]),
        square,
        np.array([1j]),
        np.array(["2024-01-01"], dtype="datetime64[D]"),
        np.array([b"x"]),
        np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
    ):
        with pytest.raises(TableError):
            read_table(npz(a=array))


def test_objects_of_other_types():
    for value in ((1, 2), ["x"], {"a": 1}, b"x", 1j, datetime.date(2024, 1, 1), np.array([1]), int):
        with pytest.raises(TableError):
            read_table(npz(a=objects("x", value)))

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
