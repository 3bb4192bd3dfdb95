"""Read alert rules from YAML."""

import re
from datetime import timedelta

import yaml

from .checks import build_rule
from .models import Absence, Mail, Page, Rule, RuleError, Threshold, Webhook


class RuleLoader(yaml.FullLoader):
    """The full loader, which does not run code, with the tags of rules."""

    def construct_duration(self, node):
        match = re.fullmatch(r"([0-9]+)(s|m|h|d)", self.construct_scalar(node))
        if match is None:
            raise RuleError("a duration is a number and a unit")
        number = int(match[1])
        match match[2]:
            case "s":
                return timedelta(seconds=number)
            case "m":
                return timedelta(minutes=number)
            case "h":
                return timedelta(hours=number)
        return timedelta(days=number)

    def construct_model(self, suffix, node):
        models = {model.__name__: model for model in (Threshold, Absence, Mail, Page, Webhook)}
        if suffix not in models:
            raise RuleError(f"unknown tag: {node.tag}")
        return models[suffix](**self.construct_mapping(node, deep=True))


RuleLoader.add_constructor("!Duration", RuleLoader.construct_duration)
RuleLoader.add_multi_constructor("!", RuleLoader.construct_model)


def load_rules(text: str) -> list[Rule]:
    """Return the rules that the file describes."""
    try:
        documents = [document for document in yaml.load_all(text, Loader=RuleLoader) if document is not None]
        return [build_rule(document) for document in documents]
    except RuleError:
        raise
    except Exception as exc:
        raise RuleError(f"the file cannot be read: {exc}") from exc
