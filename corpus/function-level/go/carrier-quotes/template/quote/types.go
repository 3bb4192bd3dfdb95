// Package quote asks the scripts of carriers what shipping an order costs.
package quote

import "errors"

// Carrier is a company that ships orders.
type Carrier struct {
	Name   string
	Script string
}

// Offer is what a carrier ships an order for.
type Offer struct {
	Cents int64
	Label string
}

var (
	// ErrNoOffer is returned, or wrapped, when a carrier does not ship an order.
	ErrNoOffer = errors.New("quote: no offer")
	// ErrScript is wrapped when a carrier's script is faulty.
	ErrScript = errors.New("quote: script failed")
)

// Zones says in which tariff zone a country lies.
type Zones struct {
	numbers map[string]int
}

// NewZones makes a table of zones.
func NewZones() *Zones { return &Zones{numbers: map[string]int{}} }

// Set puts a country into a zone.
func (z *Zones) Set(country string, number int) { z.numbers[country] = number }

// Of is the zone of a country, or 0 if it lies in none.
func (z *Zones) Of(country string) int { return z.numbers[country] }
