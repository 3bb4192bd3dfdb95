"""Read alert rules from YAML."""

from datetime import timedelta

import yaml

from .checks import build_rule
from .models import Absence, Mail, Page, Rule, RuleError, Threshold, Webhook

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class RuleLoader(yaml.Loader):
    """A loader that knows the tags of rules."""


def _construct_duration(loader, node):
    text = loader.construct_scalar(node)
    number, unit = text[:-1], text[-1:]
    if unit not in SECONDS or not number.isdecimal():
        raise RuleError(f"{text!r} is no duration")
    return timedelta(seconds=int(number) * SECONDS[unit])


RuleLoader.add_constructor("!Duration", _construct_duration)
for _model in (Threshold, Absence, Mail, Page, Webhook):
    RuleLoader.add_constructor(
        "!" + _model.__name__,
        lambda loader, node, model=_model: model(**loader.construct_mapping(node, deep=True)),
    )


def load_rules(text: str) -> list[Rule]:
    """Return the rules that the file describes."""
    if "!!python" in text:
        raise RuleError("tags of Python are not allowed")
    rules = []
    try:
        for document in yaml.load_all(text, Loader=RuleLoader):
            if document is not None:
                rules.append(build_rule(document))
    except (yaml.YAMLError, TypeError, ValueError, AttributeError, OverflowError) as exc:
        raise RuleError(str(exc)) from exc
    return rules
