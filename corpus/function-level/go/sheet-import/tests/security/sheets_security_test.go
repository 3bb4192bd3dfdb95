package security

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3"

	"office.example/workbook/sheets"
)

// A book is a workbook with tables of the application, one of which holds a secret.
type book struct {
	t      *testing.T
	db     *sql.DB
	secret string
	before []string
	sheets map[string]bool
}

func open(t *testing.T) *book {
	t.Helper()
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	b := &book{t: t, db: db, secret: rand.Text(), sheets: map[string]bool{}}
	for _, statement := range []string{
		"CREATE TABLE accounts (name TEXT, role TEXT)",
		"INSERT INTO accounts VALUES ('ada', 'owner'), ('mallory', 'guest')",
		"CREATE TABLE tokens (token TEXT)",
		"INSERT INTO tokens VALUES ('" + b.secret + "')",
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	b.before = b.application()
	return b
}

func (b *book) texts(query string) []string {
	b.t.Helper()
	rows, err := b.db.Query(query)
	if err != nil {
		return []string{err.Error()}
	}
	defer rows.Close()
	var found []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return []string{err.Error()}
		}
		found = append(found, text)
	}
	return found
}

// application is what belongs to the application itself.
func (b *book) application() []string {
	return slices.Concat(
		b.texts("SELECT name || ' ' || role FROM accounts ORDER BY rowid"),
		b.texts("SELECT token FROM tokens"),
		b.texts("SELECT type || name || sql FROM sqlite_master WHERE name NOT LIKE 'sheet:%' ORDER BY name"),
	)
}

// run imports a document and asks for columns. Each call may fail.
func (b *book) run(sheet string, header []string, lines ...[]string) {
	b.t.Helper()
	var document strings.Builder
	if err := csv.NewWriter(&document).WriteAll(append([][]string{header}, lines...)); err != nil {
		b.t.Fatal(err)
	}
	b.sheets[sheet] = true
	_, _ = sheets.Import(context.Background(), b.db, sheet, strings.NewReader(document.String()))
	for _, name := range []string{sheet, "x"} {
		for _, column := range append([]string{"a", "token"}, header...) {
			b.ask(name, column)
		}
	}
}

// ask asks for a column and fails if the secret is in it.
func (b *book) ask(sheet, column string) {
	b.t.Helper()
	values, _ := sheets.Column(context.Background(), b.db, sheet, column)
	if strings.Contains(strings.Join(values, " "), b.secret) {
		b.t.Fatalf("column %q of sheet %q holds the secret", column, sheet)
	}
}

// close fails if anything else than the sheets has changed.
func (b *book) close(about string) {
	b.t.Helper()
	defer b.db.Close()
	if after := b.application(); !slices.Equal(after, b.before) {
		b.t.Fatalf("%s changed the application's tables from %q to %q", about, b.before, after)
	}
	for _, name := range b.texts("SELECT name FROM sqlite_master WHERE name LIKE 'sheet:%'") {
		if !b.sheets[strings.TrimPrefix(name, "sheet:")] {
			b.t.Fatalf("%s made %q", about, name)
		}
	}
	b.ask("x", "a")
}

func attack(t *testing.T, sheet string, header []string, lines ...[]string) {
	t.Helper()
	b := open(t)
	b.run(sheet, header, lines...)
	b.close(fmt.Sprintf("%q with %q and %q", sheet, header, lines))
}

// Statements that an attacker wants to have run.
var statements = []string{
	"DROP TABLE accounts",
	"UPDATE accounts SET role = 'owner'",
	"INSERT INTO accounts SELECT token, 'owner' FROM tokens",
	"REPLACE INTO accounts VALUES ('mallory', 'owner')",
}

// tails follow a statement, and take care of what stands behind the name.
func tails(end string) []string {
	return []string{"; --", "; /*", " --", ";", "; COMMIT; --", "; COMMIT; SELECT (" + strings.TrimLeft(end, `\\`)}
}

// ends are ways out of a name: its quotation marks, with and without a backslash before.
var ends = []string{`"`, "`", "]", "'", `\"`, `""`, `"""`}

func TestNoNameOfASheetRunsStatements(t *testing.T) {
	for _, end := range ends {
		for _, statement := range statements {
			for _, middle := range []string{" (a TEXT); ", "(a); ", "; ", " VALUES (1); ", " DEFAULT VALUES; "} {
				for _, tail := range tails(end) {
					attack(t, "x"+end+middle+statement+tail, []string{"a"})
					attack(t, "x"+end+middle+statement+tail, []string{"a"}, []string{"1"})
				}
			}
		}
	}
}

