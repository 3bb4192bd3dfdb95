import sqlite3

import pytest

from segment_views.models import Rule, SegmentError
from segment_views.schema import create_tables
from segment_views.segment_views import save_segment

# id, email, first name, city, country, orders, spent, unsubscribed
CUSTOMERS = [
    (1, "ada@mail.example", "Ada", "Lyon", "FR", 3, 12000, 0),
    (2, "ben@mail.example", "Ben", "Paris", "FR", 0, 0, 0),
    (3, "cleo@post.example", "Cleo", "Lyon", "FR", 7, 99, 1),
    (4, "dora@post.example", "Dora", "Saint-Lyonnais", "CH", 3, 500, 0),
    (5, "en@mail.example", "恩", "上海", "CN", 12, 70000, 0),
]
INSERT = (
    "INSERT INTO customers (id, email, first_name, city, country, orders, spent_cents, unsubscribed,"
    " password_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'x')"
)


@pytest.fixture
def connection():
    connection = sqlite3.connect(":memory:")
    create_tables(connection)
    connection.executemany(INSERT, CUSTOMERS)
    connection.commit()
    yield connection
    connection.close()


def members(connection, name):
    return [row[0] for row in connection.execute(f'SELECT id FROM "segment {name}" ORDER BY id')]


def segment(connection, *rules, name="test"):
    save_segment(connection, name, [Rule(*rule) for rule in rules])
    return members(connection, name)


def views(connection):
    return {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'view'")}


def test_view_has_its_columns_and_rows(connection):
    assert save_segment(connection, "Lyon and Paris", [Rule("city", "one of", ["Lyon", "Paris"])]) is None
    cursor = connection.execute('SELECT * FROM "segment Lyon and Paris" ORDER BY id')
    assert [column[0] for column in cursor.description] == ["id", "email", "first_name"]
    assert cursor.fetchall() == [(1, "ada@mail.example", "Ada"), (2, "ben@mail.example", "Ben")]
    assert views(connection) == {"segment Lyon and Paris"}


def test_exact_texts(connection):
    assert segment(connection, ("city", "is", "Lyon")) == [1]
    assert segment(connection, ("city", "is", "lyon")) == []
    assert segment(connection, ("country", "is not", "FR")) == [4, 5]
    assert segment(connection, ("email", "is", "ben@mail.example")) == [2]


def test_contained_texts(connection):
    assert segment(connection, ("city", "contains", "LYON")) == [1, 4]
    assert segment(connection, ("email", "contains", "@post")) == [4]
    assert segment(connection, ("city", "contains", "海")) == [5]
    assert segment(connection, ("first_name", "contains", "zz")) == []


def test_one_of_several_texts(connection):
    assert segment(connection, ("first_name", "one of", ["恩", "Ada", "Nobody"])) == [1, 5]
    assert segment(connection, ("country", "one of", ["CH"])) == [4]


def test_numbers(connection):
    assert segment(connection, ("orders", "at least", 3)) == [1, 4, 5]
    assert segment(connection, ("spent_cents", "at most", 500)) == [2, 4]
    assert segment(connection, ("orders", "at least", -1)) == [1, 2, 4, 5]


def test_all_rules_must_hold(connection):
    assert segment(connection, ("country", "is", "FR"), ("orders", "at least", 1)) == [1]
    assert segment(connection, ("city", "one of", ["Lyon", "Paris"]), ("orders", "at most", 0), ("country", "is", "FR")) == [2]


def test_view_follows_the_data(connection):
    save_segment(connection, "buyers", [Rule("orders", "at least", 10)])
    connection.execute("UPDATE customers SET orders = 10 WHERE id = 2")
    connection.execute("UPDATE customers SET unsubscribed = 1 WHERE id = 5")
    assert members(connection, "buyers") == [2]


def test_segment_is_replaced_and_others_stay(connection):
    assert segment(connection, ("city", "is", "Paris"), name="other") == [2]
    assert segment(connection, ("city", "is", "Lyon")) == [1]
    assert segment(connection, ("country", "is", "CN")) == [5]
    assert members(connection, "other") == [2]
    assert views(connection) == {"segment other", "segment test"}


def test_names(connection):
    for name in ("a", "Größte Kunden 2024", "北京 - 上海", "x" * 60):
        assert segment(connection, ("country", "is", "CN"), name=name) == [5]


def test_other_connections_see_the_view(tmp_path):
    path = tmp_path / "customers.db"
    first = sqlite3.connect(path)
    create_tables(first)
    first.executemany(INSERT, CUSTOMERS)
    first.commit()
    save_segment(first, "lyon", [Rule("city", "is", "Lyon")])
    second = sqlite3.connect(path)
    assert members(second, "lyon") == [1]
    second.execute("UPDATE customers SET city = 'Lyon' WHERE id = 2")
    second.commit()
    assert members(first, "lyon") == [1, 2]
    first.close()
    second.close()


def test_wrong_segments_are_errors_and_change_nothing(connection):
    segment(connection, ("city", "is", "Lyon"))
    good = Rule("country", "is", "FR")
    for name, rules in (
        ("test", []),
        ("", [good]),
        ("x" * 61, [good]),
        ("test", [good, Rule("colour", "is", "red")]),
        ("test", [Rule("password_hash", "is", "x")]),
        ("test", [Rule("unsubscribed", "at least", 0)]),
        ("test", [Rule("city", "like", "L")]),
        ("test", [Rule("city", "at least", 3), good]),
        ("test", [Rule("orders", "is", "3")]),
    ):
        with pytest.raises(SegmentError):
            save_segment(connection, name, rules)
        assert views(connection) == {"segment test"}
        assert members(connection, "test") == [1]
    assert connection.execute("SELECT count(*) FROM customers").fetchone() == (5,)

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
