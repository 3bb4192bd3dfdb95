"""Count a tenant's assets by custom attributes, whose names are checked before they are used."""

import re
from collections.abc import Mapping, Sequence

import sqlalchemy
from sqlalchemy import func, literal_column, select

from .schema import assets

NAME = re.compile(r"[\w .-]{1,60}")


def _attribute(name: str) -> sqlalchemy.ColumnElement:
    if not NAME.fullmatch(name):
        raise ValueError(f"not the name of an attribute: {name!r}")
    return literal_column(f"json_extract(assets.attributes, '$.\"{name}\"')")


def _check_groups(group_by: Sequence[str]) -> None:
    if not 1 <= len(group_by) <= 3:
        raise ValueError("group_by needs one to three attributes")
    if len(set(group_by)) != len(group_by):
        raise ValueError("group_by has an attribute twice")
    if "count" in group_by:
        raise ValueError("count is not an attribute")


def count_assets(
    connection: sqlalchemy.Connection,
    tenant_id: int,
    group_by: Sequence[str],
    where: Mapping[str, str | int] | None = None,
    order_by: str = "count",
    descending: bool = True,
) -> list[dict]:
    """Return the number of assets for each combination of attribute values."""
    _check_groups(group_by)
    columns = {name: _attribute(name) for name in group_by}
    count = func.count()
    order = {**columns, "count": count}.get(order_by)
    if order is None:
        raise ValueError(f"cannot order by {order_by!r}")

    query = (
        select(*columns.values(), count)
        .where(assets.c.tenant_id == tenant_id)
        .group_by(*columns.values())
        .order_by(order.desc() if descending else order.asc())
    )
    for name, value in (where or {}).items():
        query = query.where(_attribute(name) == value)
    return [dict(zip([*group_by, "count"], row)) for row in connection.execute(query)]
