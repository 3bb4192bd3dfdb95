from datetime import timedelta

import pytest

from alert_rules.alert_rules import load_rules
from alert_rules.models import Absence, Mail, Page, Rule, RuleError, Threshold, Webhook

EXAMPLE = """
name: Disk nearly full
when: !Threshold {metric: disk.used, above: 90}
every: !Duration 5m
labels: {team: storage}
actions:
  - !Mail
    to: [ops@example.com]
    subject: Clear up, please
  - !Page {number: "+49 30 1234", after: !Duration 15m}
---
name: Backup is missing
when: !Absence {metric: backup.done, longer_than: !Duration 1d}
actions:
  - !Webhook {url: "https://hooks.example/a", headers: {X-Team: storage}}
"""


def rule(more="", when="!Threshold {metric: m}", actions="[!Mail {to: [a@example.com]}]", name="n"):
    return f"name: {name}\nwhen: {when}\nactions: {actions}\n{more}\n"


def test_the_example():
    assert load_rules(EXAMPLE) == [
        Rule(
            name="Disk nearly full",
            when=Threshold("disk.used", above=90),
            actions=[Mail(["ops@example.com"], "Clear up, please"), Page("+49 30 1234", timedelta(minutes=15))],
            every=timedelta(minutes=5),
            labels={"team": "storage"},
        ),
        Rule(
            name="Backup is missing",
            when=Absence("backup.done", timedelta(days=1)),
            actions=[Webhook("https://hooks.example/a", {"X-Team": "storage"})],
        ),
    ]


def test_defaults():
    (found,) = load_rules(rule())
    assert found == Rule("n", Threshold("m"), [Mail(["a@example.com"])])
    assert found.every == timedelta(minutes=1) and found.labels == {}


def test_files_without_rules():
    for text in ("", "\n", "# nothing yet\n", "---\n---\n", "---\n...\n"):
        assert load_rules(text) == []


def test_empty_documents_are_left_out():
    found = load_rules("---\n---\n" + rule(name="a") + "---\n# none\n---\n" + rule(name="b"))
    assert [each.name for each in found] == ["a", "b"]


def test_durations():
    for text, seconds in (("0s", 0), ("90s", 90), ("7m", 420), ("36h", 129600), ("14d", 1209600), ('"2m"', 120)):
        assert load_rules(rule(f"every: !Duration {text}"))[0].every == timedelta(seconds=seconds)


def test_wrong_durations():
    for text in ("5", "2w", "m", '""', "1.5h", "m5", "1h30m", "{m: 5}", "[5m]"):
        with pytest.raises(RuleError):
            load_rules(rule(f"every: !Duration {text}"))


def test_numbers_and_texts():
    (found,) = load_rules(rule(when="!Threshold {metric: größe, above: 1.5, below: 7}", name="磁盘"))
    assert found.when == Threshold("größe", 1.5, 7) and found.name == "磁盘"
    (found,) = load_rules(rule("labels: {a: '5', b: 'yes', c: !!str 7, \"d e\": |\n  text\n  }".replace("|\n  text\n  ", '"x"')))
    assert found.labels == {"a": "5", "b": "yes", "c": "7", "d e": "x"}


def test_anchors_and_aliases():
    text = """
name: a
when: &when !Threshold {metric: m, below: 1}
labels: &labels {team: x, site: y}
actions: [&mail !Mail {to: [a@example.com]}, *mail]
---
name: b
when: !Threshold {metric: m}
labels: &base {team: x, site: y}
actions:
  - !Webhook
    url: u
    headers: *base
"""
    first, second = load_rules(text)
    assert first.actions == [Mail(["a@example.com"]), Mail(["a@example.com"])]
    assert second.actions == [Webhook("u", {"team": "x", "site": "y"})]


def test_text_that_looks_like_a_tag_is_text():
    (found,) = load_rules(rule("labels: {a: '!!str 5', b: 'see !Duration 5m'}", name='"!Mail"'))
    assert found.labels == {"a": "!!str 5", "b": "see !Duration 5m"}
    assert found.name == "!Mail"


def test_invalid_yaml():
    for text in ("name: [", "a: b: c", "\t- x", rule() + "---\n{", "name: *nobody"):
        with pytest.raises(RuleError):
            load_rules(text)


def test_unknown_tags():
    for more in ("every: !Minutes 5", "labels: !Labels {a: b}", "labels: {a: !Env HOME}", "labels: {a: !!colour red}"):
        with pytest.raises(RuleError):
            load_rules(rule(more))
    with pytest.raises(RuleError):
        load_rules(rule(actions="[!Sms {number: '1'}]"))


def test_wrong_fields():
    for when in ("!Threshold {above: 5}", "!Threshold {metric: m, over: 5}", "!Absence {metric: m}", "!Threshold m", "!Threshold [m]"):
        with pytest.raises(RuleError):
            load_rules(rule(when=when))


def test_what_the_check_refuses():
    for text in (
        "just a text",
        "- name: n",
        "name: n",
        rule("colour: red"),
        rule("every: 5"),
        rule("labels: {a: 5}"),
        rule(actions="[]"),
        rule(when="!Mail {to: [a@example.com]}"),
        rule(when="!Threshold {metric: m, above: high}"),
        rule(actions="[!Threshold {metric: m}]"),
        rule(name="5"),
        rule() + "---\n" + rule(name="[]"),
    ):
        with pytest.raises(RuleError):
            load_rules(text)

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
