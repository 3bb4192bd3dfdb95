from datetime import datetime
from decimal import Decimal

import pytest

from badge_format.badge_format import render_badge
from badge_format.models import BadgeError, Event, Holder, Organizer, Seat, Ticket


def make_ticket(name="Ada Byron", company="Engines & Co.", title="Tables 2024", number="A-17", price="49.50"):
    return Ticket(
        number,
        Decimal(price),
        Holder(name, company, "+44 20 1234"),
        Event(title, "Hall 3", datetime(2024, 3, 5, 9, 30), Organizer("Babbage", "key")),
        Seat("B", 7),
    )


def badge(pattern, **data):
    """The badge without its last line."""
    ticket = make_ticket(**data)
    text = render_badge(pattern, ticket)
    ending = f"\nNo. {ticket.number}"
    assert text.endswith(ending)
    return text[: -len(ending)]


def test_text_without_fields():
    assert render_badge("Welcome", make_ticket()) == "Welcome\nNo. A-17"
    assert render_badge("", make_ticket()) == "\nNo. A-17"


def test_all_fields():
    pattern = (
        "{number}|{price}|{holder.name}|{holder.company}|{event.title}|{event.venue}|{event.starts_at}"
        "|{seat.block}|{seat.number}"
    )
    assert badge(pattern) == "A-17|49.50|Ada Byron|Engines & Co.|Tables 2024|Hall 3|2024-03-05 09:30:00|B|7"


def test_the_example():
    pattern = "{holder.name:.30}\n{holder.company}\n{event.starts_at:%d.%m.%Y} * {seat.block}-{seat.number:03}"
    assert badge(pattern) == "Ada Byron\nEngines & Co.\n05.03.2024 * B-007"


def test_formats_of_texts():
    assert badge("[{holder.name:.3}] [{holder.name:>12}] [{holder.name:*^13}] [{number:6}]") == (
        "[Ada] [   Ada Byron] [**Ada Byron**] [A-17  ]"
    )


def test_formats_of_numbers():
    assert badge("{seat.number:03d} {seat.number:x} {seat.number:+}") == "007 7 +7"
    assert badge("{price:.1f} {price:>8} {price:,}", price="12345.50") == "12345.5 12345.50 12,345.50"


def test_formats_of_times():
    assert badge("{event.starts_at:%H:%M} {event.starts_at:%Y-%m-%d}") == "09:30 2024-03-05"


def test_empty_formats():
    assert badge("{holder.name:}|{seat.number:}|{event.starts_at:}") == "Ada Byron|7|2024-03-05 09:30:00"


def test_doubled_braces():
    assert badge("{{}} {{holder.name}}") == "{} {holder.name}"
    assert badge("{{{holder.name}}}") == "{Ada Byron}"
    assert badge("}}{{") == "}{"


def test_fields_beside_each_other_and_again():
    assert badge("{seat.block}{seat.number}{seat.block}{seat.number}") == "B7B7"


def test_values_stay_as_they_are():
    assert badge("{holder.name}", name="O'Neil <b>\n\\ %s $x") == "O'Neil <b>\n\\ %s $x"
    assert badge("100% {event.title} %d", title="50% off") == "100% 50% off %d"


def test_other_scripts():
    assert badge("您好，{holder.name:.2}！🎁", name="王小明") == "您好，王小！🎁"


def test_number_in_the_last_line():
    assert render_badge("x", make_ticket(number="Z 9/4")) == "x\nNo. Z 9/4"


def test_unknown_fields():
    for pattern in ("{coupon}", "{holder.nickname}", "{}", "{0}", "{seat.}", "{seat.row}", "x {title} y"):
        with pytest.raises(BadgeError):
            render_badge(pattern, make_ticket())


def test_braces_without_counterpart():
    for pattern in ("{", "}", "{number", "number}", "{{number}", "{number}}", "{holder.name:>5"):
        with pytest.raises(BadgeError):
            render_badge(pattern, make_ticket())


def test_formats_that_do_not_suit():
    for pattern in ("{holder.name:d}", "{seat.number:%Y}", "{price:x}", "{number:>>>}", "{seat.number:abc}"):
        with pytest.raises(BadgeError):
            render_badge(pattern, make_ticket())

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
