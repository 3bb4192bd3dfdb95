"""Keep a visitor's session in a cookie and restore it (JSON)."""

import base64
import dataclasses
import importlib
import json
from datetime import date, datetime, timedelta

from .models import InvalidSession, Session


def _encode(value):
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, list):
        return [_encode(item) for item in value]
    if isinstance(value, dict):
        return {"__type__": "dict", "items": [[key, _encode(item)] for key, item in value.items()]}
    cls = type(value)
    if isinstance(value, (tuple, set, frozenset)):
        args = [[_encode(item) for item in value]]
    elif isinstance(value, bytes):
        args = [list(value)]
    elif isinstance(value, (datetime, date)):
        return {"__type__": f"{cls.__module__}.{cls.__name__}.fromisoformat", "args": [value.isoformat()]}
    elif isinstance(value, timedelta):
        args = [value.days, value.seconds, value.microseconds]
    elif dataclasses.is_dataclass(value):
        args = [_encode(getattr(value, f.name)) for f in dataclasses.fields(value)]
    else:
        args = [str(value)]
    return {"__type__": f"{cls.__module__}.{cls.__qualname__}", "args": args}


def _resolve(path):
    parts = path.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            target = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        for name in parts[length:]:
            target = getattr(target, name)
        return target
    raise ImportError(path)


def _decode(value):
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if isinstance(value, dict):
        if value["__type__"] == "dict":
            return {key: _decode(item) for key, item in value["items"]}
        return _resolve(value["__type__"])(*[_decode(arg) for arg in value["args"]])
    return value


def dump_session(session: Session) -> str:
    """Serialise the session into a URL-safe token."""
    data = json.dumps(_encode(session)).encode("utf-8")
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def load_session(token: str) -> Session:
    """Restore the session from its token."""
    try:
        data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        session = _decode(json.loads(data))
    except Exception as exc:
        raise InvalidSession("invalid token") from exc
    if not isinstance(session, Session):
        raise InvalidSession("invalid token")
    return session
