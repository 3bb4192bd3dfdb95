import sqlite3
import uuid

import pytest

from segment_views.models import Rule
from segment_views.schema import create_tables
from segment_views.segment_views import save_segment

TEXT_OPERATORS = ("is", "is not", "contains", "one of")
OPENINGS = ("'", "')", "'))", "''", "\\'", "'*", "' || '", "' OR ''='", '"', '")')
ENDS = (" --", " /*", "; --", "\n--", " OR 'x'='", " OR ('x'='", " OR (('x'='", "")


class Database:
    """A database with secrets, all freshly drawn, and what it looks like untouched."""

    def __init__(self):
        self.hash = uuid.uuid4().hex
        self.token = uuid.uuid4().hex
        self.silent = f"{uuid.uuid4().hex}@mail.example"
        self.connection = sqlite3.connect(":memory:")
        create_tables(self.connection)
        self.connection.executemany(
            "INSERT INTO customers (id, email, first_name, city, country, orders, unsubscribed, password_hash)"
            " VALUES (?, ?, 'Ada', 'Lyon', 'FR', 3, ?, ?)",
            [(1, "ada@mail.example", 0, self.hash), (2, self.silent, 1, "y")],
        )
        self.connection.execute(
            "INSERT INTO staff (id, email, access_token) VALUES (1, 'boss@shop.example', ?)", (self.token,)
        )
        self.connection.commit()
        self.before = self.tables()

    def tables(self):
        schema = self.connection.execute("SELECT name, sql FROM sqlite_master WHERE type <> 'view' ORDER BY name").fetchall()
        rows = [self.connection.execute(f"SELECT * FROM {table} ORDER BY id").fetchall() for table in ("customers", "staff")]
        return schema, rows

    def attack(self, name, *rules):
        """Save a segment, look for harm, and clear up."""
        try:
            save_segment(self.connection, name, list(rules))
        except Exception:
            pass
        if self.connection.in_transaction:
            self.connection.rollback()
        assert self.tables() == self.before, (name, rules)
        seen = []
        views = [row[0] for row in self.connection.execute("SELECT name FROM sqlite_master WHERE type = 'view'")]
        for view in views:
            quoted = '"' + view.replace('"', '""') + '"'
            try:
                seen.append(repr(self.connection.execute(f"SELECT * FROM {quoted}").fetchall()))
            except sqlite3.Error:
                pass
            self.connection.execute(f"DROP VIEW {quoted}")
        self.connection.commit()
        shown = "".join(seen)
        assert self.hash not in shown, (name, rules)
        assert self.token not in shown, (name, rules)
        assert self.silent not in shown, (name, rules)
        return shown


@pytest.fixture
def database():
    database = Database()
    yield database
    database.connection.close()


def text_rules(value):
    """Rules that carry the text, for each way in which texts are compared."""
    for operator in TEXT_OPERATORS:
        if operator == "one of":
            yield [Rule("city", operator, [value])]
            yield [Rule("city", operator, ["Lyon", value])]
        else:
            yield [Rule("city", operator, value)]
    yield [Rule("country", "is", "FR"), Rule("city", "is", value), Rule("orders", "at least", 0)]


def test_text_cannot_widen_the_segment(database):
    for opening in OPENINGS:
        for end in ENDS:
            for rules in text_rules(f"x{opening} OR 1=1{end}"):
                database.attack("s", *rules)
            for rules in text_rules(f"x{opening} OR unsubscribed=1{end}"):
                database.attack("s", *rules)


def test_text_cannot_read_secrets(database):
    for opening in OPENINGS:
        for end in (" --", " /*", "; --", " WHERE ''='", " WHERE ('x'='x"):
            for rules in text_rules(f"x{opening} UNION ALL SELECT id, email, access_token FROM staff{end}"):
                database.attack("s", *rules)
            for rules in text_rules(f"x{opening} uNiOn/**/aLl/**/SeLeCt/**/id,password_hash,email/**/from/**/customers{end}"):
                database.attack("s", *rules)


def test_text_cannot_ask_about_secrets(database):
    # Whether somebody is in the segment must not depend on a secret.
    for opening in OPENINGS:
        for end in (" --", "; --", "\n--", " OR 'x'='", " OR ('x'='"):
            for secret, make in (
                (database.hash, lambda guess: f"x{opening} OR password_hash GLOB '{guess}*'{end}"),
                (database.token, lambda guess: f"x{opening} OR (SELECT access_token FROM staff) GLOB '{guess}*'{end}"),
            ):
                right = [database.attack("s", *rules) for rules in text_rules(make(secret[:8]))]
                wrong = [database.attack("s", *rules) for rules in text_rules(make("zzzzzzzz"))]
                assert right == wrong, make("GUESS")


