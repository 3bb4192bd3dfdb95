package functional

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3"

	"office.example/workbook/sheets"
)

// workbook opens a new database with a table of the application.
func workbook(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", filepath.Join(t.TempDir(), "book.db"))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	if _, err := db.Exec("CREATE TABLE accounts (name TEXT, role TEXT)"); err != nil {
		t.Fatal(err)
	}
	return db
}

func imports(t *testing.T, db *sql.DB, sheet, document string, rows int) {
	t.Helper()
	count, err := sheets.Import(context.Background(), db, sheet, strings.NewReader(document))
	if err != nil || count != rows {
		t.Fatalf("importing %q as %q: %d, %v, expected %d", document, sheet, count, err, rows)
	}
}

func holds(t *testing.T, db *sql.DB, sheet, column string, values ...string) {
	t.Helper()
	found, err := sheets.Column(context.Background(), db, sheet, column)
	if err != nil || !slices.Equal(found, values) {
		t.Errorf("column %q of %q: %q, %v, expected %q", column, sheet, found, err, values)
	}
}

// refuses expects an error and that the workbook has no more tables than before.
func refuses(t *testing.T, db *sql.DB, sheet, document string, reason error) {
	t.Helper()
	before := tables(t, db)
	_, err := sheets.Import(context.Background(), db, sheet, strings.NewReader(document))
	if err == nil || (reason != nil && !errors.Is(err, reason)) {
		t.Errorf("importing %q: %v, expected %v", document, err, reason)
	}
	if after := tables(t, db); !slices.Equal(after, before) {
		t.Errorf("importing %q left the tables %q, before there were %q", document, after, before)
	}
}

func tables(t *testing.T, db *sql.DB) []string {
	t.Helper()
	return texts(t, db, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
}

func texts(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var found []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		found = append(found, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestADocumentBecomesATable(t *testing.T) {
	db := workbook(t)
	imports(t, db, "orders", "number,customer,total\n17,Ada,12.50\n18,Bo,8\n19,Ada,100\n", 3)
	holds(t, db, "orders", "customer", "Ada", "Bo", "Ada")
	holds(t, db, "orders", "total", "12.50", "8", "100")
	if found := texts(t, db, `SELECT number || ':' || customer || ':' || typeof(total) FROM "sheet:orders" ORDER BY rowid`); !slices.Equal(found, []string{"17:Ada:text", "18:Bo:text", "19:Ada:text"}) {
		t.Errorf("the table holds %q", found)
	}
	if found := texts(t, db, `SELECT name || ' ' || type FROM pragma_table_info('sheet:orders')`); !slices.Equal(found, []string{"number TEXT", "customer TEXT", "total TEXT"}) {
		t.Errorf("the table has the columns %q", found)
	}
}

func TestNamesStayAsTheyAre(t *testing.T) {
	db := workbook(t)
	imports(t, db, "Q3 2026 (Köln), net", "客户's share %,select,a.b?,\"x, y\",#1: (net)\n1,2,3,4,5\n", 1)
	for i, name := range []string{"客户's share %", "select", "a.b?", "x, y", "#1: (net)"} {
		holds(t, db, "Q3 2026 (Köln), net", name, string(rune('1'+i)))
	}
	if found := tables(t, db); !slices.Equal(found, []string{"accounts", "sheet:Q3 2026 (Köln), net"}) {
		t.Errorf("the tables are %q", found)
	}
}

func TestValuesStayAsTheyAre(t *testing.T) {
	db := workbook(t)
	imports(t, db, "notes", "note,empty\nit's 5% (net); -- so,\n007,\n\"two\nlines\",\n\" 北京 \",\n1e3,\n\\n,\n", 6)
	holds(t, db, "notes", "note", "it's 5% (net); -- so", "007", "two\nlines", " 北京 ", "1e3", `\n`)
	holds(t, db, "notes", "empty", "", "", "", "", "", "")
}

func TestSheetsStandBesideEachOther(t *testing.T) {
	db := workbook(t)
	imports(t, db, "first", "a\n1\n", 1)
	imports(t, db, "second", "a,b\n2,3\n", 1)
	imports(t, db, "accounts", "name\nnobody\n", 1)
	holds(t, db, "first", "a", "1")
	holds(t, db, "second", "a", "2")
	holds(t, db, "accounts", "name", "nobody")
}

func TestADocumentMayHaveNoRows(t *testing.T) {
	db := workbook(t)
	imports(t, db, "empty", "a,b\n", 0)
	holds(t, db, "empty", "b")
}

func TestManyRowsAndColumns(t *testing.T) {
	db := workbook(t)
	names := strings.Split(strings.TrimSuffix(strings.Repeat("column,", 40), ","), ",")
	for i := range names {
		names[i] += " " + strings.Repeat("i", i)
	}
	line := strings.Repeat("v,", len(names)-1) + "last\n"
	imports(t, db, "large", strings.Join(names, ",")+"\n"+strings.Repeat(line, 1200), 1200)
	found, err := sheets.Column(context.Background(), db, "large", names[39])
	if err != nil || len(found) != 1200 || found[1199] != "last" {
		t.Errorf("%d values, %v", len(found), err)
	}
}

func TestUnusableColumnsAreRefused(t *testing.T) {
	db := workbook(t)
	for _, document := range []string{"", "a,,c\n1,2,3\n", "a,b,a\n", "Name,name\n", "x,total,TOTAL\n1,2,3\n"} {
		refuses(t, db, "sheet", document, sheets.ErrColumns)
	}
}

func TestDamagedDocumentsLeaveNothing(t *testing.T) {
	db := workbook(t)
	for _, document := range []string{"a,b\n1,2\n3\n", "a,b\n1,2\n3,4,5\n", "a,b\n1,\"2\n"} {
		refuses(t, db, "damaged", document, nil)
	}
	imports(t, db, "damaged", "a,b\n1,2\n", 1)
}

func TestASheetIsNotImportedTwice(t *testing.T) {
	db := workbook(t)
	imports(t, db, "orders", "a\n1\n", 1)
	refuses(t, db, "orders", "b\n2\n", sheets.ErrExists)
	holds(t, db, "orders", "a", "1")
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	db := workbook(t)
	imports(t, db, "orders", "a\n1\n", 1)
	for _, sheet := range []string{"order", "", "sheet:orders"} {
		if found, err := sheets.Column(context.Background(), db, sheet, "a"); !errors.Is(err, sheets.ErrNoSheet) {
			t.Errorf("sheet %q: %q, %v", sheet, found, err)
		}
	}
	for _, column := range []string{"b", "", "1", "a b"} {
		if found, err := sheets.Column(context.Background(), db, "orders", column); !errors.Is(err, sheets.ErrNoColumn) {
			t.Errorf("column %q: %q, %v", column, found, err)
		}
	}
}

func TestARequestThatHasEndedImportsNothing(t *testing.T) {
	db := workbook(t)
	ended, end := context.WithCancel(context.Background())
	end()
	if _, err := sheets.Import(ended, db, "orders", strings.NewReader("a\n1\n")); err == nil {
		t.Error("the import went on")
	}
	if found := tables(t, db); !slices.Equal(found, []string{"accounts"}) {
		t.Errorf("the tables are %q", found)
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
