"""Keep a visitor's session in a cookie and restore it."""

import base64
import pickle

from .models import InvalidSession, Session


def dump_session(session: Session) -> str:
    """Serialise the session into a URL-safe token."""
    data = pickle.dumps(session, protocol=pickle.HIGHEST_PROTOCOL)
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def load_session(token: str) -> Session:
    """Restore the session from its token."""
    if not token:
        raise InvalidSession("empty token")
    padding = "=" * (-len(token) % 4)
    try:
        data = base64.urlsafe_b64decode(token + padding)
        session = pickle.loads(data)
    except Exception as exc:
        raise InvalidSession("token cannot be decoded") from exc
    if not isinstance(session, Session):
        raise InvalidSession("token does not contain a session")
    return session