def test_text_cannot_bring_a_statement_of_its_own(database):
    for opening in OPENINGS:
        for statement in (
            "UPDATE staff SET access_token = 'mine'",
            "DELETE FROM customers",
            "DROP TABLE staff",
            "COMMIT; DELETE FROM customers; BEGIN",
            "CREATE TABLE mine (x)",
        ):
            for rules in text_rules(f"x{opening}; {statement}; --"):
                database.attack("s", *rules)


def test_number_cannot_be_an_expression(database):
    for operator in ("at least", "at most"):
        for value in (
            "0 OR 1=1",
            "0 OR unsubscribed = 1",
            "0 OR 1=1 --",
            "0 UNION ALL SELECT id, email, access_token FROM staff",
            "0 UNION ALL SELECT id, password_hash, email FROM customers --",
        ):
            database.attack("s", Rule("orders", operator, value))
            database.attack("s", Rule("orders", operator, value), Rule("city", "is", "Lyon"))
            database.attack("s", Rule("orders", operator, [value]))


def test_number_cannot_ask_about_secrets(database):
    for operator in ("at least", "at most"):
        for template in (
            "(SELECT CASE WHEN access_token GLOB '{}*' THEN 3 ELSE {} END FROM staff)",
            "(CASE WHEN password_hash GLOB '{}*' THEN 3 ELSE {} END)",
        ):
            other = 9 if operator == "at least" else -9
            for secret in (database.hash, database.token):
                right = database.attack("s", Rule("orders", operator, template.format(secret[:8], other)))
                wrong = database.attack("s", Rule("orders", operator, template.format("zzzzzzzz", other)))
                assert right == wrong, (operator, template)


def test_number_cannot_bring_a_statement_of_its_own(database):
    for operator in ("at least", "at most"):
        for statement in ("UPDATE staff SET access_token = 'mine'", "DELETE FROM customers", "COMMIT; DELETE FROM staff; BEGIN"):
            database.attack("s", Rule("orders", operator, f"0; {statement}"))
            database.attack("s", Rule("orders", operator, f"0; {statement}; --"))


def test_name_cannot_end_its_quotation(database):
    rule = Rule("city", "is", "Paris")
    for quote in ('"', "]", "`", "'", '""'):
        for end in ("--", "/*", ";--"):
            for query in ("SELECT*FROM staff", "SELECT access_token FROM staff", "SELECT*FROM customers"):
                database.attack(f"s{quote} AS {query} {end}", rule)
                database.attack(f"s{quote} AS {query}\n{end}", rule)


def test_name_and_text_cannot_work_together(database):
    # The name opens a comment and the text ends it, so that the statement between them is left out.
    for quote in ('"', "]", "`", "'"):
        for query in (
            "SELECT id, email, access_token AS first_name FROM staff",
            "SELECT id, password_hash AS email, first_name FROM customers",
            "SELECT id, email, first_name FROM customers",
        ):
            for end in (" --", " /*", "; --"):
                for rules in text_rules(f"*/ AS {query}{end}"):
                    database.attack(f"s{quote}/*", *rules)
                    database.attack(f"s{quote} /*", *rules)


def test_name_cannot_bring_a_statement_of_its_own(database):
    rule = Rule("city", "is", "Paris")
    for quote in ('"', "]", "`", "'"):
        for statement in ("DELETE FROM staff", "DROP TABLE staff", "COMMIT;DELETE FROM staff;BEGIN"):
            for start in ("", " AS SELECT 1"):
                database.attack(f"s{quote}{start};{statement};--", rule)
                database.attack(f"s{quote}{start};{statement};/*", rule)


def test_values_of_other_kinds_are_only_values(database):
    texts = (
        "x' OR 1=1 --",
        "x') OR 1=1 --",
        "x' UNION ALL SELECT id, email, access_token FROM staff --",
        "x') UNION ALL SELECT id, email, access_token FROM staff --",
        "x' OR 1=1; --",
        "x') OR 1=1; --",
    )
    for text in texts:
        database.attack("s", Rule("city", "is", [text]))
        database.attack("s", Rule("city", "contains", [text, text]))
        database.attack("s", Rule("city", "one of", text))
        database.attack("s", Rule("city", "one of", [[text], text]))
        database.attack("s", Rule("city", "one of", {text: text}))


def test_field_and_operator_are_no_expressions(database):
    for field in ("1=1 OR city", "city <> '' OR unsubscribed=1 OR city", "city IS NOT NULL OR 1 --", "password_hash", "(SELECT access_token FROM staff)"):
        for operator in TEXT_OPERATORS:
            database.attack("s", Rule(field, operator, ["Lyon"] if operator == "one of" else "Lyon"))
    for operator in ("= city OR 1=1 OR city =", "is not ' ' OR 1 --", "<> 'x' OR 1=1 OR city ="):
        database.attack("s", Rule("city", operator, "Lyon"))
        database.attack("s", Rule("orders", operator, 3))

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
