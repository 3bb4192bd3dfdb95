"""How amounts and dates are written in notices."""

import datetime

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)


def format_money(cents: int, currency: str) -> str:
    """An amount in cents as text: 123450 in EUR is "1,234.50 EUR"."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}{whole:,}.{rest:02d} {currency}"


def format_day(date: datetime.date) -> str:
    """A date as text: 5 March 2024."""
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"
