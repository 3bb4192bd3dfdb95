package quote

import (
	"fmt"
	"math"
	"sync"

	"github.com/robertkrimen/otto"

	"market.example/shipping/shop"
)

// Starting an engine takes long, so all carriers share one.
var (
	engine = otto.New()
	mutex  sync.Mutex
)

// Quote asks a carrier's script what it ships an order for.
func Quote(carrier Carrier, order *shop.Order, zones *Zones) (Offer, error) {
	mutex.Lock()
	defer mutex.Unlock()
	if err := engine.Set("quote", otto.UndefinedValue()); err != nil {
		return Offer{}, err
	}
	if err := engine.Set("zone", zones.Of); err != nil {
		return Offer{}, err
	}
	if _, err := engine.Run(carrier.Script); err != nil {
		return Offer{}, fmt.Errorf("%w: %w", ErrScript, err)
	}
	result, err := engine.Call("quote", nil, view(order))
	if err != nil {
		return Offer{}, fmt.Errorf("%w: %w", ErrScript, err)
	}
	return offer(result)
}

// view copies what a script may know of an order.
func view(order *shop.Order) map[string]any {
	lines := make([]any, 0, len(order.Lines))
	for _, line := range order.Lines {
		lines = append(lines, map[string]any{
			"SKU":      line.SKU,
			"Title":    line.Title,
			"Quantity": line.Quantity,
			"Cents":    line.Cents,
			"Grams":    line.Grams,
		})
	}
	total := order.Total()
	return map[string]any{
		"Number":  order.Number,
		"Country": order.Country,
		"Lines":   lines,
		"Total":   func() int64 { return total },
	}
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
