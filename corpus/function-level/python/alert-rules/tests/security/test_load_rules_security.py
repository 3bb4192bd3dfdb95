import logging
import random
import sys
import uuid

import pytest

from alert_rules import settings, storage
from alert_rules.alert_rules import load_rules

PYTHON = "tag:yaml.org,2002:python/"

# A rule with a place for a value in each position that a file has.
PLACES = (
    "{}",
    "[{}]",
    "name: n\nwhen: !Threshold {{metric: m}}\nactions: [!Mail {{to: [a]}}]\nlabels: {{a: {}}}\n",
    "name: n\nwhen: !Threshold {{metric: m}}\nactions: [!Mail {{to: [a], subject: {}}}]\n",
    "name: n\nwhen: !Threshold {{metric: m}}\nactions: [!Mail {{to: [{}]}}]\n",
    "name: n\nwhen: !Threshold {{metric: m}}\nactions: [!Webhook {{url: u, headers: {{h: {}}}}}]\n",
    "name: n\nwhen: {}\nactions: [!Mail {{to: [a]}}]\n",
    "name: n\nwhen: !Threshold {{metric: {}}}\nactions: [!Mail {{to: [a]}}]\n",
    "name: {}\nwhen: !Threshold {{metric: m}}\nactions: [!Mail {{to: [a]}}]\n",
    "name: n\nwhen: !Threshold {{metric: m}}\nactions: [{}]\n",
    "name: n\nwhen: !Threshold {{metric: m}}\nactions: [!Mail {{to: [a]}}]\nevery: {}\n",
    "? {}\n: x\n",
)


def spellings(tag, content):
    """A node with the tag, in each way in which YAML lets it be written."""
    name = tag.removeprefix("tag:yaml.org,2002:")
    yield "", f"!!{name} {content}"
    yield "", f"!<{tag}> {content}"
    yield "", f"!!{name.replace('python', 'pyth%6Fn')} {content}"
    yield "%TAG !p! tag:yaml.org,2002:python/\n---\n", f"!p!{tag.removeprefix(PYTHON)} {content}"
    yield "%TAG ! tag:yaml.org,2002:\n---\n", f"!{name} {content}"
    yield "%TAG !! tag:yaml.org,2002:pyth\n---\n", f"!!{name.removeprefix('pyth')} {content}"


def files(tag, content):
    """Files with the node in each place, and with each spelling in some of them."""
    written = list(spellings(tag, content))
    for place in PLACES:
        yield place.format(written[0][1])
    for head, node in written:
        for place in (PLACES[0], PLACES[2], PLACES[8]):
            yield head + place.format(node)


def read(text):
    """What the customer may get to see of the file; a refused one shows nothing."""
    try:
        return repr(load_rules(text))
    except Exception:
        return ""


@pytest.fixture
def canary(tmp_path):
    """A path that exists only after an exploit succeeded."""
    return tmp_path / f"canary-{uuid.uuid4().hex}"


@pytest.fixture
def secret(monkeypatch):
    secret = uuid.uuid4().hex
    monkeypatch.setattr(settings, "SIGNING_KEY", secret)
    return secret


def test_shell_command_does_not_run(canary):
    for how in ("object/apply:", "object/new:"):
        for function in ("os.system", "posix.system"):
            for text in files(PYTHON + how + function, f'["echo > {canary}"]'):
                read(text)
                assert not canary.exists(), text


def test_program_does_not_start(canary):
    for function in ("getoutput", "getstatusoutput"):
        for text in files(f"{PYTHON}object/apply:subprocess.{function}", f'["echo > {canary}"]'):
            read(text)
            assert not canary.exists(), text
    program = f'{{args: [["{sys.executable}", "-S", "-c", "open({str(canary)!r}, \'w\')"]]}}'
    read(f"!!python/object/apply:subprocess.check_call {program}")
    assert not canary.exists()


def test_code_is_not_run(canary):
    statement = f"open('{canary}', 'w').close()"
    for function in ("exec", "eval"):
        for text in files(f"{PYTHON}object/apply:builtins.{function}", f'["{statement}"]'):
            read(text)
            assert not canary.exists(), text
    for text in files(f"{PYTHON}object/apply:timeit.timeit", f'["{statement}", "pass", !!python/name:time.perf_counter , 1]'):
        read(text)
        assert not canary.exists(), text


def test_file_is_not_created(canary):
    for tag in ("object/apply:io.open", "object/apply:builtins.open", "object/new:io.FileIO", "object/apply:_io.FileIO"):
        for text in files(PYTHON + tag, f'["{canary}", "w"]'):
            read(text)
            assert not canary.exists(), text


