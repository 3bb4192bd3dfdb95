"""What is rendered."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PosterJob:
    """An order of a customer."""

    number: int
    source: str
    size: str = "A3"
    font: str = "Sans"
    caption: str = ""


class PosterError(Exception):
    """The poster could not be rendered."""
