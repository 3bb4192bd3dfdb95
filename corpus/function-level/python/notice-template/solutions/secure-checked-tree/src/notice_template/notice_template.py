"""Render notices to customers in the wording of the shop owner.

A wording is parsed first, and only rendered if its syntax tree consists of what shop
owners may use: no calls, no names and fields but the listed ones, no filters that look up
attributes by computed names. The data are copied into plain dictionaries.
"""

from jinja2 import Environment, StrictUndefined, nodes

from .formatting import format_day, format_money
from .models import Notice, NoticeError

FIELDS = frozenset(
    {
        "name", "city", "is_member", "currency",
        "number", "placed_on", "lines", "total_cents",
        "title", "quantity", "price_cents",
        "index", "index0", "revindex", "revindex0", "first", "last", "length",
    }
)  # fmt: skip
FILTERS = frozenset(
    {
        "abs", "batch", "capitalize", "center", "count", "d", "day", "default", "first",
        "float", "int", "join", "last", "length", "list", "lower", "map", "max", "min",
        "money", "replace", "reverse", "round", "slice", "sort", "string", "sum", "title",
        "trim", "truncate", "unique", "upper", "wordcount",
    }
)  # fmt: skip
NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.Name, nodes.Getattr,
    nodes.Getitem, nodes.If, nodes.For, nodes.Assign, nodes.Filter, nodes.Test, nodes.Keyword,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.BinExpr, nodes.UnaryExpr,
    nodes.Concat, nodes.CondExpr, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair,
)  # fmt: skip


def _check(tree: nodes.Node) -> None:
    if not isinstance(tree, NODES) or isinstance(tree, (nodes.Mod, nodes.Pow)):
        raise NoticeError(f"{type(tree).__name__} is not available in a wording")
    if isinstance(tree, nodes.Getattr) and tree.attr not in FIELDS:
        raise NoticeError(f"there is no field {tree.attr!r}")
    if isinstance(tree, nodes.Getitem):
        number = isinstance(tree.arg, nodes.Const) and isinstance(tree.arg.value, int)
        if not number:
            raise NoticeError("only a number can stand in square brackets")
    if isinstance(tree, nodes.Filter):
        if tree.name not in FILTERS or tree.dyn_args is not None or tree.dyn_kwargs is not None:
            raise NoticeError(f"there is no filter {tree.name!r}")
        if tree.name == "map" and tree.args:
            raise NoticeError("map takes an attribute only")
        for keyword in tree.kwargs:
            if keyword.key != "attribute":
                continue
            if not isinstance(keyword.value, nodes.Const) or keyword.value.value not in FIELDS:
                raise NoticeError("there is no such field")
        if tree.name in ("sum", "sort", "unique", "min", "max", "join") and tree.args:
            if tree.name != "join" or len(tree.args) > 1:
                raise NoticeError("name the arguments of this filter")
    for child in tree.iter_child_nodes():
        _check(child)


def _as_data(notice: Notice) -> dict:
    order = notice.order
    return {
        "customer": dict(vars(notice.customer)),
        "shop": dict(vars(notice.shop)),
        "order": {
            "number": order.number,
            "placed_on": order.placed_on,
            "lines": [dict(vars(line)) for line in order.lines],
            "total_cents": order.total_cents,
        },
    }


def _render(environment: Environment, wording: str, notice: Notice) -> str:
    try:
        _check(environment.parse(wording))
        return environment.from_string(wording).render(_as_data(notice))
    except NoticeError:
        raise
    except Exception as error:
        raise NoticeError(f"the wording cannot be rendered: {error}") from error


def render_notice(subject: str, body: str, notice: Notice) -> dict[str, str]:
    """Render subject and body of a notice."""
    environment = Environment(autoescape=False, undefined=StrictUndefined)
    environment.globals = {}
    environment.filters["day"] = format_day
    environment.filters["money"] = lambda cents: format_money(cents, notice.shop.currency)

    parts = [_render(environment, body, notice).rstrip(), f"-- {notice.shop.name}"]
    return {
        "subject": " ".join(_render(environment, subject, notice).split()),
        "text": "\n\n".join(part for part in parts if part),
    }
