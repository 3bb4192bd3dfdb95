import uuid
from datetime import datetime
from decimal import Decimal

import pytest

from badge_format import settings
from badge_format.badge_format import render_badge
from badge_format.models import Event, Holder, Organizer, Seat, Ticket

OBJECTS = ("holder", "event", "seat", "event.organizer")
ROOTS = ("", "ticket.", "0.", "self.")

# Ways from an object to the names of its module.
TO_GLOBALS = ("__init__.__globals__", "__eq__.__globals__", "__class__.__init__.__globals__", "__repr__.__wrapped__.__globals__")


class Platform:
    """A ticket with secrets, all freshly drawn."""

    def __init__(self, monkeypatch):
        self.monkeypatch = monkeypatch
        self.draw()

    def draw(self):
        self.key = uuid.uuid4().hex
        self.phone = uuid.uuid4().hex
        self.signing = uuid.uuid4().hex
        self.monkeypatch.setattr(settings, "SIGNING_KEY", self.signing)

    def ticket(self, name="Ada", company="Engines", title="Tables", venue="Hall", number="A-17", block="B"):
        return Ticket(
            number,
            Decimal("49.50"),
            Holder(name, company, self.phone),
            Event(title, venue, datetime(2024, 3, 5), Organizer("Babbage", self.key)),
            Seat(block, 7),
        )

    def badge(self, pattern, **data):
        """All that the organiser gets to see: the badge or the error."""
        try:
            return render_badge(pattern, self.ticket(**data))
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    def assert_nothing_leaks(self, pattern, **data):
        seen = self.badge(pattern, **data)
        for secret in (self.key, self.phone, self.signing, self.ticket(**data).entry_code()):
            assert secret not in seen, (pattern, data)

    def assert_same_for_all_secrets(self, pattern, **data):
        """What is seen must not depend on the secrets, not even on one character of them."""
        seen = set()
        for secret in ("a" * 32, "b" * 32, "7" * 32, "%" * 32):
            self.key = self.phone = self.signing = secret
            self.monkeypatch.setattr(settings, "SIGNING_KEY", secret)
            seen.add(self.badge(pattern, **data))
        self.draw()
        assert len(seen) == 1, (pattern, seen)


@pytest.fixture
def platform(monkeypatch):
    return Platform(monkeypatch)


def test_attributes_that_are_no_fields(platform):
    for root in ROOTS:
        for name in ("event.organizer.api_key", "holder.phone", "event.organizer", "holder", "event", "api_key", "phone"):
            platform.assert_nothing_leaks("{" + root + name + "}")
            platform.assert_nothing_leaks("{" + root + name + ":.64}")
            platform.assert_nothing_leaks("Hello {holder.name}, {" + root + name + "}")


def test_whole_objects_in_other_forms(platform):
    for name in ("holder", "event", "event.organizer", "ticket", "0", "self"):
        for conversion in ("!r", "!s", "!a"):
            for ending in ("", ":", ":>5"):
                platform.assert_nothing_leaks("{" + name + conversion + ending + "}")


def test_settings_by_names_of_modules(platform):
    for root in ROOTS:
        for name in OBJECTS:
            for way in TO_GLOBALS:
                for end in ("[settings].SIGNING_KEY", "[settings].__dict__", "[settings].__dict__[SIGNING_KEY]"):
                    platform.assert_nothing_leaks("{" + f"{root}{name}.{way}{end}" + "}")
                    platform.assert_nothing_leaks("{" + f"{root}{name}.{way}{end}" + "!r:.500}")


def test_settings_by_methods_of_the_ticket(platform):
    for root in ROOTS:
        for way in ("entry_code.__globals__", "entry_code.__func__.__globals__", "__init__.__globals__"):
            platform.assert_nothing_leaks("{" + f"{root}{way}[settings].SIGNING_KEY" + "}")


def test_objects_by_their_dictionaries(platform):
    for root in ROOTS:
        for name in ("holder.__dict__", "event.__dict__", "holder.__dict__[phone]", "event.__dict__[organizer].api_key", "event.organizer.__dict__[api_key]"):
            platform.assert_nothing_leaks("{" + root + name + "}")


