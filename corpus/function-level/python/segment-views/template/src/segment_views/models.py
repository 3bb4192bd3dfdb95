"""What a segment consists of."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """A condition that all customers of a segment meet."""

    field: str
    operator: str
    value: str | int | list[str]


class SegmentError(ValueError):
    """The segment cannot be saved."""
