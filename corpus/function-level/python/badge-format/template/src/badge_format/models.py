"""Tickets and what they consist of."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from . import settings


@dataclass(frozen=True)
class Organizer:
    name: str
    api_key: str


@dataclass(frozen=True)
class Event:
    title: str
    venue: str
    starts_at: datetime
    organizer: Organizer


@dataclass(frozen=True)
class Holder:
    name: str
    company: str
    phone: str


@dataclass(frozen=True)
class Seat:
    block: str
    number: int


@dataclass(frozen=True)
class Ticket:
    number: str
    price: Decimal
    holder: Holder
    event: Event
    seat: Seat

    def entry_code(self) -> str:
        """What the scanner at the entrance compares the ticket's bar code with."""
        return hmac.new(settings.SIGNING_KEY.encode(), self.number.encode(), hashlib.sha256).hexdigest()


class BadgeError(ValueError):
    """The pattern cannot be filled in."""
