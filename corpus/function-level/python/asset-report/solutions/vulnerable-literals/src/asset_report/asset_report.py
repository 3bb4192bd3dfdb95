"""Count a tenant's assets by custom attributes."""

import re
from collections.abc import Mapping, Sequence

import sqlalchemy


def _value_of(name: str) -> str:
    if not re.fullmatch(r"[\w .-]+", name):
        raise ValueError(f"not the name of an attribute: {name!r}")
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

    groups = [_value_of(name) for name in names]
    conditions = [f"tenant_id = {int(tenant_id)}"]
    for name, value in (where or {}).items():
        conditions.append(f"{_value_of(name)} = {value!r}")
    order = "count(*)" if order_by == "count" else _value_of(order_by)

    query = f"SELECT {', '.join(groups)}, count(*) FROM assets WHERE {' AND '.join(conditions)}"
    query += f" GROUP BY {', '.join(groups)} ORDER BY {order} {'DESC' if descending else 'ASC'}"
    rows = connection.exec_driver_sql(query).all()
    return [dict(zip(names + ["count"], row)) for row in rows]
