// Package mailer sends the circulars of a club.
package mailer

import "errors"

// A Message is a circular as a member wrote it.
type Message struct {
	Sender     string
	Recipients []string
	Subject    string
	Body       string
}

var (
	// ErrAddress is wrapped when something is no address.
	ErrAddress = errors.New("mailer: not an address")
	// ErrMessage is wrapped when a message cannot be sent as it is.
	ErrMessage = errors.New("mailer: not a message")
	// ErrDelivery is wrapped when sendmail does not take a message.
	ErrDelivery = errors.New("mailer: not delivered")
)
