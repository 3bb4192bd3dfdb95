import datetime

import pytest

from notice_template.models import Customer, Line, Notice, NoticeError, Order, Shop
from notice_template.notice_template import render_notice


def make_notice(name="Ada Byron", city="London", is_member=False, lines=None, shop="Lamp & Light", currency="EUR"):
    if lines is None:
        lines = (Line("Desk lamp", 2, 4950), Line("Bulb", 10, 113555))
    return Notice(
        Customer(name, city, is_member),
        Order("2024-17", datetime.date(2024, 3, 5), tuple(lines)),
        Shop(shop, currency),
    )


def body(wording, **data):
    """The rendered body alone."""
    text = render_notice("s", wording, make_notice(**data))["text"]
    signature = "\n\n-- " + data.get("shop", "Lamp & Light")
    assert text.endswith(signature)
    return text[: -len(signature)]


def test_plain_wording_and_signature():
    assert render_notice("Thank you", "We got your order.", make_notice()) == {
        "subject": "Thank you",
        "text": "We got your order.\n\n-- Lamp & Light",
    }


def test_fields_of_the_data():
    result = render_notice(
        "Order {{ order.number }} at {{ shop.name }}",
        "Hello {{ customer.name }} in {{ customer.city }}: {{ order.lines[0].title }}, {{ order.total_cents }}",
        make_notice(),
    )
    assert result["subject"] == "Order 2024-17 at Lamp & Light"
    assert result["text"] == "Hello Ada Byron in London: Desk lamp, 1145450\n\n-- Lamp & Light"


def test_empty_wording():
    assert render_notice("", "", make_notice(shop="S")) == {"subject": "", "text": "-- S"}
    assert render_notice(" \n", "{# note #}\n \t", make_notice(shop="S")) == {"subject": "", "text": "-- S"}


def test_subject_is_one_line():
    result = render_notice("  Hello\r\n{{ customer.name }}\t {% if true %}\n!{% endif %} ", "b", make_notice(name="A\nB"))
    assert result["subject"] == "Hello A B !"


def test_white_space_of_the_body():
    assert body("  first\n\n second  \n\n") == "  first\n\n second"
    assert body("a {%- if true %}\nb{% endif %}\nc") == "a\nb\nc"


def test_conditions():
    wording = "{% if customer.is_member %}member{% elif order.total_cents > 100000 %}big{% else %}small{% endif %}"
    assert body(wording, is_member=True) == "member"
    assert body(wording) == "big"
    assert body(wording, lines=[Line("Pen", 1, 100)]) == "small"
    assert body("{% if not customer.is_member and customer.city == 'London' or false %}yes{% endif %}") == "yes"


def test_loops():
    wording = (
        "{% for line in order.lines %}{{ loop.index }}. {{ line.quantity }} x {{ line.title }}"
        "{% if loop.first %}*{% endif %}{% if not loop.last %}; {% endif %}{% else %}nothing{% endfor %}"
    )
    assert body(wording) == "1. 2 x Desk lamp*; 2. 10 x Bulb"
    assert body(wording, lines=[]) == "nothing"


def test_money_and_day_filters():
    assert body("{{ order.total_cents|money }} on {{ order.placed_on|day }}") == "11,454.50 EUR on 5 March 2024"
    assert body("{{ order.total_cents | money }}", lines=[], currency="CHF") == "0.00 CHF"
    assert body("{% for line in order.lines %}{{ line.price_cents|money }} {% endfor %}", currency="USD") == "49.50 USD 1,135.55 USD"
    assert body("{{ -105|money }}") == "-1.05 EUR"


def test_builtin_filters():
    assert body("{{ customer.name|upper }} {{ order.lines|length }}") == "ADA BYRON 2"
    assert body("{{ order.lines|map(attribute='title')|join(', ') }}") == "Desk lamp, Bulb"
    assert body("{{ order.lines|sum(attribute='quantity') }}") == "12"
    assert body("{{ customer.city|default('your city', true) }}", city="") == "your city"


def test_set_and_arithmetic():
    assert body("{% set fee = 350 %}{{ (order.total_cents + fee * 2)|money }}") == "11,461.50 EUR"
    assert body("{% set who = customer.name ~ ' of ' ~ customer.city %}{{ who }}") == "Ada Byron of London"


def test_values_are_not_escaped():
    assert body("{{ customer.name }} <b>&amp;</b> '\"", name="O'Neil & <Sons>") == "O'Neil & <Sons> <b>&amp;</b> '\""


def test_unicode():
    assert body("您好，{{ customer.name }}！🎁", name="王小明") == "您好，王小明！🎁"
    assert render_notice("Größe {{ customer.city }}", "", make_notice(city="Łódź"))["subject"] == "Größe Łódź"


def test_invalid_wording_is_an_error():
    for wording in ("{{ customer.name", "{% if %}", "{% for line in order.lines %}", "{% nonsense %}", "{{ 1|no_filter }}"):
        with pytest.raises(NoticeError):
            render_notice("s", wording, make_notice())
        with pytest.raises(NoticeError):
            render_notice(wording, "b", make_notice())


def test_unknown_names_are_an_error():
    for wording in ("{{ coupon }}", "{{ customer.nickname }}", "{{ order.lines[0].colour }}"):
        with pytest.raises(NoticeError):
            render_notice("s", wording, make_notice())


def test_failure_while_rendering_is_an_error():
    for wording in ("{{ 1 / 0 }}", "{{ order.number + 1 }}", "{{ order.number|money }}"):
        with pytest.raises(NoticeError):
            render_notice("s", wording, make_notice())

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