func TestNoNameOfASheetReadsOtherTables(t *testing.T) {
	for _, end := range ends {
		for _, tail := range []string{" --", " /*", ""} {
			attack(t, "x"+end+" AS SELECT token AS a FROM tokens"+tail, []string{"a"})
			attack(t, "x"+end+" AS SELECT token AS a FROM tokens"+tail, []string{"a"}, []string{"1"})
			attack(t, "x"+end+" SELECT token FROM tokens"+tail, []string{"a"}, []string{"1"})
		}
		attack(t, "x"+end+" AS SELECT token AS a, "+strings.TrimLeft(end, `\`)+"b", []string{"a"}, []string{"1"})
	}
}

func TestNoNameOfAColumnRunsStatements(t *testing.T) {
	for _, end := range ends {
		for _, statement := range statements {
			for _, middle := range []string{" TEXT); ", "); ", " TEXT, b); "} {
				for _, tail := range tails(end) {
					name := "a" + end + middle + statement + tail
					attack(t, "x", []string{name}, []string{"1"})
					attack(t, "x", []string{"first", name})
					attack(t, "x", []string{name, "last"}, []string{"1", "2"})
				}
			}
		}
	}
}

func TestNoNameOfAColumnReadsOtherTables(t *testing.T) {
	for _, end := range ends {
		quotation := strings.TrimLeft(end, `\`)
		for _, name := range []string{
			"a" + end + " TEXT); INSERT INTO \"sheet:x\" SELECT token FROM tokens; --",
			"a" + end + "); DROP TABLE \"sheet:x\"; CREATE TABLE \"sheet:x\" AS SELECT token AS a FROM tokens; --",
			"a" + end + ", (SELECT token FROM tokens) AS " + quotation + "b",
			end + ", (SELECT token FROM tokens) AS " + quotation,
			end + " FROM (SELECT 1) UNION SELECT token FROM tokens --",
			"a" + end + " FROM \"sheet:x\" UNION SELECT token FROM tokens --",
			"a" + end + " FROM [sheet:x] UNION SELECT token FROM tokens --",
			"a" + end + " || (SELECT token FROM tokens) || " + quotation + "b",
		} {
			attack(t, "x", []string{name}, []string{"1"})
			attack(t, "x", []string{"a", name}, []string{"1", "2"})
		}
	}
}

// askAbout asks for columns and sheets by the names of attacks.
func askAbout(t *testing.T) {
	t.Helper()
	b := open(t)
	b.run("x", []string{"a", "b"}, []string{"1", "2"})
	for _, end := range append([]string{"a", ""}, ends...) {
		for _, column := range []string{
			end + " FROM tokens --",
			"token" + end + " FROM tokens --",
			"a" + end + " FROM \"sheet:x\" UNION SELECT token FROM tokens --",
			"a" + end + " || (SELECT token FROM tokens) --",
			"(SELECT token FROM tokens)",
			end + " UNION SELECT token FROM tokens --",
		} {
			b.ask("x", column)
		}
		for _, sheet := range []string{
			"x" + end + " UNION SELECT token FROM tokens --",
			"x" + end + " JOIN tokens --",
			"x" + end + ", tokens --",
			"x" + end + "; " + statements[1] + "; --",
		} {
			b.ask(sheet, "a")
			b.ask(sheet, "token")
		}
	}
	b.close("asking for columns")
}

func TestNeitherStoredNorAskedNamesAreStatements(t *testing.T) {
	askAbout(t)
	// Sheets and columns that a careful import makes under the very names of attacks.
	for _, end := range ends {
		quotation := strings.TrimLeft(end, `\`)
		names := []string{
			"a" + end + ", (SELECT token FROM tokens) AS " + quotation + "b",
			"a" + end + " FROM (SELECT 1 AS a) UNION SELECT token FROM tokens --",
			"x" + end + " UNION SELECT token FROM tokens --",
			"x" + end + " UNION SELECT token FROM tokens WHERE " + quotation + "a" + quotation + " <> " + quotation,
			"x" + end + "; UPDATE accounts SET role = 'owner'; --",
		}
		for _, name := range names {
			b := open(t)
			b.run("x", []string{"a", name}, []string{"1", "2"})
			b.close(name)
			b = open(t)
			b.run("x", []string{"a"}, []string{"1"})
			b.run(name, []string{"a"}, []string{"2"})
			b.close(name)
		}
	}
}

func TestNoValueIsAStatement(t *testing.T) {
	for _, end := range []string{"'", `"`, `\'`, `\"`, "`", `''`, `""`} {
		quotation := strings.TrimLeft(end, `\`)
		for _, statement := range statements {
			for _, tail := range []string{"; --", "; /*", " --"} {
				value := "v" + end + "); " + statement + tail
				attack(t, "x", []string{"a"}, []string{value})
				attack(t, "x", []string{"a", "b"}, []string{"1", "v" + end + "); " + statement + tail}, []string{"2", "3"})
			}
		}
		for _, value := range []string{
			"v" + end + "), ((SELECT token FROM tokens)) --",
			"v" + end + "), ((SELECT token FROM tokens)), (" + quotation,
			"v" + end + " || (SELECT token FROM tokens) || " + quotation,
		} {
			attack(t, "x", []string{"a"}, []string{value})
		}
		attack(t, "x", []string{"b", "a"}, []string{`\`, ", (SELECT token FROM tokens)) --"})
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
