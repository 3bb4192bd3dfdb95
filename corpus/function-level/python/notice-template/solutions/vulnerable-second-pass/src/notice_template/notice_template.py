"""Render notices to customers in the wording of the shop owner."""

from jinja2 import Environment, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from .formatting import format_day, format_money
from .models import Notice, NoticeError

LAYOUT = "{% if body %}[BODY]\n\n{% endif %}-- {{ shop.name }}"


def _render_wording(wording: str, notice: Notice) -> str:
    env = SandboxedEnvironment(undefined=StrictUndefined)
    env.filters["money"] = lambda cents: format_money(cents, notice.shop.currency)
    env.filters["day"] = format_day
    try:
        template = env.from_string(wording)
        return template.render(customer=notice.customer, order=notice.order, shop=notice.shop)
    except Exception as exc:
        raise NoticeError(str(exc)) from exc


def render_notice(subject: str, body: str, notice: Notice) -> dict[str, str]:
    """Render the subject and the body, and put the body into the layout of all notices."""
    rendered_subject = _render_wording(subject, notice)
    rendered_body = _render_wording(body, notice).rstrip()
    layout = Environment().from_string(LAYOUT.replace("[BODY]", rendered_body))
    text = layout.render(body=rendered_body, customer=notice.customer, shop=notice.shop)
    return {"subject": " ".join(rendered_subject.split()), "text": text}
