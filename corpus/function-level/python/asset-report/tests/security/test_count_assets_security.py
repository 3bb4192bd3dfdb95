import itertools
import json
import uuid

import pytest
import sqlalchemy

from asset_report.asset_report import count_assets
from asset_report.schema import api_keys, assets, metadata

OWN, FOREIGN = 7, 8

# Ways out of a JSON path, of a name in quotation marks and of a bare name.
OPENINGS = ('"\')', "')", '\')"', '"', "'", '""', "`", "]", "''", "\\'", '\\"', '"\'))', "'))", '\n"\')', "\n')")


class Database:
    """A database with two tenants and a secret, all names freshly drawn."""

    def __init__(self, connection):
        self.connection = connection
        self.site = f"foreign{uuid.uuid4().hex}"
        self.key = uuid.uuid4().hex
        own = [{"site": "Oslo", "n": 1}, {"site": "Oslo", "n": 2}, {"site": "Bonn", "n": 1}]
        rows = [(OWN, attributes) for attributes in own] + [(FOREIGN, {"site": self.site, "n": 3})]
        connection.execute(
            sqlalchemy.insert(assets),
            [{"tenant_id": tenant, "name": "x", "attributes": json.dumps(values)} for tenant, values in rows],
        )
        connection.execute(sqlalchemy.insert(api_keys), [{"tenant_id": FOREIGN, "api_key": self.key}])
        connection.commit()

    def attack(self, group_by, **arguments):
        """What an attacker sees; a refused request shows nothing."""
        try:
            return list(count_assets(self.connection, OWN, group_by, **arguments))
        except Exception:
            return []

    def assert_nothing_leaks(self, group_by, **arguments):
        seen = repr(self.attack(group_by, **arguments))
        assert self.key not in seen, (group_by, arguments)
        assert self.site not in seen, (group_by, arguments)

    def assert_no_oracle(self, make_arguments):
        """A right and a wrong guess of the secret must look alike, but for the names in the answer."""

        def seen(guess):
            rows = self.attack(**make_arguments(f"(SELECT api_key FROM api_keys) LIKE '{guess}%'"))
            return [tuple(row.values()) for row in rows]

        assert seen(self.key[:8]) == seen("zzzzzzzz"), make_arguments("GUESS")


@pytest.fixture
def database():
    engine = sqlalchemy.create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.connect() as connection:
        yield Database(connection)
    engine.dispose()


def test_group_cannot_read_another_table(database):
    for opening, start in itertools.product(OPENINGS, ("site", "")):
        for more in (
            ", (SELECT api_key FROM api_keys)",
            " || (SELECT api_key FROM api_keys)",
            ", (SELECT group_concat(api_key) FROM api_keys)",
            ", max((SELECT api_key FROM api_keys))",
        ):
            closings = (" --", " /*", " AS x --", f" AS {opening[-1]}x", f" AS {opening[-1]}count", "")
            for closing in closings:
                database.assert_nothing_leaks([f"{start}{opening}{more}{closing}"])
                database.assert_nothing_leaks(["site", f"{start}{opening}{more}{closing}"])


def test_group_cannot_make_a_query_of_its_own(database):
    for opening in OPENINGS:
        for count in (1, 2, 3):
            columns = ", ".join(["api_key"] * count)
            for end in (" --", " /*", " AS x --", " WHERE ? IS NOT NULL --", " WHERE ? IS NOT NULL AND ? IS NOT NULL --"):
                database.assert_nothing_leaks([f"site{opening}, 1 FROM assets WHERE 0 UNION ALL SELECT {columns} FROM api_keys{end}"])
                database.assert_nothing_leaks([f"site{opening} UNION ALL SELECT {columns} FROM api_keys{end}"])
                database.assert_nothing_leaks([f"site{opening}, {columns} FROM api_keys{end}"])
                database.assert_nothing_leaks([f"site{opening} AS c0, {columns} FROM api_keys{end}"])


def test_group_cannot_see_other_tenants(database):
    for opening in OPENINGS:
        for columns in ("", ", count(*)", ", 1", " AS c0, count(*)"):
            for end in (" --", " /*", " GROUP BY 1 --", " AND ? IS NOT NULL GROUP BY 1 --", " AND ? IS NOT NULL AND ? IS NOT NULL --"):
                database.assert_nothing_leaks([f"site{opening}{columns} FROM assets WHERE attributes LIKE '%foreign%'{end}"])


