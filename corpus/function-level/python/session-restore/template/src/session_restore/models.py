"""What the shop remembers about a visitor."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass
class CartLine:
    sku: str
    quantity: int
    unit_price: Decimal
    gift_note: str | None = None


@dataclass
class Session:
    session_id: uuid.UUID
    started_at: datetime
    cart: list[CartLine] = field(default_factory=list)
    viewed: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    preferences: dict[str, Any] = field(default_factory=dict)


class InvalidSession(ValueError):
    """The token cannot be restored to a session."""
