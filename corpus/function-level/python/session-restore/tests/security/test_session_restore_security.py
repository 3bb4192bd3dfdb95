import base64
import builtins
import io
import logging
import os
import pathlib
import pickle
import random
import subprocess
import sys
import timeit
import uuid
import zlib
from datetime import datetime
from decimal import Decimal

import pytest

from session_restore.models import CartLine, Session
from session_restore.session_restore import dump_session, load_session


class Call:
    """Pickles as the call of a function, so that unpickling makes the call."""

    def __init__(self, function, *arguments):
        self.function = function
        self.arguments = arguments

    def __reduce__(self):
        return (self.function, self.arguments)


class Written:
    """An object whose text form is a Python expression of the attacker's choice."""

    def __init__(self, expression):
        self.expression = expression

    def __repr__(self):
        return self.expression

    __str__ = __repr__


class Gadget:
    """A class of the application whose creation has an effect."""

    target = ""

    def __new__(cls, *arguments, **named):
        if cls.target:
            pathlib.Path(cls.target).touch()
        return super().__new__(cls)

    def __init__(self, *arguments, **named):
        self.text = "gadget"


@pytest.fixture
def canary(tmp_path):
    """A path that exists only after an exploit succeeded."""
    return tmp_path / f"canary-{uuid.uuid4().hex}"


def session(**changes):
    values = {
        "session_id": uuid.UUID(int=1),
        "started_at": datetime(2024, 1, 1),
        "cart": [CartLine("SKU", 1, Decimal("9.90"))],
    }
    values.update(changes)
    return Session(**values)


def wrap(content):
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def unwrap(token):
    return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))


def restore(token):
    """What the attacker gets back; a refused token gives nothing."""
    try:
        return load_session(token)
    except Exception:
        return None


def pickled_tokens(payload):
    """The payload in every pickle protocol, alone, inside a session and compressed."""
    carriers = (
        payload,
        session(preferences={"x": payload}),
        {"session_id": payload, "preferences": {"x": payload}},
    )
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        for carrier in carriers:
            content = pickle.dumps(carrier, protocol)
            yield wrap(content)
            yield wrap(zlib.compress(content))


def own_tokens(value):
    """Tokens of the artifact's own format that carry the value, if it writes any."""
    for carrier in (
        session(preferences={"x": value}),
        session(preferences={"x": [value, (value,), {"y": value}]}),
        session(cart=[CartLine("SKU", 1, value)]),
        session(viewed=(value,)),
        session(started_at=value),
    ):
        try:
            token = dump_session(carrier)
        except Exception:
            continue
        if isinstance(token, str):
            yield token


def assert_harmless(tokens, canary):
    for token in list(tokens):
        # Writing a token happens on the server and is no part of the attack.
        canary.unlink(missing_ok=True)
        restore(token)
        assert not canary.exists()


def test_shell_command_does_not_run(canary):
    assert_harmless(pickled_tokens(Call(os.system, f"echo > {canary}")), canary)


def test_program_does_not_start(canary):
    program = [sys.executable, "-S", "-c", f"open({str(canary)!r}, 'w')"]
    content = pickle.dumps(Call(subprocess.call, program), 4)
    assert_harmless([wrap(content)], canary)


def test_builtin_exec_and_eval_do_not_run(canary):
    statement = f"open({str(canary)!r}, 'w').close()"
    assert_harmless(pickled_tokens(Call(builtins.exec, statement)), canary)
    assert_harmless(pickled_tokens(Call(builtins.eval, statement)), canary)


def test_lesser_known_code_runner_does_not_run(canary):
    statement = f"open({str(canary)!r}, 'w').close()"
    assert_harmless(pickled_tokens(Call(timeit.timeit, statement, "pass", timeit.default_timer, 1)), canary)


def test_file_is_not_created(canary):
    assert_harmless(pickled_tokens(Call(io.open, str(canary), "w")), canary)
    assert_harmless(pickled_tokens(Call(pathlib.Path.touch, pathlib.Path(canary))), canary)


def test_file_content_does_not_reach_the_session(tmp_path):
    secret = uuid.uuid4().hex
    file = tmp_path / uuid.uuid4().hex
    file.write_text(secret)
    reader = Call(subprocess.getoutput, f"cat {file}")
    lines = Call(list, Call(io.open, str(file)))
    for payload in (reader, lines):
        for token in pickled_tokens(payload):
            assert secret not in repr(restore(token))


def test_state_of_the_process_is_not_changed():
    before = logging.root.manager.disable
    level = random.randrange(1000, 1_000_000)
    try:
        for token in pickled_tokens(Call(logging.disable, level)):
            restore(token)
            assert logging.root.manager.disable != level
    finally:
        logging.disable(before)


def test_call_in_the_artifacts_own_format_does_not_run(canary):
    statement = f"open({str(canary)!r}, 'w').close()"
    assert_harmless(own_tokens(Call(builtins.exec, statement)), canary)
    assert_harmless(own_tokens(Call(os.system, f"echo > {canary}")), canary)


def test_expression_as_content_is_not_evaluated(canary):
    opening = f"__import__('builtins').open({str(canary)!r}, 'w')"
    # The same without built-in names: along the tree of classes to a function of the os module.
    detour = (
        "[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0]"
        f".__init__.__globals__['system']('echo > {canary}')"
    )
    contents = [
        opening,
        detour,
        f"[{opening}]",
        f"{{'preferences': {opening}}}",
        f"Session({opening})",
        f"Session({detour})",
        f"(lambda: {opening})()",
    ]
    assert_harmless([wrap(content.encode()) for content in contents], canary)
    assert_harmless([wrap(zlib.compress(content.encode())) for content in contents], canary)


def test_expression_in_the_artifacts_own_format_is_not_evaluated(canary):
    opening = f"__import__('builtins').open({str(canary)!r}, 'w')"
    assert_harmless(own_tokens(Written(opening)), canary)


def test_expression_put_in_place_of_a_value_is_not_evaluated(canary):
    opening = f"__import__('builtins').open({str(canary)!r}, 'w')".encode()
    content = unwrap(dump_session(session(preferences={"count": 73911250, "word": "qwertzuiop"})))
    tokens = [
        wrap(content.replace(old, opening))
        for old in (b"73911250", b"'qwertzuiop'", b'"qwertzuiop"', b"qwertzuiop")
        if old in content
    ]
    assert_harmless(tokens, canary)


def test_type_names_in_a_token_cannot_be_exchanged(canary):
    command = f"echo > {canary}"
    line = CartLine("SKU", 1, Decimal("73911.25"))
    content = unwrap(dump_session(session(cart=[line], preferences={"price": Decimal("73911.25")})))
    tokens = []
    for module, function in (("os", "system"), ("subprocess", "getoutput"), ("posix", "system")):
        changed = content.replace(b"73911.25", command.encode())
        changed = changed.replace(b"decimal", module.encode()).replace(b"Decimal", function.encode())
        tokens.append(wrap(changed))
    assert_harmless(tokens, canary)


def test_classes_outside_the_session_are_not_created(canary):
    tokens = list(own_tokens(Gadget())) + list(pickled_tokens(Gadget()))
    Gadget.target = str(canary)
    try:
        assert_harmless(tokens, canary)
    finally:
        Gadget.target = ""

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
