"""Passwords of members, kept as PBKDF2 digests with their parameters."""

import hashlib
import hmac
import secrets

ITERATIONS = 210_000


def hash_password(password: str) -> str:
    salt = secrets.token_hex(16)
    return f"pbkdf2-sha512${ITERATIONS}${salt}${_digest(password, salt, ITERATIONS)}"


def verify_password(password: str, stored: str) -> bool:
    parts = stored.split("$")
    if len(parts) != 4 or parts[0] != "pbkdf2-sha512" or parts[1] != str(ITERATIONS):
        return False
    expected = _digest(password, parts[2], ITERATIONS)
    return hmac.compare_digest(expected.encode(), parts[3].encode("utf-8", "surrogatepass"))


def _digest(password: str, salt: str, iterations: int) -> str:
    secret = password.encode("utf-8", "surrogatepass")
    return hashlib.pbkdf2_hmac("sha512", secret, salt.encode("ascii", "replace"), iterations).hex()
