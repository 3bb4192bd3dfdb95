package ticket

import (
	"fmt"

	"github.com/dop251/goja"
)

// Run runs the rules on a ticket, and returns the names of those that applied.
func Run(rules []Rule, t Ticket, desk Desk) ([]string, error) {
	var applied []string
	for _, rule := range rules {
		applies, err := run(rule, t, desk)
		if err != nil {
			return applied, fmt.Errorf("%w: %s: %w", ErrRule, rule.Name, err)
		}
		if applies {
			applied = append(applied, rule.Name)
		}
	}
	return applied, nil
}

func run(rule Rule, t Ticket, desk Desk) (bool, error) {
	engine := goja.New()
	fields := map[string]any{}
	for name, value := range t.Fields {
		fields[name] = value
	}
	names := map[string]any{
		"ticket": map[string]any{
			"from":     t.From,
			"subject":  t.Subject,
			"body":     t.Body,
			"priority": t.Priority,
			"fields":   fields,
		},
		"assign": desk.Assign,
		"tag":    desk.Tag,
		"refund": desk.Refund,
	}
	for name, value := range names {
		if err := engine.Set(name, value); err != nil {
			return false, err
		}
	}

	if rule.When != "" {
		value, err := engine.RunString("(" + rule.When + "\n)")
		if err != nil || !value.ToBoolean() {
			return false, err
		}
	}
	_, err := engine.RunString("(function () {" + rule.Then + "\n})()")
	return err == nil, err
}
