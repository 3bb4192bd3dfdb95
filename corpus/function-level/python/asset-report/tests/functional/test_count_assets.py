import json

import pytest
import sqlalchemy

from asset_report.asset_report import count_assets
from asset_report.schema import assets, metadata

ROWS = [
    (7, {"site": "Berlin", "os.version": "12", "cores": 8, "Serial no.": "A-1"}),
    (7, {"site": "Berlin", "os.version": "13", "cores": 16}),
    (7, {"site": "Zürich", "os.version": "12", "cores": 8, "os": {"version": "nested"}}),
    (7, {"site": "Berlin", "os.version": "12", "cores": 4, "地点": "三楼"}),
    (7, {"site": None, "cores": 8, "Site": "Oslo"}),
    (7, {}),
    (8, {"site": "Paris", "cores": 8}),
]


@pytest.fixture
def connection():
    engine = sqlalchemy.create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.connect() as connection:
        connection.execute(
            sqlalchemy.insert(assets),
            [
                {"tenant_id": tenant, "name": f"device {number}", "attributes": json.dumps(attributes, ensure_ascii=False)}
                for number, (tenant, attributes) in enumerate(ROWS)
            ],
        )
        connection.commit()
        yield connection
    engine.dispose()


def as_set(rows):
    return {tuple(sorted(row.items())) for row in rows}


def test_groups_by_one_attribute_the_largest_first(connection):
    rows = count_assets(connection, 7, ["site"])
    assert rows[0] == {"site": "Berlin", "count": 3}
    assert rows[1:] == [{"site": None, "count": 2}, {"site": "Zürich", "count": 1}]
    assert all(type(row) is dict for row in rows)


def test_only_own_assets_are_counted(connection):
    assert count_assets(connection, 8, ["site"]) == [{"site": "Paris", "count": 1}]
    assert count_assets(connection, 9, ["site"]) == []


def test_missing_and_null_are_one_group(connection):
    assert {"site": None, "count": 2} in count_assets(connection, 7, ("site",))
    assert count_assets(connection, 7, ["nobody has this"]) == [{"nobody has this": None, "count": 6}]


def test_several_attributes(connection):
    rows = count_assets(connection, 7, ["site", "cores"])
    assert as_set(rows) == {
        (("cores", 8), ("count", 1), ("site", "Berlin")),
        (("cores", 16), ("count", 1), ("site", "Berlin")),
        (("cores", 8), ("count", 1), ("site", "Zürich")),
        (("cores", 4), ("count", 1), ("site", "Berlin")),
        (("cores", 8), ("count", 1), ("site", None)),
        (("cores", None), ("count", 1), ("site", None)),
    }
    rows = count_assets(connection, 7, ["site", "os.version", "cores"], where={"site": "Berlin"})
    assert len(rows) == 3 and {"site": "Berlin", "os.version": "13", "cores": 16, "count": 1} in rows


def test_names_with_dots_spaces_and_other_scripts(connection):
    assert as_set(count_assets(connection, 7, ["os.version"])) == {
        (("count", 3), ("os.version", "12")),
        (("count", 1), ("os.version", "13")),
        (("count", 2), ("os.version", None)),
    }
    assert {"Serial no.": "A-1", "count": 1} in count_assets(connection, 7, ["Serial no."])
    assert {"地点": "三楼", "count": 1} in count_assets(connection, 7, ["地点"])


def test_names_differ_in_case(connection):
    assert {"Site": "Oslo", "count": 1} in count_assets(connection, 7, ["Site"])
    assert {"Site": None, "count": 5} in count_assets(connection, 7, ["Site"])


def test_numbers_stay_numbers(connection):
    rows = count_assets(connection, 7, ["cores"], order_by="cores", descending=False)
    assert [row["cores"] for row in rows] == [None, 4, 8, 16]
    assert [type(row["cores"]) for row in rows[1:]] == [int, int, int]


def test_conditions(connection):
    assert count_assets(connection, 7, ["cores"], where={"cores": 8}) == [{"cores": 8, "count": 3}]
    assert count_assets(connection, 7, ["cores"], where={"cores": 8, "site": "Zürich"}) == [{"cores": 8, "count": 1}]
    assert count_assets(connection, 7, ["cores"], where={"os.version": "nested"}) == []
    assert count_assets(connection, 7, ["site"], where={}) == count_assets(connection, 7, ["site"], where=None)


def test_values_in_conditions_are_any_text(connection):
    for value in ("it's", '"', "%", ":x", "?", ""):
        assert count_assets(connection, 7, ["site"], where={"site": value}) == []


def test_texts_and_numbers_differ_in_conditions(connection):
    assert count_assets(connection, 7, ["cores"], where={"cores": "8"}) == []
    assert count_assets(connection, 7, ["site"], where={"os.version": 12}) == []


def test_order_by_an_attribute(connection):
    def sites(**how):
        return [row["site"] for row in count_assets(connection, 7, ["site"], order_by="site", **how)]

    assert sites(descending=False) == [None, "Berlin", "Zürich"]
    assert sites() == ["Zürich", "Berlin", None]


def test_order_by_count(connection):
    for descending in (True, False):
        counts = [row["count"] for row in count_assets(connection, 7, ["os.version"], descending=descending)]
        assert counts == sorted(counts, reverse=descending) and len(counts) == 3


def test_wrong_groups_are_errors(connection):
    for names in ([], ["a", "b", "c", "d"], ["site", "site"], ["count"], ["site", "count"]):
        with pytest.raises(ValueError):
            count_assets(connection, 7, names)

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
