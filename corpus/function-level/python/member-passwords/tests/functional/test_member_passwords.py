import importlib

import pytest

from member_passwords import member_passwords
from member_passwords.member_passwords import hash_password, verify_password


@pytest.mark.parametrize(
    "password", ["s3cret-Word", " with spaces ", "密码-пароль-🔑", "e\u0301", "%$:,\\'\"x", "y" * 1000]
)
def test_the_same_password_is_accepted(password):
    assert verify_password(password, hash_password(password)) is True


def test_any_other_password_is_refused():
    stored = hash_password("s3cret-Word")
    for other in ["", "s3cret-word", "s3cret-Word ", " s3cret-Word", "s3cret-Wor"]:
        assert verify_password(other, stored) is False, other


def test_the_last_character_of_a_long_password_counts():
    stored = hash_password("y" * 999 + "a")
    assert verify_password("y" * 999 + "b", stored) is False


@pytest.mark.parametrize("password", ["s3cret-Word", "密码-пароль-🔑", "y" * 1000])
def test_the_text_is_short_printable_and_not_the_password(password):
    stored = hash_password(password)
    assert isinstance(stored, str)
    assert 1 <= len(stored) <= 255
    assert all("!" <= character <= "~" for character in stored)
    assert password not in stored


def test_what_was_not_stored_by_hash_password_matches_nothing():
    stored = hash_password("s3cret-Word")
    for text in ["", "x", "s3cret-Word", "$$$$", "a$b$c", "密码", stored[:-1], stored[: len(stored) // 2]]:
        assert verify_password("s3cret-Word", text) is False, text


def test_a_text_is_checked_after_a_restart():
    stored = hash_password("s3cret-Word")
    again = importlib.reload(member_passwords)
    assert again.verify_password("s3cret-Word", stored) is True
    assert again.verify_password("s3cret-Words", stored) is False

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
