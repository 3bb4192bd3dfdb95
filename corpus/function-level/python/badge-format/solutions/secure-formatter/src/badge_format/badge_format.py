"""Fill in the organiser's pattern for badges: a formatter that knows plain values only."""

import string
from collections.abc import Mapping, Sequence

from .models import BadgeError, Ticket

PARTS = {
    "holder": ("name", "company"),
    "event": ("title", "venue", "starts_at"),
    "seat": ("block", "number"),
}


class BadgeFormatter(string.Formatter):
    """A formatter whose fields are the keys of a mapping, dots included."""

    def get_field(self, field_name: str, args: Sequence, kwargs: Mapping) -> tuple[object, str]:
        if field_name not in kwargs:
            raise BadgeError(f"unknown field: {field_name}")
        return kwargs[field_name], field_name

    def parse(self, format_string: str):
        for text, name, spec, conversion in super().parse(format_string):
            if conversion or (spec and ("{" in spec or "}" in spec)):
                raise BadgeError("a format must not have braces or conversions")
            yield text, name, spec, conversion


def render_badge(pattern: str, ticket: Ticket) -> str:
    """Return the text of a ticket's badge."""
    fields = {"number": ticket.number, "price": ticket.price}
    for part, names in PARTS.items():
        for name in names:
            fields[f"{part}.{name}"] = getattr(getattr(ticket, part), name)
    try:
        text = BadgeFormatter().vformat(pattern, (), fields)
    except BadgeError:
        raise
    except Exception as error:
        raise BadgeError(f"the pattern is not valid: {error}") from error
    return f"{text}\nNo. {ticket.number}"
