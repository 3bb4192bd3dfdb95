import pytest

from {{snake}}.{{snake}} import {{snake}}


def test_it_does_what_the_brief_says():
    pytest.fail("TO BE WRITTEN: a test for each thing that the brief says")
    assert {{snake}}("value") == "result"
