"""Passwords of members, kept as PBKDF2 digests with a salt each."""

import hashlib
import hmac
import os

_ROUNDS = 1000


def hash_password(password: str) -> str:
    salt = os.urandom(16)
    return f"{salt.hex()}:{_stretch(password, salt).hex()}"


def verify_password(password: str, stored: str) -> bool:
    try:
        salt, digest = (bytes.fromhex(part) for part in stored.split(":"))
    except ValueError:
        return False
    return hmac.compare_digest(digest, _stretch(password, salt))


def _stretch(password: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password.encode("utf-8", "surrogatepass"), salt, _ROUNDS)
