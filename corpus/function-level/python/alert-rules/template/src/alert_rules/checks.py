"""Checks of rules, which all parts of the service share."""

from datetime import timedelta

from .models import Absence, Mail, Page, Rule, RuleError, Threshold, Webhook


def _expect(value: object, kind: type | tuple, what: str) -> None:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise RuleError(f"{what} is of a wrong type")


def _expect_texts(values: list, what: str) -> None:
    for value in values:
        _expect(value, str, what)


def _expect_mapping_of_texts(value: object, what: str) -> None:
    _expect(value, dict, what)
    _expect_texts([*value.keys(), *value.values()], what)


def _check_condition(condition: object) -> None:
    _expect(condition, (Threshold, Absence), "when")
    _expect(condition.metric, str, "metric")
    if isinstance(condition, Absence):
        _expect(condition.longer_than, timedelta, "longer_than")
        return
    for limit in (condition.above, condition.below):
        _expect(limit, (int, float, type(None)), "the limit")


def _check_action(action: object) -> None:
    _expect(action, (Mail, Page, Webhook), "an action")
    if isinstance(action, Mail):
        _expect(action.to, list, "to")
        _expect_texts([*action.to, action.subject], "the mail")
    elif isinstance(action, Page):
        _expect(action.number, str, "number")
        _expect(action.after, timedelta, "after")
    else:
        _expect(action.url, str, "url")
        _expect_mapping_of_texts(action.headers, "headers")


def build_rule(document: object) -> Rule:
    """Make a rule of what a document contains, or raise RuleError."""
    _expect(document, dict, "the document")
    try:
        rule = Rule(**document)
    except TypeError as error:
        raise RuleError(f"the rule has too much or too little: {error}") from error
    _expect(rule.name, str, "name")
    _check_condition(rule.when)
    _expect(rule.actions, list, "actions")
    if not rule.actions:
        raise RuleError("the rule has no action")
    for action in rule.actions:
        _check_action(action)
    _expect(rule.every, timedelta, "every")
    _expect_mapping_of_texts(rule.labels, "labels")
    return rule
