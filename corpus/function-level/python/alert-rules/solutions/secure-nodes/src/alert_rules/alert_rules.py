"""Read alert rules from YAML: the tree of nodes is walked, and only known tags give values."""

from datetime import timedelta

import yaml

from .checks import build_rule
from .models import Absence, Mail, Page, Rule, RuleError, Threshold, Webhook

CORE = "tag:yaml.org,2002:"
SCALARS = {CORE + kind for kind in ("null", "bool", "int", "float", "str", "timestamp", "binary")}
MODELS = {"!" + model.__name__: model for model in (Threshold, Absence, Mail, Page, Webhook)}
SECONDS = {"s": 1, "m": 60, "h": 60 * 60, "d": 24 * 60 * 60}


def _duration(text: str) -> timedelta:
    number, unit = text[:-1], text[-1:]
    if unit not in SECONDS or not (number.isascii() and number.isdigit()):
        raise RuleError(f"{text!r} is not a duration")
    return timedelta(seconds=int(number) * SECONDS[unit])


def _scalar(node: yaml.ScalarNode) -> object:
    if node.tag == "!Duration":
        return _duration(node.value)
    if node.tag not in SCALARS:
        raise RuleError(f"unknown tag {node.tag}")
    return yaml.constructor.SafeConstructor().construct_object(node)


def _mapping(node: yaml.MappingNode) -> object:
    if node.tag != CORE + "map" and node.tag not in MODELS:
        raise RuleError(f"unknown tag {node.tag}")
    yaml.constructor.SafeConstructor().flatten_mapping(node)
    values = {_value(key): _value(value) for key, value in node.value}
    return values if node.tag == CORE + "map" else MODELS[node.tag](**values)


def _value(node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node)
    if node.tag != CORE + "seq":
        raise RuleError(f"unknown tag {node.tag}")
    return [_value(item) for item in node.value]


def load_rules(text: str) -> list[Rule]:
    """Return the rules that the file describes."""
    rules = []
    try:
        for node in yaml.compose_all(text, Loader=yaml.SafeLoader):
            document = _value(node)
            if document is not None:
                rules.append(build_rule(document))
    except RuleError:
        raise
    except Exception as error:
        raise RuleError(f"the file cannot be read: {error}") from error
    return rules
