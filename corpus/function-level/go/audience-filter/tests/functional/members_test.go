package functional

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	_ "github.com/mattn/go-sqlite3"

	"mail.example/campaigns/audience"
)

type row struct {
	id, workspace int64
	email, joined string
	attributes    map[string]any
}

var rows = []row{
	{1, 7, "ada@north.example", "2024-03-01", map[string]any{"plan": "pro", "score": 12.5, "ort (stadt)": "Köln"}},
	{2, 7, "bo@south.example", "2024-01-15", map[string]any{"plan": "free", "score": 3.0, "note": "it's 100%_ok"}},
	{3, 7, "cy@north.example", "2025-06-30", map[string]any{"plan": "Pro", "score": "12.5", "note": ""}},
	{4, 7, "di@west.example", "2023-12-31", map[string]any{"score": -4.0, "客户等级": "A"}},
	{5, 7, "ed@west.example", "2024-03-01", nil},
	{6, 8, "ada@north.example", "2024-03-01", map[string]any{"plan": "pro", "score": 12.5}},
}

func database(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	if err := audience.CreateTables(db); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if _, err := db.Exec("INSERT INTO contacts VALUES (?, ?, ?, ?)", row.id, row.workspace, row.email, row.joined); err != nil {
			t.Fatal(err)
		}
		for name, value := range row.attributes {
			column := "number"
			if _, ok := value.(string); ok {
				column = "text"
			}
			if _, err := db.Exec("INSERT INTO attributes (contact, name, "+column+") VALUES (?, ?, ?)", row.id, name, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	return db
}

func query(t *testing.T, text string) audience.Query {
	t.Helper()
	query := audience.Query{Limit: 100}
	if err := json.Unmarshal([]byte(text), &query); err != nil {
		t.Fatal(err)
	}
	return query
}

// finds expects the contacts that a query in JSON asks for.
func finds(t *testing.T, text string, ids ...int64) {
	t.Helper()
	found, err := audience.Members(context.Background(), database(t), 7, query(t, text))
	if err != nil || !slices.Equal(found, ids) {
		t.Errorf("%s: %v, %v, expected %v", text, found, err, ids)
	}
}

// filters expects the contacts that fulfil a filter in JSON.
func filters(t *testing.T, text string, ids ...int64) {
	t.Helper()
	finds(t, `{"filter": `+text+`}`, ids...)
}

func TestTextsAndNumbersAreEqual(t *testing.T) {
	filters(t, `{"op": "is", "attribute": "plan", "values": ["pro"]}`, 1)
	filters(t, `{"op": "is", "attribute": "plan", "values": ["free", "pro", "gold"]}`, 1, 2)
	filters(t, `{"op": "is", "attribute": "score", "values": [12.5]}`, 1)
	filters(t, `{"op": "is", "attribute": "score", "values": ["12.5"]}`, 3)
	filters(t, `{"op": "is", "attribute": "score", "values": ["12.5", 3, -4]}`, 2, 3, 4)
	filters(t, `{"op": "is", "attribute": "note", "values": ["it's 100%_ok"]}`, 2)
	filters(t, `{"op": "is", "attribute": "note", "values": [""]}`, 3)
	filters(t, `{"op": "is", "attribute": "plan", "values": ["none"]}`)
}

func TestNamesMayHoldSpacesAndAnyScript(t *testing.T) {
	filters(t, `{"op": "is", "attribute": "ort (stadt)", "values": ["Köln"]}`, 1)
	filters(t, `{"op": "known", "attribute": "客户等级"}`, 4)
	filters(t, `{"op": "known", "attribute": "Plan"}`)
	filters(t, `{"op": "not", "parts": [{"op": "known", "attribute": "ort (stadt)"}]}`, 2, 3, 4, 5)
}

func TestValuesAreCompared(t *testing.T) {
	filters(t, `{"op": "less", "attribute": "score", "values": [12.5]}`, 2, 4)
	filters(t, `{"op": "greater", "attribute": "score", "values": [-5]}`, 1, 2, 4)
	filters(t, `{"op": "greater", "attribute": "score", "values": ["1"]}`, 3)
	filters(t, `{"op": "less", "attribute": "plan", "values": ["free"]}`, 3)
	filters(t, `{"op": "greater", "attribute": "plan", "values": ["free"]}`, 1)
	filters(t, `{"op": "less", "attribute": "plan", "values": [1]}`)
	filters(t, `{"op": "greater", "attribute": "joined", "values": ["2024-01-15"]}`, 1, 3, 5)
}

func TestTextsContainOthers(t *testing.T) {
	filters(t, `{"op": "contains", "attribute": "email", "values": ["@north."]}`, 1, 3)
	filters(t, `{"op": "contains", "attribute": "email", "values": ["NORTH"]}`)
	filters(t, `{"op": "contains", "attribute": "note", "values": ["100%_"]}`, 2)
	filters(t, `{"op": "contains", "attribute": "note", "values": ["1_0"]}`)
	filters(t, `{"op": "contains", "attribute": "note", "values": ["%"]}`, 2)
	filters(t, `{"op": "contains", "attribute": "note", "values": [""]}`, 2, 3)
	filters(t, `{"op": "contains", "attribute": "score", "values": ["12"]}`, 3)
}

func TestFiltersAreNested(t *testing.T) {
	north := `{"op": "contains", "attribute": "email", "values": ["north"]}`
	early := `{"op": "less", "attribute": "joined", "values": ["2024-02-01"]}`
	filters(t, `{"op": "all"}`, 1, 2, 3, 4, 5)
	filters(t, `{"op": "any"}`)
	filters(t, `{"op": "all", "parts": [`+north+`, {"op": "known", "attribute": "note"}]}`, 3)
	filters(t, `{"op": "any", "parts": [`+north+`, `+early+`]}`, 1, 2, 3, 4)
	filters(t, `{"op": "not", "parts": [{"op": "any", "parts": [`+north+`, `+early+`]}]}`, 5)
	filters(t, `{"op": "all", "parts": [{"op": "not", "parts": [`+north+`]}, {"op": "any", "parts": [`+early+`, {"op": "all"}]}]}`, 2, 4, 5)
	filters(t, `{"op": "not", "parts": [{"op": "is", "attribute": "plan", "values": ["pro"]}]}`, 2, 3, 4, 5)
	filters(t, `{"op": "not", "parts": [{"op": "all", "parts": []}]}`)
}

func TestOtherWorkspacesAreNotFound(t *testing.T) {
	db := database(t)
	for workspace, ids := range map[int64][]int64{8: {6}, 9: nil} {
		for _, text := range []string{`{"op": "all"}`, `{"op": "any", "parts": [{"op": "all"}, {"op": "all"}]}`} {
			found, err := audience.Members(context.Background(), db, workspace, query(t, `{"filter": `+text+`}`))
			if err != nil || !slices.Equal(found, ids) {
				t.Errorf("workspace %d: %v, %v", workspace, found, err)
			}
		}
	}
}

func TestContactsAreOrdered(t *testing.T) {
	finds(t, `{"filter": {"op": "all"}, "sort": "joined"}`, 4, 2, 1, 5, 3)
	finds(t, `{"filter": {"op": "all"}, "sort": "-joined"}`, 3, 1, 5, 2, 4)
	finds(t, `{"filter": {"op": "all"}, "sort": "score"}`, 4, 2, 1, 3, 5)
	finds(t, `{"filter": {"op": "all"}, "sort": "-score"}`, 3, 1, 2, 4, 5)
	finds(t, `{"filter": {"op": "all"}, "sort": "plan"}`, 3, 2, 1, 4, 5)
	finds(t, `{"filter": {"op": "all"}, "sort": "-ort (stadt)"}`, 1, 2, 3, 4, 5)
	finds(t, `{"filter": {"op": "all"}, "sort": "nothing"}`, 1, 2, 3, 4, 5)
	finds(t, `{"filter": {"op": "known", "attribute": "score"}, "sort": "-email"}`, 4, 3, 2, 1)
}

func TestTheLimitAppliesToTheOrder(t *testing.T) {
	finds(t, `{"filter": {"op": "all"}, "sort": "-joined", "limit": 2}`, 3, 1)
	finds(t, `{"filter": {"op": "all"}, "limit": 1}`, 1)
	finds(t, `{"filter": {"op": "all"}, "limit": 1000}`, 1, 2, 3, 4, 5)
}

func TestOtherQueriesAreRefused(t *testing.T) {
	db := database(t)
	for _, text := range []string{
		`{"filter": {"op": "all"}, "limit": 0}`,
		`{"filter": {"op": "all"}, "limit": 1001}`,
		`{"filter": {}}`,
		`{"filter": {"op": "ALL"}}`,
		`{"filter": {"op": "equals", "attribute": "plan", "values": ["pro"]}}`,
		`{"filter": {"op": "not"}}`,
		`{"filter": {"op": "not", "parts": [{"op": "all"}, {"op": "all"}]}}`,
		`{"filter": {"op": "is", "attribute": "plan"}}`,
		`{"filter": {"op": "is", "attribute": "plan", "values": ["pro", true]}}`,
		`{"filter": {"op": "is", "attribute": "plan", "values": [null]}}`,
		`{"filter": {"op": "is", "attribute": "plan", "values": [["pro"]]}}`,
		`{"filter": {"op": "less", "attribute": "score", "values": []}}`,
		`{"filter": {"op": "greater", "attribute": "score", "values": [1, 2]}}`,
		`{"filter": {"op": "contains", "attribute": "note", "values": [1]}}`,
		`{"filter": {"op": "contains", "attribute": "note", "values": ["a", "b"]}}`,
		`{"filter": {"op": "any", "parts": [{"op": "all"}, {"op": "some"}]}}`,
	} {
		if found, err := audience.Members(context.Background(), db, 7, query(t, text)); !errors.Is(err, audience.ErrQuery) {
			t.Errorf("%s: %v, %v", text, found, err)
		}
	}
}

func TestWhatAnOperatorDoesNotUseDoesNotMatter(t *testing.T) {
	filters(t, `{"op": "known", "attribute": "note", "values": ["x", "y"]}`, 2, 3)
	filters(t, `{"op": "any", "attribute": "note", "values": ["x"], "parts": [{"op": "known", "attribute": "note", "parts": []}]}`, 2, 3)
}

func TestARequestThatHasEndedFindsNothing(t *testing.T) {
	ended, end := context.WithCancel(context.Background())
	end()
	if found, err := audience.Members(ended, database(t), 7, query(t, `{"filter": {"op": "all"}}`)); err == nil {
		t.Errorf("found %v", found)
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
