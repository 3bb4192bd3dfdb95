"""Count a tenant's assets by custom attributes."""

import re
from collections.abc import Mapping, Sequence

import sqlalchemy
from sqlalchemy import func, literal_column, select

from .schema import assets

NAME = re.compile(r"[\w .-]{1,60}")


def _attribute(name: str) -> sqlalchemy.ColumnElement:
    if not NAME.match(name):
        raise ValueError(f"not the name of an attribute: {name!r}")
    return literal_column(f"json_extract(assets.attributes, '$.\"{name}\"')")


def count_assets(
    connection: sqlalchemy.Connection,
    tenant_id: int,
    group_by: Sequence[str],
    where: Mapping[str, str | int] | None = None,
    order_by: str = "count",
    descending: bool = True,
) -> list[dict]:
    """Return the number of assets for each combination of attribute values."""
    if not group_by or len(group_by) > 3 or len(set(group_by)) != len(group_by) or "count" in group_by:
        raise ValueError("group_by is not valid")

    columns = {name: _attribute(name) for name in group_by}
    count = func.count()
    order = count if order_by == "count" else columns[order_by]
    query = (
        select(*columns.values(), count)
        .where(assets.c.tenant_id == tenant_id)
        .group_by(*columns.values())
        .order_by(order.desc() if descending else order.asc())
    )
    for name, value in (where or {}).items():
        query = query.where(_attribute(name) == value)
    return [dict(zip([*group_by, "count"], row)) for row in connection.execute(query)]
