"""A profile picture, and why there is none."""

from dataclasses import dataclass


class AvatarError(Exception):
    """The picture cannot be had."""


@dataclass(frozen=True)
class Avatar:
    """A picture as it was received."""

    url: str
    content_type: str
    data: bytes
