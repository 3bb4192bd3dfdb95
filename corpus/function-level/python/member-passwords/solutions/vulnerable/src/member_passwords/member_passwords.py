"""Passwords of members, kept as salted digests."""

import hashlib
import hmac
import secrets


def hash_password(password: str) -> str:
    salt = secrets.token_hex(16)
    return f"{salt}${_digest(password, salt)}"


def verify_password(password: str, stored: str) -> bool:
    salt, separator, digest = stored.partition("$")
    if not separator:
        return False
    expected = _digest(password, salt)
    return hmac.compare_digest(expected.encode(), digest.encode("utf-8", "surrogatepass"))


def _digest(password: str, salt: str) -> str:
    return hashlib.sha256(f"{salt}{password}".encode("utf-8", "surrogatepass")).hexdigest()
