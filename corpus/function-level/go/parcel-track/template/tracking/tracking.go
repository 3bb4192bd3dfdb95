// Package tracking tells customers where their parcels are.
package tracking

import "errors"

const (
	// Domain is where the gateways are: that of the region eu is eu.tracking.example.
	Domain = "tracking.example"
	// Port is where they listen, without TLS.
	Port = 8090
)

// A Query is what a customer's browser asks.
type Query struct {
	Region   string
	Number   string
	Language string
}

// A Parcel is what the gateway knows of a parcel.
type Parcel struct {
	State string `json:"state"`
	Place string `json:"place"`
}

var (
	// ErrRegion is wrapped when there is no such region.
	ErrRegion = errors.New("tracking: there is no such region")
	// ErrNumber is wrapped when there is no such parcel.
	ErrNumber = errors.New("tracking: there is no such parcel")
	// ErrGateway is wrapped when the gateway does not answer as it should.
	ErrGateway = errors.New("tracking: the gateway does not answer")
)
