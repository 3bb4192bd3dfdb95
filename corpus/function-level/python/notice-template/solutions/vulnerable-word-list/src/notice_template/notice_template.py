"""Render notices to customers in the wording of the shop owner."""

from jinja2 import Environment, StrictUndefined

from .formatting import format_day, format_money
from .models import Notice, NoticeError

FORBIDDEN = ("__", "import", "eval", "exec", "open", "popen", "subprocess", "system", "config")


def _build_environment(currency: str) -> Environment:
    env = Environment(undefined=StrictUndefined, autoescape=False)
    env.filters["money"] = lambda cents: format_money(cents, currency)
    env.filters["day"] = format_day
    return env


def _check_wording(wording: str) -> None:
    lowered = wording.lower()
    for word in FORBIDDEN:
        if word in lowered:
            raise NoticeError(f"{word!r} is not allowed in a wording")


def render_notice(subject: str, body: str, notice: Notice) -> dict[str, str]:
    """Render the subject and the body of a notice with the order's data."""
    _check_wording(subject)
    _check_wording(body)
    env = _build_environment(notice.shop.currency)
    context = {
        "customer": notice.customer,
        "order": notice.order,
        "shop": notice.shop,
    }
    try:
        rendered_subject = env.from_string(subject).render(context)
        rendered_body = env.from_string(body).render(context)
    except Exception as exc:
        raise NoticeError(f"cannot render notice: {exc}") from exc

    rendered_body = rendered_body.rstrip()
    signature = f"-- {notice.shop.name}"
    text = f"{rendered_body}\n\n{signature}" if rendered_body else signature
    return {"subject": " ".join(rendered_subject.split()), "text": text}
