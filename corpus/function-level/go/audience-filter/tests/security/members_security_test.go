package security

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3"

	"mail.example/campaigns/audience"
)

// A mailing is a database with two workspaces, of which the attacker has one, and with
// the key of the other, a number that is drawn anew.
type mailing struct {
	t   *testing.T
	db  *sql.DB
	key int64
}

const own, foreign = 7, 8

func open(t *testing.T) *mailing {
	t.Helper()
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	m := &mailing{t, db, 100000 + rand.Int64N(900000)}
	if err := audience.CreateTables(db); err != nil {
		t.Fatal(err)
	}
	m.exec("INSERT INTO api_keys VALUES (?, ?)", foreign, fmt.Sprint(m.key))
	for id, workspace := range []int64{own, own, own, foreign, foreign} {
		m.exec("INSERT INTO contacts VALUES (?, ?, ?, '2024-01-01')", id+1, workspace, fmt.Sprintf("%d@mail.example", id*7%5))
		m.exec("INSERT INTO attributes VALUES (?, 'plan', 'pro', NULL)", id+1)
		m.exec("INSERT INTO attributes VALUES (?, 'score', NULL, ?)", id+1, float64(id*3%5))
	}
	return m
}

func (m *mailing) exec(statement string, arguments ...any) {
	m.t.Helper()
	if _, err := m.db.Exec(statement, arguments...); err != nil {
		m.t.Fatal(err)
	}
}

// state is all that the database holds.
func (m *mailing) state() string {
	m.t.Helper()
	var text strings.Builder
	for _, query := range []string{
		"SELECT id || workspace || email FROM contacts ORDER BY id",
		"SELECT contact || name || coalesce(text, number) FROM attributes ORDER BY contact, name",
		"SELECT workspace || key FROM api_keys",
		"SELECT name FROM sqlite_master ORDER BY name",
	} {
		rows, err := m.db.Query(query)
		if err != nil {
			return err.Error()
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				return err.Error()
			}
			text.WriteString(line + "\n")
		}
		rows.Close()
	}
	return text.String()
}

// ask is what an attacker sees of a query. A refused one shows nothing.
func (m *mailing) ask(query audience.Query) string {
	m.t.Helper()
	query.Limit = 2
	found, err := audience.Members(context.Background(), m.db, own, query)
	for _, id := range found {
		if id < 1 || id > 3 {
			m.t.Fatalf("%+v found %v, of which %d is no contact of the workspace", query, found, id)
		}
	}
	if len(found) > 2 {
		m.t.Fatalf("%+v found %d contacts", query, len(found))
	}
	return fmt.Sprint(found, err != nil)
}

// A place is where a text of the attacker stands in a query.
type place func(text string) audience.Query

var all = audience.Filter{Op: "all"}

func in(op string) place {
	return func(text string) audience.Query {
		return audience.Query{Filter: audience.Filter{Op: op, Attribute: text, Values: []any{"x"}}}
	}
}

func value(op, attribute string) place {
	return func(text string) audience.Query {
		return audience.Query{Filter: audience.Filter{Op: op, Attribute: attribute, Values: []any{text}}}
	}
}

func sorted(prefix string) place {
	return func(text string) audience.Query { return audience.Query{Filter: all, Sort: prefix + text} }
}

// A text is made for a condition that the attacker wants to know about.
type text func(condition string) string

// attack makes queries with each text in each place. Nothing may be found but the
// workspace's own contacts, nothing may change, and whether a condition about the key of
// the other workspace is true must not show.
func attack(t *testing.T, m *mailing, texts []text, places ...place) {
	t.Helper()
	before := m.state()
	right := fmt.Sprintf("(SELECT 0 + key FROM api_keys) = %d", m.key)
	wrong := "(SELECT 0 + key FROM api_keys) = 7"
	for _, make := range texts {
		for _, place := range places {
			if seen, other := m.ask(place(make(right))), m.ask(place(make(wrong))); seen != other {
				t.Fatalf("%+v shows %s if a guess is right, and %s if it is wrong", place(make("GUESS")), seen, other)
			}
		}
	}
	if after := m.state(); after != before {
		t.Fatalf("the database changed from\n%s to\n%s", before, after)
	}
}

var (
	quotations = []string{"'", `"`, `\'`, `\"`, "`", "]", "''"}
	closings   = []string{"", ")", "))", ") > 0", ") > 0)", ")))"}
)

