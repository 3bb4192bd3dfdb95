import base64
import copy
import os
import re
import subprocess
import sys
import uuid
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from session_restore.models import CartLine, InvalidSession, Session
from session_restore.session_restore import dump_session, load_session


def make_session(**changes):
    values = {
        "session_id": uuid.UUID("6f1c9d62-1a55-4a7e-9f0b-3c2d1e0f9a8b"),
        "started_at": datetime(2024, 2, 29, 23, 59, 58, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        "cart": [
            CartLine("LAMP-1", 2, Decimal("19.90")),
            CartLine("灯-2", 1, Decimal("1.50"), gift_note="Für Zoë 🎁\n“mit Liebe”"),
        ],
        "viewed": ("LAMP-1", "灯-2", "LAMP-1"),
        "tags": frozenset({"newsletter", "été"}),
        "preferences": {"theme": "dark", "columns": 3},
    }
    values.update(changes)
    return Session(**values)


def same(a, b):
    """Equality that also compares types, at every depth."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return len(a) == len(b) and all(
            any(same(key, other) and same(value, b[other]) for other in b) for key, value in a.items()
        )
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, (set, frozenset)):
        return len(a) == len(b) and all(any(same(x, y) for y in b) for x in a)
    if isinstance(a, (Session, CartLine)):
        return same(vars(a), vars(b))
    if isinstance(a, Decimal):
        return a.as_tuple() == b.as_tuple()
    if isinstance(a, datetime):
        return a.isoformat() == b.isoformat()
    return a == b


def restore(value):
    """The value after it was kept as a preference."""
    return load_session(dump_session(make_session(preferences={"value": value}))).preferences["value"]


def assert_restored(*values):
    for value in values:
        assert same(restore(value), value), value


def test_full_session_round_trip():
    session = make_session()
    restored = load_session(dump_session(session))
    assert type(restored) is Session
    assert restored == session
    assert restored is not session
    assert same(restored, session)


def test_minimal_session_round_trip():
    session = Session(session_id=uuid.UUID(int=0), started_at=datetime(1, 1, 1))
    restored = load_session(dump_session(session))
    assert same(restored, session)
    assert restored.started_at.tzinfo is None
    assert restored.cart == [] and restored.viewed == () and restored.tags == frozenset()


def test_token_is_unpadded_urlsafe_base64_of_some_bytes():
    for length in range(8):
        token = dump_session(make_session(preferences={"p": "ÿ~" * length}))
        assert type(token) is str
        assert re.fullmatch(r"[A-Za-z0-9_-]+", token)
        content = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        assert base64.urlsafe_b64encode(content).decode().rstrip("=") == token
        assert len(content) > 20


def test_dump_does_not_change_the_session():
    session = make_session(preferences={"nested": {"list": [1, (2, 3)], "set": {4}}})
    before = copy.deepcopy(session)
    dump_session(session)
    assert same(session, before)


def test_plain_scalars_keep_their_types():
    assert_restored(None, True, False, 0, 1, -7, 2**80, 0.0, 0.1, -2.5e300, 1.0, "", "text", "\x00\x7f", "'\"\\")


def test_cart_prices_keep_their_digits():
    prices = [Decimal("1.50"), Decimal("0"), Decimal("0.00"), Decimal("-12345678901234567890.123456789"), Decimal("1E+5")]
    session = make_session(cart=[CartLine("X", 1, price) for price in prices])
    restored = load_session(dump_session(session)).cart
    assert [line.unit_price.as_tuple() for line in restored] == [price.as_tuple() for price in prices]


def test_bytes_and_decimals_as_preferences():
    assert_restored(b"", b"\x00\xff\x80binary", Decimal("2.50"), Decimal("-0.001"))


def test_dates_times_and_durations():
    assert_restored(
        date(1999, 12, 31),
        datetime(2030, 1, 1),
        datetime(2030, 1, 1, 12, 0, 0, 1),
        datetime(2030, 1, 1, 12, 0, 0, 999999, tzinfo=timezone.utc),
        datetime(2030, 1, 1, tzinfo=timezone(timedelta(hours=-9, minutes=-30))),
        timedelta(0),
        timedelta(days=-3, seconds=5, microseconds=7),
        timedelta(days=999999999, hours=23, minutes=59, seconds=59, microseconds=999999),
    )


def test_sequences_and_sets_keep_their_types():
    assert_restored([], (), set(), [1, "a", None], (1, (2, [3, ()])), {1, "1", (2, 3), None, b"x"}, [[], [[]], [()]])


def test_dictionaries_keep_the_types_of_their_keys():
    assert_restored({}, {"1": "text", 1: "number"}, {"a": {2: {"b": []}}, -5: (1,)})


def test_dictionary_order_is_kept():
    restored = restore({"z": 1, "a": 2, 3: 3, "m": 4})
    assert list(restored) == ["z", "a", 3, "m"]


def test_preferences_that_look_like_type_marks():
    assert_restored(
        {"type": "decimal", "value": "1"},
        {"__type__": "set", "items": [1]},
        {"$date": "2024-01-01"},
        {"t": "tuple", "v": [1, 2]},
        ["tuple", [1, 2]],
        ["dict", [["a", 1]]],
        {"__class__": "Session", "__module__": "models"},
    )


def test_deep_nesting():
    value = "core"
    for level in range(15):
        value = [{"level": level, "inner": (value,)}]
    assert_restored(value)


def test_token_written_by_another_process_is_restored():
    program = (
        "import sys, uuid; from datetime import datetime; from decimal import Decimal\n"
        "from session_restore.models import CartLine, Session\n"
        "from session_restore.session_restore import dump_session\n"
        "s = Session(uuid.UUID(int=5), datetime(2024, 5, 6), [CartLine('K', 4, Decimal('2.30'))], ('K',),"
        " frozenset({'a', 'b'}), {'set': {'x', 'y'}})\n"
        "sys.stdout.write(dump_session(s))\n"
    )
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path))
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    restored = load_session(done.stdout)
    expected = Session(
        uuid.UUID(int=5), datetime(2024, 5, 6), [CartLine("K", 4, Decimal("2.30"))], ("K",),
        frozenset({"a", "b"}), {"set": {"x", "y"}},
    )
    assert same(restored, expected)


def test_damaged_tokens_are_invalid():
    good = dump_session(make_session())
    other = base64.urlsafe_b64encode(b"just some text, not a session").decode().rstrip("=")
    for token in ("", "!!!", "ü", good[: len(good) // 2], good[:20], "AAAA", other, "A"):
        with pytest.raises(InvalidSession):
            load_session(token)

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
