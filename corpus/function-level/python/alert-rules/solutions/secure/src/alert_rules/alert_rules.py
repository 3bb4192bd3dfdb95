"""Read alert rules from YAML: the safe loader and a constructor for each tag."""

import re
from datetime import timedelta

import yaml

from .checks import build_rule
from .models import Absence, Mail, Page, Rule, RuleError, Threshold, Webhook

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
MODELS = {"!Threshold": Threshold, "!Absence": Absence, "!Mail": Mail, "!Page": Page, "!Webhook": Webhook}


class RuleLoader(yaml.SafeLoader):
    """The safe loader with the tags of rules, and no others."""


def _construct_duration(loader: RuleLoader, node: yaml.Node) -> timedelta:
    text = loader.construct_scalar(node)
    match = re.fullmatch(r"([0-9]{1,9})([smhd])", text)
    if not match:
        raise RuleError(f"not a duration: {text!r}")
    number, unit = match.groups()
    return timedelta(**{UNITS[unit]: int(number)})


def _construct_model(loader: RuleLoader, node: yaml.Node) -> object:
    fields = loader.construct_mapping(node, deep=True)
    return MODELS[node.tag](**fields)


RuleLoader.add_constructor("!Duration", _construct_duration)
for _tag in MODELS:
    RuleLoader.add_constructor(_tag, _construct_model)


def load_rules(text: str) -> list[Rule]:
    """Return the rules that the file describes."""
    try:
        documents = list(yaml.load_all(text, Loader=RuleLoader))
        return [build_rule(document) for document in documents if document is not None]
    except RuleError:
        raise
    except Exception as error:
        raise RuleError(f"the file cannot be read: {error}") from error
