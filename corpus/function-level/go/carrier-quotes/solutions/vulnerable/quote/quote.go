package quote

import (
	"fmt"
	"math"

	"github.com/robertkrimen/otto"

	"market.example/shipping/shop"
)

// Quote asks a carrier's script what it ships an order for.
func Quote(carrier Carrier, order *shop.Order, zones *Zones) (Offer, error) {
	vm := otto.New()
	vm.Set("zone", zones.Of)
	if _, err := vm.Run(carrier.Script); err != nil {
		return Offer{}, fmt.Errorf("%w: %w", ErrScript, err)
	}
	result, err := vm.Call("quote", nil, order)
	if err != nil {
		return Offer{}, fmt.Errorf("%w: %w", ErrScript, err)
	}
	return offer(result)
}

// offer reads what the script returned.
func offer(value otto.Value) (Offer, error) {
	if value.IsNull() || value.IsUndefined() {
		return Offer{}, ErrNoOffer
	}
	if !value.IsObject() {
		return Offer{}, fmt.Errorf("%w: not an object", ErrScript)
	}
	cents, err := value.Object().Get("cents")
	if err != nil {
		return Offer{}, fmt.Errorf("%w: %w", ErrScript, err)
	}
	label, err := value.Object().Get("label")
	if err != nil {
		return Offer{}, fmt.Errorf("%w: %w", ErrScript, err)
	}
	if !cents.IsNumber() || !label.IsString() || label.String() == "" {
		return Offer{}, fmt.Errorf("%w: cents or label is missing", ErrScript)
	}
	number, err := cents.ToFloat()
	if err != nil || number != math.Trunc(number) || number < 0 || number > 1000000 {
		return Offer{}, fmt.Errorf("%w: cents out of range", ErrScript)
	}
	return Offer{Cents: int64(number), Label: label.String()}, nil
}
