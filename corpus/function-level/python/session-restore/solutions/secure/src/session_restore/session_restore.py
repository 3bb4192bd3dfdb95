"""Keep a session in a cookie: JSON with marks for the types that JSON lacks."""

import base64
import json
import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from .models import CartLine, InvalidSession, Session

_PLAIN = (str, bool, int, float, type(None))


def _pack(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is list:
        return [_pack(item) for item in value]
    if kind is tuple:
        return {"tuple": [_pack(item) for item in value]}
    if kind is set:
        return {"set": [_pack(item) for item in value]}
    if kind is dict:
        if any(type(key) not in (str, int) for key in value):
            raise TypeError("keys must be of type str or int")
        return {"dict": [[key, _pack(item)] for key, item in value.items()]}
    if kind is bytes:
        return {"bytes": value.hex()}
    if kind is Decimal:
        return {"decimal": str(value)}
    if kind is datetime:
        return {"datetime": value.isoformat()}
    if kind is date:
        return {"date": value.isoformat()}
    if kind is timedelta:
        return {"timedelta": [value.days, value.seconds, value.microseconds]}
    raise TypeError(f"a session cannot hold a {kind.__name__}")


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError("text expected")
    return value


def _items(value: Any) -> list:
    if type(value) is not list:
        raise ValueError("list expected")
    return value


def _unpack_dict(pairs: Any) -> dict:
    result = {}
    for pair in _items(pairs):
        key, item = _items(pair)
        if type(key) not in (str, int):
            raise ValueError("wrong key")
        result[key] = _unpack(item)
    return result


def _unpack_timedelta(parts: Any) -> timedelta:
    days, seconds, microseconds = _items(parts)
    if any(type(part) is not int for part in (days, seconds, microseconds)):
        raise ValueError("wrong duration")
    return timedelta(days, seconds, microseconds)


_UNPACKERS = {
    "tuple": lambda value: tuple(_unpack(item) for item in _items(value)),
    "set": lambda value: {_unpack(item) for item in _items(value)},
    "dict": _unpack_dict,
    "bytes": lambda value: bytes.fromhex(_text(value)),
    "decimal": lambda value: Decimal(_text(value)),
    "datetime": lambda value: datetime.fromisoformat(_text(value)),
    "date": lambda value: date.fromisoformat(_text(value)),
    "timedelta": _unpack_timedelta,
}


def _unpack(value: Any) -> Any:
    if type(value) is list:
        return [_unpack(item) for item in value]
    if type(value) is dict:
        ((mark, content),) = value.items()
        return _UNPACKERS[mark](content)
    return value


def _expect(value: Any, *kinds: type) -> Any:
    if type(value) not in kinds:
        raise ValueError("wrong type")
    return value


def dump_session(session: Session) -> str:
    """Write the session into a token."""
    content = [
        str(session.session_id),
        _pack(session.started_at),
        [[line.sku, line.quantity, _pack(line.unit_price), line.gift_note] for line in session.cart],
        list(session.viewed),
        sorted(session.tags),
        _pack(session.preferences),
    ]
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def load_session(token: str) -> Session:
    """Restore the session from a token."""
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        content = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        session_id, started_at, cart, viewed, tags, preferences = _items(content)
        lines = []
        for line in _items(cart):
            sku, quantity, unit_price, gift_note = _items(line)
            lines.append(
                CartLine(
                    _text(sku),
                    _expect(quantity, int),
                    _expect(_unpack(unit_price), Decimal),
                    _expect(gift_note, str, type(None)),
                )
            )
        return Session(
            session_id=uuid.UUID(_text(session_id)),
            started_at=_expect(_unpack(started_at), datetime),
            cart=lines,
            viewed=tuple(_text(item) for item in _items(viewed)),
            tags=frozenset(_text(item) for item in _items(tags)),
            preferences=_expect(_unpack(preferences), dict),
        )
    except (ValueError, TypeError, KeyError, ArithmeticError, AttributeError, RecursionError) as error:
        raise InvalidSession("the token cannot be restored") from error
