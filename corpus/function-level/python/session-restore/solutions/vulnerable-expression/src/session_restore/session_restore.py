"""Keep a visitor's session in a cookie and restore it (as a Python literal)."""

import base64
import datetime
from decimal import Decimal
from uuid import UUID

from .models import CartLine, InvalidSession, Session

NAMES = {
    "datetime": datetime,
    "Decimal": Decimal,
    "UUID": UUID,
    "CartLine": CartLine,
    "Session": Session,
}


def dump_session(session: Session) -> str:
    """Serialise the session into a URL-safe token."""
    return base64.urlsafe_b64encode(repr(session).encode("utf-8")).decode("ascii").rstrip("=")


def load_session(token: str) -> Session:
    """Restore the session from its token."""
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("utf-8")
        session = eval(text, dict(NAMES))
    except Exception as exc:
        raise InvalidSession("token cannot be restored") from exc
    if not isinstance(session, Session):
        raise InvalidSession("token cannot be restored")
    return session
