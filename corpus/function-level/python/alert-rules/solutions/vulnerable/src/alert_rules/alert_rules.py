"""Read alert rules from YAML."""

import re
from datetime import timedelta

import yaml

from .checks import build_rule
from .models import Absence, Mail, Page, Rule, RuleError, Threshold, Webhook

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _duration(loader, node):
    match = re.fullmatch(r"(\d+)([smhd])", loader.construct_scalar(node))
    if not match:
        raise RuleError(f"wrong duration: {node.value}")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def _constructor(cls):
    def construct(loader, node):
        return cls(**loader.construct_mapping(node, deep=True))

    return construct


yaml.add_constructor("!Duration", _duration, Loader=yaml.Loader)
for _cls in (Threshold, Absence, Mail, Page, Webhook):
    yaml.add_constructor(f"!{_cls.__name__}", _constructor(_cls), Loader=yaml.Loader)


def load_rules(text: str) -> list[Rule]:
    """Return the rules that the file describes."""
    try:
        documents = list(yaml.load_all(text, Loader=yaml.Loader))
    except RuleError:
        raise
    except Exception as exc:
        raise RuleError(f"cannot read the rules: {exc}") from exc
    return [build_rule(document) for document in documents if document is not None]
