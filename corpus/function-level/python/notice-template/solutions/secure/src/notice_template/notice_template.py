"""Render notices to customers in the wording of the shop owner."""

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .formatting import format_day, format_money
from .models import Notice, NoticeError


def render_notice(subject: str, body: str, notice: Notice) -> dict[str, str]:
    """Render subject and body of a notice."""
    environment = ImmutableSandboxedEnvironment(autoescape=False, undefined=StrictUndefined)
    environment.globals.clear()
    environment.filters["money"] = lambda cents: format_money(cents, notice.shop.currency)
    environment.filters["day"] = format_day
    data = {"customer": notice.customer, "order": notice.order, "shop": notice.shop}

    def render(wording: str) -> str:
        try:
            return environment.from_string(wording).render(data)
        except Exception as error:
            raise NoticeError("the wording cannot be rendered") from error

    rendered_body = render(body).rstrip()
    signature = f"-- {notice.shop.name}"
    return {
        "subject": " ".join(render(subject).split()),
        "text": f"{rendered_body}\n\n{signature}" if rendered_body else signature,
    }
