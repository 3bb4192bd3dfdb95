// Package ticket routes the tickets of a support desk.
package ticket

import "errors"

// Ticket is a message that reached the desk, by e-mail or by its web form.
type Ticket struct {
	From     string
	Subject  string
	Body     string
	Priority int
	// Fields are what the form or the headers of the e-mail held besides, by their names.
	Fields map[string]string
}

// Rule is a rule of the desk's team, in JavaScript.
type Rule struct {
	Name string
	// When is an expression. An empty one is always true.
	When string
	// Then holds the statements that are run when the expression is true.
	Then string
}

// Desk is what rules can do.
type Desk interface {
	Assign(team string)
	Tag(label string)
	Refund(order string, cents int64)
}

// ErrRule is wrapped when a rule cannot be run to its end.
var ErrRule = errors.New("ticket: rule failed")
