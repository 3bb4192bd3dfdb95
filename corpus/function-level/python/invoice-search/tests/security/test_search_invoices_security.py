import sqlite3
import uuid

import pytest

from invoice_search.invoice_search import search_invoices
from invoice_search.schema import create_tables

OWN, FOREIGN = 7, 8


class Database:
    """A database with two tenants and a secret token, all names freshly drawn."""

    def __init__(self):
        self.foreign_customer = f"Foreign {uuid.uuid4().hex}"
        self.token = uuid.uuid4().hex
        self.connection = sqlite3.connect(":memory:")
        create_tables(self.connection)
        # In every column except status and issued_on the order of the rows differs.
        rows = [
            (OWN, "N-1", "Omega", 300, "m2"),
            (OWN, "N-2", "Alpha", 100, "m3"),
            (OWN, "N-3", "Sigma", 200, "m1"),
            (FOREIGN, "N-9", self.foreign_customer, 900, "m9"),
        ]
        self.connection.executemany(
            "INSERT INTO invoices (tenant_id, number, customer, status, issued_on, due_on,"
            " total_cents, memo) VALUES (?, ?, ?, 'open', '2024-01-01', '2024-02-01', ?, ?)",
            rows,
        )
        self.connection.execute(
            "INSERT INTO api_tokens (tenant_id, token) VALUES (?, ?)", (FOREIGN, self.token)
        )
        self.connection.commit()

    def attack(self, **arguments):
        """The rows that an attacker sees; a refused request shows nothing."""
        try:
            return list(search_invoices(self.connection, OWN, **arguments))
        except Exception:
            return []

    def assert_nothing_leaks(self, **arguments):
        seen = repr(self.attack(**arguments))
        assert self.foreign_customer not in seen, arguments
        assert self.token not in seen, arguments

    def condition(self, guess):
        """An SQL condition that is true if the token starts with the guess."""
        return f"(SELECT count(*) FROM api_tokens WHERE lower(substr(token, 1, 8)) = lower('{guess}')) > 0"

    def assert_no_oracle(self, make_arguments):
        """A right and a wrong guess of the secret must look alike."""
        wrong = "zzzzzzzz"
        seen_right = self.attack(**make_arguments(self.token[:8]))
        seen_wrong = self.attack(**make_arguments(wrong))
        assert seen_right == seen_wrong, make_arguments("GUESS")


@pytest.fixture
def database():
    database = Database()
    yield database
    database.connection.close()


def test_search_text_cannot_widen_the_condition(database):
    for opening in ("'", "%'", "')", "%')", "'))", "%'))"):
        for start in ("", "N", "zzz"):
            for tail in ("OR 1=1 --", "OR 1=1 /*", "OR '1'='1", "OR ('1'='1", "OR (('1'='1", "OR '%'='", "OR ('%'='"):
                for field in ("customer", "number", "memo"):
                    database.assert_nothing_leaks(text=f"{start}{opening} {tail}", field=field)


def test_search_text_cannot_read_another_table(database):
    for opening in ("'", "%'", "')", "%')", "'))"):
        for width in range(7, 12):
            columns = ", ".join(["token"] * width)
            for tail in ("--", "/*", "LIMIT ? /*"):
                database.assert_nothing_leaks(
                    text=f"zzz{opening} UNION ALL SELECT {columns} FROM api_tokens {tail}"
                )
                database.assert_nothing_leaks(
                    text=f"zzz{opening} uNiOn/**/SeLeCt/**/{columns}/**/from/**/api_tokens {tail}"
                )


def test_status_cannot_widen_the_condition(database):
    for status in (
        "x') OR ('1'='1",
        "x')) OR (('1'='1",
        "x' OR '1'='1",
        "x') OR 1=1 --",
        "x') OR 1=1 /*",
        "x')) OR 1=1 /*",
        "x' OR 1=1 /*",
    ):
        database.assert_nothing_leaks(statuses=[status])
        database.assert_nothing_leaks(statuses=["open", status])
        database.assert_nothing_leaks(statuses=[status, "open"])


