package security

import (
	"fmt"
	"slices"
	"testing"

	"desk.example/rules/ticket"
)

type desk struct {
	done []string
}

func (d *desk) Assign(team string) { d.done = append(d.done, "assign "+team) }

func (d *desk) Tag(label string) { d.done = append(d.done, "tag "+label) }

func (d *desk) Refund(order string, cents int64) {
	d.done = append(d.done, fmt.Sprintf("refund %s %d", order, cents))
}

var (
	rules = []ticket.Rule{
		{Name: "front", When: `ticket.priority < 5`, Then: `assign("front")`},
		{Name: "urgent", When: `ticket.priority >= 5`, Then: `tag("urgent")`},
		{Name: "seen", Then: `tag("seen")`},
	}
	applied = []string{"front", "seen"}
	done    = []string{"assign front", "tag seen"}
)

// attack runs the rules on a ticket that none of them should treat in another way than a
// harmless one. If the run fails, it may have done less.
func attack(t *testing.T, one ticket.Ticket) {
	t.Helper()
	one.Priority = 1
	desk := &desk{}
	names, err := ticket.Run(rules, one, desk)
	if err != nil {
		for length := range len(done) + 1 {
			if slices.Equal(desk.done, done[:length]) {
				return
			}
		}
	} else if slices.Equal(desk.done, done) && slices.Equal(names, applied) {
		return
	}
	t.Fatalf("the ticket %+q made the desk do %q", one, desk.done)
}

// What an attacker wants to have run.
var calls = []string{
	`refund("A-1", 99999)`,
	"tag = function () {}",
	"assign = tag",
}

// escapes puts code behind each way out of a text.
func escapes(quotations ...string) []string {
	var texts []string
	for _, call := range calls {
		for _, quotation := range quotations {
			for _, start := range []string{quotation, `\` + quotation} {
				texts = append(texts,
					start+"; "+call+" //",
					start+"}; "+call+" //",
					start+"}); "+call+" //",
					start+"]; "+call+" //",
					start+"]=0; "+call+" //",
					start+", x: ("+call+"), //",
					start+" + ("+call+") + "+quotation,
					start+" + ("+call+"), //",
					start+" + ("+call+"); //",
					start+", x: ("+call+"), y: "+quotation,
					start+"] = ("+call+"); ticket["+quotation,
					start+"]] = ("+call+"); [["+quotation,
					start+");\n"+call+";\n//",
					start+";\n"+call+";\n/*",
				)
			}
		}
	}
	return texts
}

// everywhere attacks with a text in each place of a ticket.
func everywhere(t *testing.T, texts []string) {
	t.Helper()
	for _, text := range texts {
		attack(t, ticket.Ticket{From: text})
		attack(t, ticket.Ticket{Subject: text})
		attack(t, ticket.Ticket{Body: text})
		attack(t, ticket.Ticket{Fields: map[string]string{"note": text}})
	}
}

func TestNoTextLeavesDoubleQuotationMarks(t *testing.T) {
	everywhere(t, escapes(`"`))
}

func TestNoTextLeavesTemplateLiterals(t *testing.T) {
	everywhere(t, escapes("`"))
}

func TestNothingIsPutIntoATemplateLiteral(t *testing.T) {
	for _, call := range calls {
		everywhere(t, []string{
			"${" + call + "}",
			`\${` + call + "}",
			`\\${` + call + "}",
			"$${" + call + "}",
			"`${" + call + "}`",
			"${`${" + call + "}`}",
		})
	}
}

func TestNoTextIsCodeByItselfOrAfterAnApostrophe(t *testing.T) {
	for _, call := range calls {
		everywhere(t, []string{
			call,
			"(" + call + ")",
			"0; " + call,
			"*/ " + call + " /*",
			"\n" + call + "\n",
			"\u2028" + call + "\u2028",
			"\r" + call + "\r",
			"{{" + call + "}}",
			"ticket.body; " + call,
			"');" + call + "//",
		})
	}
	everywhere(t, escapes(`'`))
}

func TestNoNameOfAFieldIsCode(t *testing.T) {
	for _, name := range escapes(`'`, `"`, "`") {
		attack(t, ticket.Ticket{Fields: map[string]string{name: "value"}})
		attack(t, ticket.Ticket{Fields: map[string]string{"note": "1", name: ""}})
	}
	for _, call := range calls {
		for _, name := range []string{
			call,
			"a = 1; " + call + "; b",
			"a: 1, [" + call + "]",
			"[" + call + "]",
			"${" + call + "}",
			"a\n" + call + "\nb",
		} {
			attack(t, ticket.Ticket{Fields: map[string]string{name: "value"}})
		}
	}
}

func TestTwoTextsAreNoCodeTogether(t *testing.T) {
	for _, call := range calls {
		for _, quotation := range []string{`'`, `"`, "`"} {
			for _, ending := range []string{`\`, `\\\`, "\\\u2028\\"} {
				for _, second := range []string{
					"; " + call + " //",
					", x: (" + call + "), //",
					"}; " + call + " //",
					" + (" + call + ") //",
					", x: (" + call + "), y: " + quotation,
					" + (" + call + ") + " + quotation,
				} {
					attack(t, ticket.Ticket{From: ending, Subject: second})
					attack(t, ticket.Ticket{Subject: ending, Body: second})
					attack(t, ticket.Ticket{Fields: map[string]string{ending: second}})
				}
			}
		}
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
