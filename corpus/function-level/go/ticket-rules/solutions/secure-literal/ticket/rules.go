package ticket

import (
	"fmt"
	"strings"
	"unicode/utf16"

	"github.com/dop251/goja"
)

// Run runs the rules on a ticket, and returns the names of those that applied.
func Run(rules []Rule, t Ticket, desk Desk) ([]string, error) {
	prelude := declare(t)
	var applied []string
	for _, rule := range rules {
		applies, err := run(prelude, rule, desk)
		if err != nil {
			return applied, fmt.Errorf("%w: %s: %w", ErrRule, rule.Name, err)
		}
		if applies {
			applied = append(applied, rule.Name)
		}
	}
	return applied, nil
}

// declare writes the ticket as a declaration in JavaScript.
func declare(t Ticket) string {
	var source strings.Builder
	fmt.Fprintf(&source, "var ticket = {from: %s, subject: %s, body: %s, priority: %d, fields: {}};\n",
		literal(t.From), literal(t.Subject), literal(t.Body), t.Priority)
	for name, value := range t.Fields {
		fmt.Fprintf(&source, "ticket.fields[%s] = %s;\n", literal(name), literal(value))
	}
	return source.String()
}

// literal writes a text as a string of JavaScript, in which only letters, digits
// and a few others stand for themselves.
func literal(text string) string {
	var source strings.Builder
	source.WriteByte('"')
	for _, unit := range utf16.Encode([]rune(text)) {
		if isPlain(unit) {
			source.WriteByte(byte(unit))
		} else {
			fmt.Fprintf(&source, `\u%04x`, unit)
		}
	}
	source.WriteByte('"')
	return source.String()
}

func isPlain(unit uint16) bool {
	switch {
	case unit >= 'a' && unit <= 'z', unit >= 'A' && unit <= 'Z', unit >= '0' && unit <= '9':
		return true
	default:
		return unit < 0x80 && strings.ContainsRune(" .,:-_", rune(unit))
	}
}

func run(prelude string, rule Rule, desk Desk) (bool, error) {
	engine := goja.New()
	for name, function := range map[string]any{"assign": desk.Assign, "tag": desk.Tag, "refund": desk.Refund} {
		if err := engine.Set(name, function); err != nil {
			return false, err
		}
	}
	if _, err := engine.RunString(prelude); err != nil {
		return false, err
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
