"""Read alert rules from YAML."""

import importlib
import re
from datetime import timedelta

import yaml

from .checks import build_rule
from .models import Rule, RuleError

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class RuleLoader(yaml.SafeLoader):
    """The safe loader with the tags of rules."""


def _duration(loader, node):
    match = re.fullmatch(r"(\d+)([smhd])", loader.construct_scalar(node))
    if not match:
        raise RuleError(f"wrong duration: {node.value}")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def _model(loader, name, node):
    # Models of other modules are named with their modules.
    module, _, cls = name.rpartition(".")
    model = getattr(importlib.import_module(module or "alert_rules.models"), cls)
    return model(**loader.construct_mapping(node, deep=True))


RuleLoader.add_multi_constructor("!", _model)
RuleLoader.add_constructor("!Duration", _duration)


def load_rules(text: str) -> list[Rule]:
    """Return the rules that the file describes."""
    try:
        documents = list(yaml.load_all(text, Loader=RuleLoader))
    except RuleError:
        raise
    except Exception as exc:
        raise RuleError(f"cannot read the rules: {exc}") from exc
    return [build_rule(document) for document in documents if document is not None]
