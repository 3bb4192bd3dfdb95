"""What alert rules consist of."""

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True)
class Threshold:
    """Holds while a metric is above or below a limit."""

    metric: str
    above: float | None = None
    below: float | None = None


@dataclass(frozen=True)
class Absence:
    """Holds when a metric has not been reported for some time."""

    metric: str
    longer_than: timedelta


@dataclass(frozen=True)
class Mail:
    to: list[str]
    subject: str = ""


@dataclass(frozen=True)
class Page:
    number: str
    after: timedelta = timedelta(0)


@dataclass(frozen=True)
class Webhook:
    url: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    name: str
    when: Threshold | Absence
    actions: list[Mail | Page | Webhook]
    every: timedelta = timedelta(minutes=1)
    labels: dict[str, str] = field(default_factory=dict)


class RuleError(ValueError):
    """The file cannot be read."""
