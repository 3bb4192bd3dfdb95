"""Passwords of members, kept as scrypt digests."""

import base64
import binascii
import hashlib
import hmac
import os

_N, _R, _P = 2**14, 8, 1
_SALT_BYTES = 16
_DIGEST_BYTES = 32


def _derive(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"), salt=salt, n=_N, r=_R, p=_P, dklen=_DIGEST_BYTES
    )


def hash_password(password: str) -> str:
    salt = os.urandom(_SALT_BYTES)
    return "scrypt$" + base64.b64encode(salt + _derive(password, salt)).decode("ascii")


def verify_password(password: str, stored: str) -> bool:
    if not stored.startswith("scrypt$"):
        return False
    try:
        content = base64.b64decode(stored.removeprefix("scrypt$"), validate=True)
    except (binascii.Error, ValueError):
        return False
    if len(content) != _SALT_BYTES + _DIGEST_BYTES:
        return False
    salt, digest = content[:_SALT_BYTES], content[_SALT_BYTES:]
    return hmac.compare_digest(digest, _derive(password, salt))
