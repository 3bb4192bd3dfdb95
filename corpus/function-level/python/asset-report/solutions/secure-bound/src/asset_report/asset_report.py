"""Count a tenant's assets by custom attributes, with all names and values bound."""

from collections.abc import Mapping, Sequence

import sqlalchemy


class _Statement:
    """SQL in the making, with its parameters in order."""

    def __init__(self):
        self.params = []

    def bind(self, value) -> str:
        self.params.append(value)
        return "?"

    def attribute(self, name: str) -> str:
        key = self.bind(name)
        return f"(SELECT value FROM json_each(a.attributes) WHERE key = {key})"


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
    if not names or len(names) > 3 or len(set(names)) != len(names) or "count" in names:
        raise ValueError("group_by needs one to three different attributes")
    keys = names + ["count"]

    statement = _Statement()
    columns = [statement.attribute(name) + f" AS c{number}" for number, name in enumerate(names)]
    conditions = [f"a.tenant_id = {statement.bind(tenant_id)}"]
    for name, value in (where or {}).items():
        conditions.append(f"{statement.attribute(name)} = {statement.bind(value)}")
    grouping = ", ".join(str(number + 1) for number in range(len(names)))
    order = keys.index(order_by) + 1
    direction = "DESC" if descending else "ASC"

    query = f"SELECT {', '.join(columns)}, count(*) FROM assets AS a WHERE {' AND '.join(conditions)}"
    query += f" GROUP BY {grouping} ORDER BY {order} {direction}"
    rows = connection.exec_driver_sql(query, tuple(statement.params))
    return [dict(zip(keys, row)) for row in rows]
