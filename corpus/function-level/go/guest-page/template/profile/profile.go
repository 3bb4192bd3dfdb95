// Package profile shows what guests of the house say about themselves.
package profile

import (
	"context"
	"errors"
)

// Guest is what a guest has entered. All of it may be empty but the handle.
type Guest struct {
	Handle  string
	Name    string
	Colour  string
	Picture string
	About   string
	Links   []Link
}

// Link is an address with which a guest can be found elsewhere.
type Link struct {
	Label   string
	Address string
}

// ErrUnknown is returned, or wrapped, for handles that no guest has.
var ErrUnknown = errors.New("profile: unknown guest")

// Store has the guests.
type Store interface {
	Guest(ctx context.Context, handle string) (Guest, error)
}
