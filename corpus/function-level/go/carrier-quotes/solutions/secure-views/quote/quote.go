package quote

import (
	"fmt"
	"math"

	"github.com/robertkrimen/otto"

	"market.example/shipping/shop"
)

// An orderView is an order as scripts see it.
type orderView struct {
	Number  string
	Country string
	Lines   []lineView
	total   int64
}

// Total is the price of all lines, in cents.
func (o orderView) Total() int64 { return o.total }

type lineView struct {
	SKU      string
	Title    string
	Quantity int
	Cents    int64
	Grams    int
}

// Quote asks a carrier's script what it ships an order for.
func Quote(carrier Carrier, order *shop.Order, zones *Zones) (Offer, error) {
	seen := orderView{Number: order.Number, Country: order.Country, total: order.Total()}
	for _, line := range order.Lines {
		seen.Lines = append(seen.Lines, lineView{line.SKU, line.Title, line.Quantity, line.Cents, line.Grams})
	}

	engine := otto.New()
	engine.Set("zone", func(call otto.FunctionCall) otto.Value {
		number, _ := engine.ToValue(zones.Of(call.Argument(0).String()))
		return number
	})
	if _, err := engine.Run(carrier.Script); err != nil {
		return Offer{}, fmt.Errorf("%w: %w", ErrScript, err)
	}
	result, err := engine.Call("quote", nil, seen)
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
