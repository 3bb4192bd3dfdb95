"""Count a tenant's assets by custom attributes."""

import json
from collections.abc import Mapping, Sequence

import sqlalchemy


def _path(name: str) -> str:
    return f"$.{json.dumps(name, ensure_ascii=False)}"


def count_assets(
    connection: sqlalchemy.Connection,
    tenant_id: int,
    group_by: Sequence[str],
    where: Mapping[str, str | int] | None = None,
    order_by: str = "count",
    descending: bool = True,
) -> list[dict]:
    """Return the number of assets for each combination of attribute values."""
    if not 1 <= len(group_by) <= 3:
        raise ValueError("group_by needs one to three attributes")
    if len(set(group_by)) < len(group_by) or "count" in group_by:
        raise ValueError("group_by has an attribute that it must not have")
    if order_by not in ("count", *group_by):
        raise ValueError(f"unknown order: {order_by}")

    # Paths and values are bound, so that names cannot leave their quotation marks.
    params: list = []
    columns = []
    for name in group_by:
        columns.append(f'json_extract(attributes, ?) AS "{name}"')
        params.append(_path(name))
    query = f"SELECT {', '.join(columns)}, count(*) AS count FROM assets WHERE tenant_id = ?"
    params.append(tenant_id)
    for name, value in (where or {}).items():
        query += " AND json_extract(attributes, ?) = ?"
        params += [_path(name), value]
    query += " GROUP BY " + ", ".join(str(position + 1) for position in range(len(group_by)))
    position = len(group_by) + 1 if order_by == "count" else list(group_by).index(order_by) + 1
    query += f" ORDER BY {position} {'DESC' if descending else 'ASC'}"

    result = connection.exec_driver_sql(query, tuple(params))
    return [dict(row) for row in result.mappings()]
