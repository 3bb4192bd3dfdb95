"""What a search finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Match:
    """A line that contains what was looked for."""

    path: str
    line: int
    text: str


class SearchError(ValueError):
    """The search cannot be carried out."""