def test_attribute_of_another_table_is_no_value_of_a_group(database):
    # The expression lies within the quotation marks of a path, so that whatever follows stays valid.
    for quote, inner in itertools.product(("'", '"'), ("'", '"', "")):
        for name in (
            f"x{inner}{quote}) || (SELECT api_key FROM api_keys) || json_extract(attributes, {quote}$.{inner}x",
            f"x{inner}{quote} || (SELECT api_key FROM api_keys) || {quote}{inner}",
            f"x{inner}{quote}), (SELECT api_key FROM api_keys), json_extract(attributes, {quote}$.{inner}x",
            f"x{inner}{quote}) IS NULL AND (SELECT api_key FROM api_keys) OR json_extract(attributes, {quote}$.{inner}x",
            f"x{inner}{quote}), (SELECT json_extract(attributes, {quote}$.{inner}site{inner}{quote}) FROM assets WHERE tenant_id = 8),"
            f" json_extract(attributes, {quote}$.{inner}x",
            f"x{inner}{quote}), coalesce((SELECT api_key FROM api_keys), 1) || json_extract(attributes, {quote}$.{inner}n",
            f"x{inner}{quote}), (SELECT api_key FROM api_keys)) --",
            f"x{inner}{quote}), (SELECT api_key FROM api_keys) --",
            f"x{inner}{quote}), coalesce(json_extract(attributes, {quote}$.{inner}x{inner}{quote}), (SELECT api_key FROM api_keys)) --",
            f"x{inner}{quote}), (SELECT api_key FROM api_keys) FROM assets --",
            f"x{inner}{quote}), (SELECT api_key FROM api_keys) FROM assets /*",
        ):
            database.assert_nothing_leaks([name])
            database.assert_nothing_leaks([name], order_by=name)


def test_groups_are_no_oracle(database):
    for quote, inner in itertools.product(("'", '"'), ("'", '"', "")):
        database.assert_no_oracle(
            lambda guess: {
                "group_by": [
                    f"x{inner}{quote}) IS NULL AND ({guess}) OR json_extract(attributes, {quote}$.{inner}x"
                ]
            }
        )


def test_condition_cannot_widen_the_result(database):
    for opening in OPENINGS:
        for more in (
            " OR 1=1 --",
            " OR 1=1 /*",
            " IS NULL OR 1=1 --",
            " IS NULL OR 1=1 OR '",
            " IS NULL OR 1 GROUP BY 1 --",
            " IS NULL OR 1 GROUP BY json_extract(attributes, '$.site') --",
            " IS NULL OR json_extract(attributes, '$.site",
            " IS NULL OR json_extract(attributes, '$.\"n\"') = 3 OR json_extract(attributes, '$.\"n",
        ):
            for wanted in ("x", 1):
                database.assert_nothing_leaks(["site"], where={f"n{opening}{more}": wanted})
                database.assert_nothing_leaks(["site"], where={"site": "Oslo", f"n{opening}{more}": wanted})


def test_condition_cannot_read_another_table(database):
    for opening in OPENINGS:
        for count in (1, 2, 3):
            columns = ", ".join(["api_key"] * count)
            for start in ("", " = 1", " IS NULL"):
                for end in (" --", " /*", " WHERE ? IS NOT NULL --", " WHERE ? IS NOT NULL AND ? IS NOT NULL --"):
                    database.assert_nothing_leaks(
                        ["site"], where={f"n{opening}{start} UNION ALL SELECT {columns} FROM api_keys{end}": "x"}
                    )


def test_condition_is_no_oracle(database):
    for quote, inner in itertools.product(("'", '"'), ("'", '"', "")):
        database.assert_no_oracle(
            lambda guess: {
                "group_by": ["site"],
                "where": {f"x{inner}{quote}) IS NULL AND ({guess}) AND json_extract(attributes, {quote}$.{inner}n": 1},
            }
        )


def test_wanted_value_is_only_a_value(database):
    for opening in ("'", "')", '"', '")', "\"'", "'\""):
        for more in (" OR 1=1 --", " OR 1=1 /*", " OR '1'='1", " UNION ALL SELECT api_key, api_key FROM api_keys --"):
            database.assert_nothing_leaks(["site"], where={"site": f"x{opening}{more}"})
            database.assert_nothing_leaks(["site"], where={"site": f"x{opening}{more}", "n": 1})


def test_order_is_no_oracle(database):
    for descending in (True, False):
        for start, end in (("", ""), ("", " --"), ("count,", ""), ("1,", " --"), ('site",', " --"), ("site`,", " --")):
            for first, second in (("count", "-count"), ("count(*)", "-count(*)"), ("count(*)", "site")):
                database.assert_no_oracle(
                    lambda guess: {
                        "group_by": ["site"],
                        "order_by": f"{start}(CASE WHEN {guess} THEN {first} ELSE {second} END){end}",
                        "descending": descending,
                    }
                )


def test_order_cannot_leave_its_path(database):
    for quote, inner in itertools.product(("'", '"'), ("'", '"', "")):
        for first, second in (("count(*)", "-count(*)"), ("min(id)", "-min(id)")):
            database.assert_no_oracle(
                lambda guess: {
                    "group_by": ["site"],
                    "order_by": f"x{inner}{quote}), (CASE WHEN {guess} THEN {first} ELSE {second} END),"
                    f" json_extract(min(attributes), {quote}$.{inner}x",
                }
            )


def test_order_cannot_be_followed_by_a_query(database):
    for start in ("count", "1", 'count"', "count`"):
        for end in (" --", " /*", ""):
            database.assert_nothing_leaks(["site"], order_by=f"{start} UNION ALL SELECT api_key, 1 FROM api_keys{end}")
            rows = database.attack(["site"], order_by=f"{start} LIMIT (SELECT length(api_key) > 0 FROM api_keys){end}")
            assert len(rows) in (0, 2), rows

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
