"""Keep a session in a cookie: a small binary format of its own.

Every value is one letter for its type, the length of its content and the content.
"""

import base64
import struct
import uuid
import zlib
from datetime import date, datetime, timedelta
from decimal import Decimal

from .models import CartLine, InvalidSession, Session

MAGIC = b"SR1"
MAX_CONTENT = 1 << 20


def _write(value) -> bytes:
    match value:
        case None:
            letter, content = b"N", b""
        case bool():
            letter, content = b"B", b"1" if value else b"0"
        case int():
            letter, content = b"I", b"%d" % value
        case float():
            letter, content = b"F", struct.pack(">d", value)
        case str():
            letter, content = b"S", value.encode()
        case bytes():
            letter, content = b"Y", value
        case Decimal():
            letter, content = b"D", str(value).encode()
        case datetime():
            letter, content = b"M", value.isoformat().encode()
        case date():
            letter, content = b"A", value.isoformat().encode()
        case timedelta():
            letter, content = b"T", b"%d %d %d" % (value.days, value.seconds, value.microseconds)
        case uuid.UUID():
            letter, content = b"U", value.bytes
        case list():
            letter, content = b"l", b"".join(map(_write, value))
        case tuple():
            letter, content = b"t", b"".join(map(_write, value))
        case set():
            letter, content = b"s", b"".join(map(_write, value))
        case frozenset():
            letter, content = b"f", b"".join(map(_write, value))
        case dict():
            letter, content = b"d", b"".join(_write(k) + _write(v) for k, v in value.items())
        case CartLine():
            fields = (value.sku, value.quantity, value.unit_price, value.gift_note)
            letter, content = b"c", b"".join(map(_write, fields))
        case _:
            raise TypeError(f"a session cannot hold {type(value).__name__}")
    return letter + struct.pack(">I", len(content)) + content


def _read_all(data: bytes) -> list:
    values = []
    position = 0
    while position < len(data):
        if len(data) - position < 5:
            raise ValueError("cut off")
        letter = data[position : position + 1]
        (length,) = struct.unpack(">I", data[position + 1 : position + 5])
        position += 5
        content = data[position : position + length]
        if len(content) != length:
            raise ValueError("cut off")
        position += length
        values.append(_read(letter, content))
    return values


def _read(letter: bytes, content: bytes):
    match letter:
        case b"N":
            return None
        case b"B":
            return {b"1": True, b"0": False}[content]
        case b"I":
            return int(content)
        case b"F":
            return struct.unpack(">d", content)[0]
        case b"S":
            return content.decode()
        case b"Y":
            return content
        case b"D":
            return Decimal(content.decode())
        case b"M":
            return datetime.fromisoformat(content.decode())
        case b"A":
            return date.fromisoformat(content.decode())
        case b"T":
            days, seconds, microseconds = map(int, content.split())
            return timedelta(days, seconds, microseconds)
        case b"U":
            return uuid.UUID(bytes=content)
        case b"l":
            return _read_all(content)
        case b"t":
            return tuple(_read_all(content))
        case b"s":
            return set(_read_all(content))
        case b"f":
            return frozenset(_read_all(content))
        case b"d":
            flat = _read_all(content)
            return dict(zip(flat[::2], flat[1::2], strict=True))
        case b"c":
            return CartLine(*_read_all(content))
    raise ValueError("unknown type")


def dump_session(session: Session) -> str:
    """Write the session into a token."""
    parts = (
        session.session_id,
        session.started_at,
        session.cart,
        session.viewed,
        session.tags,
        session.preferences,
    )
    content = MAGIC + zlib.compress(b"".join(map(_write, parts)))
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def load_session(token: str) -> Session:
    """Restore the session from a token."""
    try:
        content = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        if not content.startswith(MAGIC):
            raise ValueError("not a session")
        inflater = zlib.decompressobj()
        data = inflater.decompress(content[len(MAGIC) :], MAX_CONTENT)
        if not inflater.eof:
            raise ValueError("cut off or too long")
        values = _read_all(data)
        kinds = [type(value) for value in values]
        if kinds != [uuid.UUID, datetime, list, tuple, frozenset, dict]:
            raise ValueError("not a session")
        if any(type(line) is not CartLine for line in values[2]):
            raise ValueError("not a cart")
        return Session(*values)
    except Exception as error:
        raise InvalidSession("the token cannot be restored") from error
