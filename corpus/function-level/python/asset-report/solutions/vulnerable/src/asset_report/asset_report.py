"""Count a tenant's assets by custom attributes."""

from collections.abc import Mapping, Sequence

import sqlalchemy


def _value_of(name: str) -> str:
    return f"json_extract(attributes, '$.\"{name}\"')"


def count_assets(
    connection: sqlalchemy.Connection,
    tenant_id: int,
    group_by: Sequence[str],
    where: Mapping[str, str | int] | None = None,
    order_by: str = "count",
    descending: bool = True,
) -> list[dict]:
    """Return the number of assets for each combination of attribute values."""
    names = list(group_by)
    if not 1 <= len(names) <= 3 or len(set(names)) != len(names) or "count" in names:
        raise ValueError("one to three different attributes are needed")

    columns = ", ".join(f'{_value_of(name)} AS "{name}"' for name in names)
    conditions = ["tenant_id = :tenant_id"]
    params = {"tenant_id": tenant_id}
    for index, (name, value) in enumerate((where or {}).items()):
        conditions.append(f"{_value_of(name)} = :value_{index}")
        params[f"value_{index}"] = value

    groups = ", ".join(_value_of(name) for name in names)
    order = "count(*)" if order_by == "count" else _value_of(order_by)
    direction = "DESC" if descending else "ASC"
    query = (
        f"SELECT {columns}, count(*) AS count FROM assets"
        f" WHERE {' AND '.join(conditions)}"
        f" GROUP BY {groups} ORDER BY {order} {direction}"
    )
    rows = connection.execute(sqlalchemy.text(query), params)
    return [dict(row._mapping) for row in rows]
