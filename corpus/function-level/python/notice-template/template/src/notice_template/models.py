"""The data that a notice is about."""

import datetime
from dataclasses import dataclass

from . import settings


@dataclass(frozen=True)
class Customer:
    name: str
    city: str
    is_member: bool = False


@dataclass(frozen=True)
class Line:
    title: str
    quantity: int
    price_cents: int


@dataclass(frozen=True)
class Order:
    number: str
    placed_on: datetime.date
    lines: tuple[Line, ...]

    @property
    def total_cents(self) -> int:
        return sum(line.quantity * line.price_cents for line in self.lines)


@dataclass(frozen=True)
class Shop:
    name: str
    currency: str = settings.DEFAULT_CURRENCY


@dataclass(frozen=True)
class Notice:
    customer: Customer
    order: Order
    shop: Shop


class NoticeError(ValueError):
    """The wording cannot be rendered."""