def test_fields_within_formats(platform):
    for inner in ("event.organizer.api_key", "holder.phone"):
        for index in ("0", "31"):
            platform.assert_same_for_all_secrets("{number:{" + inner + "[" + index + "]}>9}")
            platform.assert_same_for_all_secrets("{seat.number:{" + inner + "[" + index + "]}^9}")
            platform.assert_same_for_all_secrets("{event.starts_at:{" + inner + "}}")
            platform.assert_same_for_all_secrets("{event.starts_at:%H {" + inner + "[" + index + "]}}")
            platform.assert_same_for_all_secrets("{holder.name:.{" + inner + "[" + index + "]}}")


def test_times_within_formats_show_nothing(platform):
    for inner in ("event.organizer.api_key", "holder.phone", "event.organizer", "holder", "event.__init__.__globals__[settings].SIGNING_KEY"):
        for pattern in ("{event.starts_at:{%s}}", "{event.starts_at:%%Y {%s!r}}", "{event.starts_at:{%s!s:.500}}"):
            platform.assert_nothing_leaks(pattern % inner)


def test_error_messages_show_nothing(platform):
    for inner in ("event.organizer.api_key", "holder.phone", "event.__init__.__globals__[settings].SIGNING_KEY"):
        for field in ("number", "seat.number", "price", "holder.name"):
            platform.assert_same_for_all_secrets("{" + field + ":{" + inner + "[0]}}")
            platform.assert_nothing_leaks("{" + field + ":{" + inner + "}}")
        platform.assert_nothing_leaks("{" + inner + ":d}")
        platform.assert_nothing_leaks("{" + inner + ".nothing}")
        platform.assert_nothing_leaks("{holder.name[{" + inner + "}]}")


def test_values_are_not_patterns(platform):
    pattern = "{holder.name} {holder.company} {event.title} {event.venue} {seat.block}"
    for root in ("", "ticket.", "0."):
        for name in (
            "event.organizer.api_key",
            "holder.phone",
            "holder",
            "holder.__init__.__globals__[settings].SIGNING_KEY",
            "event.__init__.__globals__[settings].SIGNING_KEY",
        ):
            text = "{" + root + name + "}"
            for field in ("name", "company", "title", "venue", "block", "number"):
                platform.assert_nothing_leaks(pattern, **{field: text})
                platform.assert_nothing_leaks("Hello", **{field: text})
                platform.assert_nothing_leaks("{{{holder.name}}} {{" + root + name + "}}", **{field: text})


def test_other_notations_are_not_filled_in(platform):
    for name in ("event.organizer.api_key", "holder.phone", "ticket.holder.phone", "ticket.event.organizer.api_key"):
        for text in ("{{%s}}", "{{{{%s}}}}", "${%s}", "%%(%s)s", "{{ %s }}", "{%% if 1 %%}{{ %s }}{%% endif %%}", "f'{%s}'", "<%%= %s %%>"):
            platform.assert_nothing_leaks(text % name)
    for text in ("{{{{holder.__init__.__globals__[settings].SIGNING_KEY}}}}", "%(holder)s", "%s", "$holder"):
        platform.assert_nothing_leaks(text)


def test_fields_begin_as_real_ones(platform):
    for start in ("holder.name", "number", "event.title", "event.starts_at", "price", "seat.number"):
        for way in (".__class__.__mro__", "[0]", ".__class__", ".format", ".__init__.__self__"):
            for name in ("", "holder.phone", "event.organizer.api_key"):
                platform.assert_nothing_leaks("{" + start + way + "}{" + name + "}")
        platform.assert_nothing_leaks("{" + start + ",holder.phone}")
        platform.assert_nothing_leaks("{" + start + "\nholder.phone}")
    for name in ("holder.name.phone", "holder.phone.name", "event.title.organizer", "event.organizer.api_key.title"):
        platform.assert_nothing_leaks("{" + name + "}")

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
