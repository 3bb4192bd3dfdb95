import pytest

from {{snake}}.{{snake}} import {{snake}}


def test_it_resists_the_attack():
    pytest.fail("TO BE WRITTEN: attacks that are carried out, and whose effects are looked for")
    with pytest.raises(ValueError):
        {{snake}}("a value of an attacker")