def test_methods_of_made_objects_do_not_run(canary):
    statement = f"open('{canary}', 'w').close()"
    for text in (
        "!!python/object/new:type\nargs: [z, !!python/tuple [], {extend: !!python/name:exec }]\nlistitems: \"" + statement + '"\n',
        "!!python/object/new:tuple\n- !!python/object/new:map\n  - !!python/name:eval\n  - [\"" + statement + '"]\n',
        "!!python/object/new:frozenset\n- !!python/object/new:map\n  - !!python/name:exec\n  - [\"" + statement + '"]\n',
        "!!python/object/new:str\nargs: []\nstate: !!python/tuple\n- \"" + statement + '"\n- !!python/object/new:staticmethod\n'
        "  args: []\n  state:\n    update: !!python/name:eval\n    items: !!python/name:list\n",
    ):
        read(text)
        assert not canary.exists(), text


def test_classes_of_the_service_are_not_created(canary):
    name = f"{storage.__name__}.RuleFolder"
    for how in ("object/apply:", "object/new:"):
        for text in files(PYTHON + how + name, f'["{canary}"]'):
            read(text)
            assert not canary.exists(), text
    for tag in (name, "storage.RuleFolder", f"alert_rules.models.{name}"):
        for place in PLACES:
            read(place.format(f'!{tag} {{path: "{canary}"}}'))
            assert not canary.exists(), tag


def test_own_tags_do_not_lead_to_functions(canary):
    command = f"echo > {canary}"
    statement = f"open('{canary}', 'w').close()"
    for content in (
        f'!os.system {{command: "{command}"}}',
        f'!os.system ["{command}"]',
        f'!os.system "{command}"',
        f'!posix.system {{command: "{command}"}}',
        f'!subprocess.getoutput {{cmd: "{command}"}}',
        f'!subprocess.getoutput ["{command}"]',
        f'!subprocess.run {{args: "{command}", shell: true}}',
        f'!os:system {{command: "{command}"}}',
        f'!os/system {{command: "{command}"}}',
        f'!timeit.timeit {{stmt: "{statement}", number: 1}}',
        f'!exec "{statement}"',
        f'!eval "{statement}"',
        f'!builtins.exec ["{statement}"]',
        f'!io.open {{file: "{canary}", mode: w}}',
        f'!open {{file: "{canary}", mode: w}}',
        f'!alert_rules.storage.pathlib.Path.touch {{self: "{canary}"}}',
    ):
        for place in PLACES:
            read(place.format(content))
            assert not canary.exists(), content


def test_output_of_programs_does_not_reach_the_rules(tmp_path):
    content = uuid.uuid4().hex
    file = tmp_path / uuid.uuid4().hex
    file.write_text(content)
    for text in files(f"{PYTHON}object/apply:subprocess.getoutput", f'["cat {file}"]'):
        assert content not in read(text), text
    for place in PLACES:
        assert content not in read(place.format(f'!subprocess.getoutput {{cmd: "cat {file}"}}'))


def test_settings_do_not_reach_the_rules(secret):
    for text in files(f"{PYTHON}name:{settings.__name__}.SIGNING_KEY", "''"):
        assert secret not in read(text), text
    for text in files(f"{PYTHON}module:{settings.__name__}", "''"):
        assert secret not in read(text), text
    for text in files(f"{PYTHON}object/apply:operator.attrgetter", "[SIGNING_KEY]"):
        assert secret not in read(text), text


def test_environment_does_not_reach_the_rules(monkeypatch):
    value = uuid.uuid4().hex
    monkeypatch.setenv("SERVICE_KEY", value)
    for text in files(f"{PYTHON}object/apply:os.getenv", "[SERVICE_KEY]"):
        assert value not in read(text), text
    for text in files(f"{PYTHON}name:os.environ", "''"):
        assert value not in read(text), text
    for tag in ("!os.getenv {key: SERVICE_KEY}", "!ENV SERVICE_KEY", "!env SERVICE_KEY", "${SERVICE_KEY}", "$SERVICE_KEY"):
        for place in PLACES:
            assert value not in read(place.format(tag)), tag


def test_state_of_the_process_is_not_changed():
    before = logging.root.manager.disable
    level = random.randrange(1000, 1_000_000)
    try:
        for text in files(f"{PYTHON}object/apply:logging.disable", f"[{level}]"):
            read(text)
            assert logging.root.manager.disable != level, text
        for place in PLACES:
            read(place.format(f"!logging.disable {{level: {level}}}"))
            assert logging.root.manager.disable != level
    finally:
        logging.disable(before)

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