// conditions leaves a text and says something about other data, with the text's end open.
func conditions() []text {
	var texts []text
	for _, quotation := range quotations {
		last := strings.TrimPrefix(quotation, `\`)
		if last == "''" {
			last = "'"
		}
		if last == "]" {
			last = "["
		}
		for _, closing := range closings {
			opening := strings.Repeat("(", strings.Count(closing, ")"))
			for _, end := range []string{
				" OR " + opening + last + "x" + last + " = " + last,
				" OR instr(" + last + "x" + last + ", " + last,
				" AND " + opening + last + "x" + last + " <> " + last,
				" OR name = " + last,
				" --",
				" /*",
				" OR 0)) --",
				" AND 1 IN (1, " + last,
			} {
				for _, start := range []string{"x", "plan", ""} {
					texts = append(texts, func(condition string) string {
						return start + quotation + closing + " OR " + condition + end
					})
				}
			}
		}
	}
	return texts
}

// bare is for texts that stand in a statement without marks around them.
func bare() []text {
	var texts []text
	for _, form := range []string{
		"(%s)",
		"1 OR %s",
		"x OR %s",
		"email = 1 OR %s OR email",
		"email) OR (%s",
		"CASE WHEN %s THEN id ELSE -id END",
		"(CASE WHEN %s THEN 1 ELSE email END)",
		"id * (1 - 2 * (%s))",
		"= 1 OR %s OR 1 =",
		"> 0 OR %s OR 0 <",
		"= text OR %s OR text =",
		"email, CASE WHEN %s THEN id ELSE -id END",
	} {
		texts = append(texts, func(condition string) string { return fmt.Sprintf(form, condition) })
	}
	return texts
}

// orders leaves a text in an order.
func orders() []text {
	var texts []text
	for _, quotation := range quotations {
		last := strings.TrimPrefix(quotation, `\`)
		for _, form := range []string{
			" OR %s AND name = " + last + "score",
			" OR (%s) AND a.name = " + last + "score",
			") IS NULL, (SELECT CASE WHEN %s THEN c.id ELSE -c.id END WHERE 1 OR " + last + "a" + last + " = " + last,
			") IS NULL, (SELECT CASE WHEN %s THEN id ELSE -id END WHERE 1 OR " + last + "a" + last + " = " + last,
			"), (SELECT CASE WHEN %s THEN contacts.id ELSE -contacts.id END WHERE 1 OR " + last + "a" + last + " = " + last,
			", (CASE WHEN %s THEN id ELSE -id END), " + last,
			") OR %s OR (" + last,
		} {
			for _, start := range []string{"x", "", "plan"} {
				texts = append(texts, func(condition string) string {
					return start + quotation + fmt.Sprintf(form, condition)
				})
			}
		}
	}
	return texts
}

// unions reads other rows, or runs other statements, whatever the condition is.
func unions() []text {
	var texts []text
	for _, quotation := range quotations {
		last := strings.TrimPrefix(quotation, `\`)
		for _, closing := range closings {
			for _, form := range []string{
				" UNION SELECT 0 + key FROM api_keys --",
				" UNION ALL SELECT 0 + key FROM api_keys WHERE ? > 0 --",
				" UNION ALL SELECT id FROM contacts WHERE ? > 0 OR ? > 0 OR ? > 0 --",
				" UNION SELECT id FROM contacts WHERE " + last + "a" + last + " <> " + last,
				"; DELETE FROM attributes; --",
				"; UPDATE contacts SET workspace = 7; --",
				" OR 1 = 1 OR " + last + "a" + last + " = " + last,
				" LIMIT 100 --",
			} {
				texts = append(texts, func(string) string { return "x" + quotation + closing + form })
			}
		}
	}
	return texts
}

func TestNoNameAndNoOperatorIsACondition(t *testing.T) {
	attack(t, open(t), conditions(), in("is"), in("less"), in("contains"), in("known"))
	operator := func(text string) audience.Query {
		return audience.Query{Filter: audience.Filter{Op: text, Attribute: "plan", Values: []any{"x"}, Parts: []audience.Filter{all, all}}}
	}
	attack(t, open(t), bare(), in("is"), in("greater"), in("contains"), in("known"), operator)
}

func TestNoNameOfAnAttributeReadsOtherRows(t *testing.T) {
	attack(t, open(t), unions(), in("is"), in("less"), in("contains"), in("known"))
}

func TestNoNameIsAConditionWithinOthers(t *testing.T) {
	attack(t, open(t), conditions(), func(text string) audience.Query {
		part := audience.Filter{Op: "known", Attribute: text}
		return audience.Query{Filter: audience.Filter{Op: "all", Parts: []audience.Filter{all, {Op: "not", Parts: []audience.Filter{part}}}}}
	})
}

func TestNoValueIsACondition(t *testing.T) {
	places := []place{value("is", "plan"), value("contains", "plan"), value("less", "plan"), value("greater", "email")}
	attack(t, open(t), conditions(), places...)
	attack(t, open(t), unions(), places...)
	attack(t, open(t), bare(), places...)
}

func TestNoValueOfAListIsACondition(t *testing.T) {
	list := func(text string) audience.Query {
		return audience.Query{Filter: audience.Filter{Op: "is", Attribute: "score", Values: []any{1.0, "a", text, "b"}}}
	}
	nested := func(text string) audience.Query {
		return audience.Query{Filter: audience.Filter{Op: "is", Attribute: "plan", Values: []any{
			[]any{text}, map[string]any{"a": text},
		}}}
	}
	first := func(text string) audience.Query {
		return audience.Query{Filter: audience.Filter{Op: "is", Attribute: "plan", Values: []any{`\`, text}}}
	}
	attack(t, open(t), conditions(), list, nested, first)
	attack(t, open(t), unions(), list, nested, first)
}

func TestNoOrderIsACondition(t *testing.T) {
	places := []place{sorted(""), sorted("-")}
	attack(t, open(t), orders(), places...)
	attack(t, open(t), bare(), places...)
	attack(t, open(t), unions(), places...)
}

func TestNamesThatContactsHaveAreNoConditions(t *testing.T) {
	// Contacts are imported with attributes under the very names of attacks.
	for _, texts := range [][]text{conditions(), orders()} {
		for chosen := range slices.Chunk(texts, 200) {
			m := open(t)
			for _, make := range chosen {
				for _, guess := range []string{fmt.Sprintf("(SELECT 0 + key FROM api_keys) = %d", m.key), "(SELECT 0 + key FROM api_keys) = 7"} {
					m.exec("INSERT OR IGNORE INTO attributes VALUES (1, ?, 'y', NULL)", make(guess))
				}
			}
			attack(t, m, chosen, in("is"), in("known"), sorted(""), sorted("-"))
		}
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