def test_status_cannot_read_another_table(database):
    for opening in ("')", "'))", "'"):
        for width in range(7, 12):
            columns = ", ".join(["token"] * width)
            for tail in ("/*", "LIMIT ? /*"):
                database.assert_nothing_leaks(
                    statuses=[f"x{opening} UNION ALL SELECT {columns} FROM api_tokens {tail}"]
                )


def test_field_cannot_widen_the_condition(database):
    for field in (
        "1=1 OR customer",
        "1=1) OR (customer",
        "1=1)) OR ((customer",
        "number) OR instr(customer",
        "customer) OR lower(customer",
        '1=1 OR "customer',
        'customer" = "" OR "customer',
        'customer" <> "" OR "customer',
        "customer` <> '' OR `customer",
        "customer] <> '' OR [customer",
    ):
        for text in ("foreign", "o"):
            database.assert_nothing_leaks(field=field, text=text)


def test_field_is_no_oracle_for_another_table(database):
    expressions = (
        "(SELECT token FROM api_tokens)",
        "customer || (SELECT token FROM api_tokens)",
        "(SELECT group_concat(token) FROM api_tokens)",
        'customer" || (SELECT token FROM api_tokens) || "',
        "customer` || (SELECT token FROM api_tokens) || `customer",
        "customer] || (SELECT token FROM api_tokens) || [customer",
    )
    for expression in expressions:
        database.assert_no_oracle(lambda guess: {"field": expression, "text": guess})


def test_sort_expression_is_no_oracle(database):
    for first, second in (("total_cents", "memo"), ("customer", "number"), ("total_cents", "-total_cents")):
        database.assert_no_oracle(
            lambda guess: {"sort": f"(CASE WHEN {database.condition(guess)} THEN {first} ELSE {second} END)"}
        )
    database.assert_no_oracle(
        lambda guess: {"sort": f"iif({database.condition(guess)}, total_cents, customer)"}
    )
    database.assert_no_oracle(
        lambda guess: {"sort": f"total_cents * (({database.condition(guess)}) * 2 - 1)"}
    )


def test_sort_expression_without_quotes_is_no_oracle(database):
    for first, second in (("total_cents", "memo"), ("customer", "number"), ("total_cents", "-total_cents")):
        database.assert_no_oracle(
            lambda guess: {
                "sort": f"(CASE WHEN (SELECT unicode(token) FROM api_tokens) = {ord(guess[0])}"
                f" THEN {first} ELSE {second} END)"
            }
        )


def test_sort_name_cannot_leave_its_quotation_marks(database):
    for quote in ('"', "`", "]", "'", '")', "`)", "])"):
        for ending in ("LIMIT ? /*", "LIMIT 50 /*", "LIMIT ? --", "LIMIT 50 --", "LIMIT ? OFFSET ? /*", "/*"):
            database.assert_no_oracle(
                lambda guess: {
                    "sort": f"status{quote}, (CASE WHEN {database.condition(guess)}"
                    f" THEN total_cents ELSE -total_cents END) {ending}"
                }
            )


def test_direction_is_no_oracle(database):
    for start in ("asc", "desc", "ASC", ""):
        for sort in ("status", "issued_on"):
            database.assert_no_oracle(
                lambda guess: {
                    "sort": sort,
                    "direction": f"{start}, (CASE WHEN {database.condition(guess)}"
                    " THEN total_cents ELSE -total_cents END)",
                }
            )
            database.assert_no_oracle(
                lambda guess: {
                    "sort": sort,
                    "direction": f"{start}, iif({database.condition(guess)}, total_cents, -total_cents) desc",
                }
            )


def test_direction_cannot_lift_the_limit(database):
    for direction in (
        "asc LIMIT ? + 1000 /*",
        "asc LIMIT ? + 1000 --",
        "desc LIMIT 1000 /*",
        "desc LIMIT 1000 --",
        "asc LIMIT ?*0-1 /*",
    ):
        assert len(database.attack(direction=direction, limit=1)) <= 1, direction

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
