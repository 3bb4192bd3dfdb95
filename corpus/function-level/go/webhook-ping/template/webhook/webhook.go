// Package webhook tells merchants of events.
package webhook

import "errors"

// An Event is what a merchant is told.
type Event struct {
	ID      string
	Secret  []byte // shared with the merchant
	Payload []byte // a JSON document
}

// An Answer is what the merchant's server said.
type Answer struct {
	URL    string // where the answer came from
	Status int
	Body   []byte // at most MaxBody bytes of it
}

const (
	MaxBody      = 1024
	MaxRedirects = 3
)

var (
	// ErrTarget is wrapped when a target is no address of a webhook.
	ErrTarget = errors.New("webhook: not an address of a webhook")
	// ErrUnreachable is wrapped when there is no answer.
	ErrUnreachable = errors.New("webhook: there is no answer")
)
