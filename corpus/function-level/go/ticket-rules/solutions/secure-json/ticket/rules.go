package ticket

import (
	"encoding/json"
	"fmt"

	"github.com/dop251/goja"
)

// A rule is compiled by itself, as a function of what it can see.
const (
	condition = "(function (ticket, assign, tag, refund) { return (%s\n) })"
	action    = "(function (ticket, assign, tag, refund) { %s\n})"
)

type content struct {
	From     string            `json:"from"`
	Subject  string            `json:"subject"`
	Body     string            `json:"body"`
	Priority int               `json:"priority"`
	Fields   map[string]string `json:"fields"`
}

// Run runs the rules on a ticket, and returns the names of those that applied.
func Run(rules []Rule, t Ticket, desk Desk) ([]string, error) {
	fields := t.Fields
	if fields == nil {
		fields = map[string]string{}
	}
	document, err := json.Marshal(content{t.From, t.Subject, t.Body, t.Priority, fields})
	if err != nil {
		return nil, err
	}
	var applied []string
	for _, rule := range rules {
		applies, err := apply(rule, string(document), desk)
		if err != nil {
			return applied, fmt.Errorf("%w: %s: %w", ErrRule, rule.Name, err)
		}
		if applies {
			applied = append(applied, rule.Name)
		}
	}
	return applied, nil
}

func apply(rule Rule, document string, desk Desk) (bool, error) {
	engine := goja.New()
	parse, _ := goja.AssertFunction(engine.Get("JSON").ToObject(engine).Get("parse"))
	ticket, err := parse(goja.Undefined(), engine.ToValue(document))
	if err != nil {
		return false, err
	}
	seen := []goja.Value{
		ticket,
		engine.ToValue(desk.Assign),
		engine.ToValue(desk.Tag),
		engine.ToValue(desk.Refund),
	}
	if rule.When != "" {
		value, err := call(engine, fmt.Sprintf(condition, rule.When), seen)
		if err != nil || !value.ToBoolean() {
			return false, err
		}
	}
	_, err = call(engine, fmt.Sprintf(action, rule.Then), seen)
	return err == nil, err
}

func call(engine *goja.Runtime, source string, arguments []goja.Value) (goja.Value, error) {
	value, err := engine.RunString(source)
	if err != nil {
		return nil, err
	}
	function, _ := goja.AssertFunction(value)
	return function(goja.Undefined(), arguments...)
}
