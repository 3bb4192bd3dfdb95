"""Count a tenant's assets by custom attributes."""

from collections.abc import Mapping, Sequence

import sqlalchemy
from sqlalchemy import text

ATTRIBUTE = "(SELECT value FROM json_each(assets.attributes) WHERE key = :{})"


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
    if len(names) not in (1, 2, 3) or len({*names, "count"}) != len(names) + 1:
        raise ValueError("one to three different attributes are needed")

    params = {"tenant": tenant_id}
    columns = []
    for number, name in enumerate(names):
        params[f"g{number}"] = name
        columns.append(f"{ATTRIBUTE.format(f'g{number}')} AS c{number}")
    conditions = "assets.tenant_id = :tenant"
    for number, (name, value) in enumerate((where or {}).items()):
        params[f"w{number}"] = name
        params[f"v{number}"] = value
        conditions += f" AND {ATTRIBUTE.format(f'w{number}')} = :v{number}"

    aliases = [f"c{number}" for number in range(len(names))]
    # "count" and anything else that the page sends is a column of the result.
    order = aliases[names.index(order_by)] if order_by in names else order_by
    query = text(
        f"SELECT {', '.join(columns)}, count(*) AS count FROM assets WHERE {conditions}"
        f" GROUP BY {', '.join(aliases)} ORDER BY {order} {'DESC' if descending else 'ASC'}"
    )
    return [dict(zip(names + ["count"], row)) for row in connection.execute(query, params)]
