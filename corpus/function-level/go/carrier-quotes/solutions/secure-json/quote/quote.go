package quote

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/robertkrimen/otto"

	"market.example/shipping/shop"
)

// The order is rebuilt inside the engine, so that no Go value but numbers and texts gets there.
const rebuild = `(function (document, total) {
	var order = JSON.parse(document);
	order.Total = function () { return total; };
	return order;
})`

type line struct {
	SKU, Title             string
	Quantity, Cents, Grams int64
}

// Quote asks a carrier's script what it ships an order for.
func Quote(carrier Carrier, order *shop.Order, zones *Zones) (Offer, error) {
	document := struct {
		Number, Country string
		Lines           []line
	}{order.Number, order.Country, []line{}}
	for _, one := range order.Lines {
		document.Lines = append(document.Lines,
			line{one.SKU, one.Title, int64(one.Quantity), one.Cents, int64(one.Grams)})
	}
	encoded, err := json.Marshal(document)
	if err != nil {
		return Offer{}, err
	}

	engine := otto.New()
	argument, err := engine.Call(rebuild, nil, string(encoded), order.Total())
	if err != nil {
		return Offer{}, err
	}
	if err := engine.Set("zone", func(country string) int { return zones.Of(country) }); err != nil {
		return Offer{}, err
	}
	if _, err := engine.Run(carrier.Script); err != nil {
		return Offer{}, fmt.Errorf("%w: %w", ErrScript, err)
	}
	result, err := engine.Call("quote", nil, argument)
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
