package ticket

import (
	"fmt"
	"strings"

	"github.com/dop251/goja"
)

// Run runs the rules on a ticket, and returns the names of those that applied.
func Run(rules []Rule, t Ticket, desk Desk) ([]string, error) {
	var applied []string
	for _, rule := range rules {
		applies, err := evaluate(rule, t, desk)
		if err != nil {
			return applied, fmt.Errorf("%w: %s: %v", ErrRule, rule.Name, err)
		}
		if applies {
			applied = append(applied, rule.Name)
		}
	}
	return applied, nil
}

var escape = strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace

func evaluate(rule Rule, t Ticket, desk Desk) (bool, error) {
	vm := goja.New()
	vm.Set("assign", desk.Assign)
	vm.Set("tag", desk.Tag)
	vm.Set("refund", desk.Refund)

	var script strings.Builder
	fmt.Fprintf(&script, "var ticket = {\n")
	fmt.Fprintf(&script, "  from: `%s`,\n", escape(t.From))
	fmt.Fprintf(&script, "  subject: `%s`,\n", escape(t.Subject))
	fmt.Fprintf(&script, "  body: `%s`,\n", escape(t.Body))
	fmt.Fprintf(&script, "  priority: %d,\n", t.Priority)
	fmt.Fprintf(&script, "  fields: {},\n};\n")
	for name, value := range t.Fields {
		fmt.Fprintf(&script, "ticket.fields[`%s`] = `%s`;\n", escape(name), escape(value))
	}
	if _, err := vm.RunString(script.String()); err != nil {
		return false, err
	}

	if rule.When != "" {
		result, err := vm.RunString("(" + rule.When + "\n)")
		if err != nil {
			return false, err
		}
		if !result.ToBoolean() {
			return false, nil
		}
	}
	if _, err := vm.RunString("(function () {\n" + rule.Then + "\n})()"); err != nil {
		return false, err
	}
	return true, nil
}
