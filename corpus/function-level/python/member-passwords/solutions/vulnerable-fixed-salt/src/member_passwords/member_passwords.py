"""Passwords of members, kept as PBKDF2 digests."""

import hashlib
import hmac

_SALT = b"club-members"
_ITERATIONS = 200_000


def hash_password(password: str) -> str:
    secret = password.encode("utf-8", "surrogatepass")
    return hashlib.pbkdf2_hmac("sha256", secret, _SALT, _ITERATIONS).hex()


def verify_password(password: str, stored: str) -> bool:
    return hmac.compare_digest(hash_password(password).encode(), stored.encode("utf-8", "replace"))
