package functional

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"desk.example/rules/ticket"
)

// desk writes down what it is asked for.
type desk struct {
	done []string
}

func (d *desk) Assign(team string) { d.done = append(d.done, "assign "+team) }

func (d *desk) Tag(label string) { d.done = append(d.done, "tag "+label) }

func (d *desk) Refund(order string, cents int64) {
	d.done = append(d.done, fmt.Sprintf("refund %s %d", order, cents))
}

func sample() ticket.Ticket {
	return ticket.Ticket{
		From:     "ada@mail.example",
		Subject:  "Parcel 4711 is late",
		Body:     "Hello,\n\nit's \"late\" again.\n\tAda",
		Priority: 2,
		Fields:   map[string]string{"product": "kettle", "X-Order": "A-17", "Größe": "mittel", "two words": "yes"},
	}
}

// run runs rules that are in order, and compares what they did.
func run(t *testing.T, one ticket.Ticket, rules []ticket.Rule, applied, done []string) {
	t.Helper()
	desk := &desk{}
	names, err := ticket.Run(rules, one, desk)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(names, applied) {
		t.Errorf("rules that applied: %q, expected %q", names, applied)
	}
	if !slices.Equal(desk.done, done) {
		t.Errorf("done: %q, expected %q", desk.done, done)
	}
}

func TestRulesApplyInOrder(t *testing.T) {
	run(t, sample(), []ticket.Rule{
		{Name: "late", When: `ticket.subject.includes("late")`, Then: `tag("late"); assign("parcels");`},
		{Name: "urgent", When: `ticket.priority > 2`, Then: `tag("urgent");`},
		{Name: "small", When: `ticket.fields["X-Order"] === "A-17"`, Then: `refund(ticket.fields["X-Order"], 100 * ticket.priority)`},
	}, []string{"late", "small"}, []string{"tag late", "assign parcels", "refund A-17 200"})
}

func TestRulesSeeTheTicketAsItIs(t *testing.T) {
	one := sample()
	run(t, one, []ticket.Rule{{Name: "copy", Then: `
		tag(ticket.from);
		tag(ticket.subject);
		tag(ticket.body);
		tag(String(ticket.priority + 1));
		tag(typeof ticket.priority);
		tag(ticket.fields.product);
		tag(ticket.fields["Größe"]);
		tag(ticket.fields["two words"]);
	`}}, []string{"copy"}, []string{
		"tag " + one.From, "tag " + one.Subject, "tag " + one.Body, "tag 3", "tag number",
		"tag kettle", "tag mittel", "tag yes",
	})
}

func TestTextsOfAnyScriptAndLengthArrive(t *testing.T) {
	one := ticket.Ticket{
		Subject: "订单 🚚 — “später”; it's 50% <b>&amp;</b>",
		Body:    strings.Repeat("line\n", 5000),
		Fields:  map[string]string{"note": "a \"quoted\" 'word' /* here */ // and there\nsecond line"},
	}
	run(t, one, []ticket.Rule{{Name: "copy", Then: `
		tag(ticket.subject); tag(ticket.fields.note); tag(String(ticket.body.length)); tag("[" + ticket.from + "]")
	`}}, []string{"copy"}, []string{
		"tag " + one.Subject, "tag " + one.Fields["note"], "tag 25000", "tag []",
	})
}

func TestFieldsThatAreNotThereAreUndefined(t *testing.T) {
	for _, fields := range []map[string]string{nil, {}, {"other": ""}} {
		run(t, ticket.Ticket{Fields: fields}, []ticket.Rule{
			{Name: "none", When: `ticket.fields.product === undefined`, Then: `tag(typeof ticket.fields.product)`},
			{Name: "some", When: `ticket.fields.product`, Then: `tag("product")`},
		}, []string{"none"}, []string{"tag undefined"})
	}
}

func TestConditionsAreTrueAsInJavaScript(t *testing.T) {
	run(t, sample(), []ticket.Rule{
		{Name: "empty"},
		{Name: "text", When: `"x"`},
		{Name: "zero", When: `0`, Then: `tag("zero")`},
		{Name: "no text", When: `""`, Then: `tag("no text")`},
		{Name: "null", When: `null`},
		{Name: "object", When: `[]`, Then: `tag("object")`},
		{Name: "pattern", When: `/^Parcel \d+/.test(ticket.subject)`, Then: ``},
	}, []string{"empty", "text", "object", "pattern"}, []string{"tag object"})
}

func TestRulesSpanLinesAndEndInComments(t *testing.T) {
	run(t, sample(), []ticket.Rule{
		{Name: "one", When: "ticket.priority > 1 &&\n  ticket.priority < 9 // not the worst", Then: "tag('a')\ntag('b') // both"},
	}, []string{"one"}, []string{"tag a", "tag b"})
}

func TestEachRuleStandsForItself(t *testing.T) {
	run(t, sample(), []ticket.Rule{
		{Name: "one", Then: `const team = "first"; var order = 1; function pick() { return team } assign(pick())`},
		{Name: "two", When: `typeof team === "undefined" && typeof order === "undefined" && typeof pick === "undefined"`,
			Then: `const team = "second"; let order = 2; assign(team)`},
	}, []string{"one", "two"}, []string{"assign first", "assign second"})
}

func TestNoRulesDoNothing(t *testing.T) {
	run(t, sample(), nil, nil, nil)
	run(t, sample(), []ticket.Rule{{Name: "no", When: "false", Then: `tag("no")`}}, nil, nil)
}

func TestAFaultyRuleEndsTheRun(t *testing.T) {
	for _, faulty := range []ticket.Rule{
		{Name: "faulty one", When: `ticket.(`, Then: `tag("never")`},
		{Name: "faulty one", Then: `tag("never"`},
		{Name: "faulty one", When: `ticket.fields.missing.length > 3`, Then: `tag("never")`},
		{Name: "faulty one", Then: `throw new Error("no")`},
		{Name: "faulty one", Then: `nobody.knows()`},
	} {
		desk := &desk{}
		names, err := ticket.Run([]ticket.Rule{
			{Name: "good", Then: `tag("good")`},
			faulty,
			{Name: "late", Then: `tag("late")`},
		}, sample(), desk)
		if !errors.Is(err, ticket.ErrRule) || !strings.Contains(err.Error(), "faulty one") {
			t.Errorf("%+v: unexpected error %v", faulty, err)
		}
		if !slices.Equal(names, []string{"good"}) || !slices.Equal(desk.done, []string{"tag good"}) {
			t.Errorf("%+v: applied %q, done %q", faulty, names, desk.done)
		}
	}
}

func TestWhatAFaultyRuleDidStays(t *testing.T) {
	desk := &desk{}
	names, err := ticket.Run([]ticket.Rule{{Name: "half", Then: `tag("first"); throw "no"; tag("second")`}}, sample(), desk)
	if !errors.Is(err, ticket.ErrRule) || len(names) != 0 || !slices.Equal(desk.done, []string{"tag first"}) {
		t.Errorf("applied %q, done %q, %v", names, desk.done, err)
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
