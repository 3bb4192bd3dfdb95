// Package sdk generates the library with which a web site sends the events of its plan.
package sdk

import "errors"

// Plan is what a workspace has agreed to measure.
type Plan struct {
	Workspace string
	Events    []Event
}

// Event is something that happens on a web site.
type Event struct {
	Name        string
	Description string
	Properties  []Property
}

// Property is what is sent along with an event.
type Property struct {
	Name        string
	Description string
	// Default is a value in JSON, or empty if there is none.
	Default string
}

var (
	// ErrName is wrapped when an event has a name of which no function can be made.
	ErrName = errors.New("sdk: unusable name")
	// ErrDefault is wrapped when the default of a property is not a value in JSON.
	ErrDefault = errors.New("sdk: unusable default")
)
