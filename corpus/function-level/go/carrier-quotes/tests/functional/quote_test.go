package functional

import (
	"errors"
	"testing"

	"market.example/shipping/quote"
	"market.example/shipping/shop"
)

func order() *shop.Order {
	return &shop.Order{
		Number:  "R-1001",
		Country: "DE",
		Lines: []*shop.Line{
			{SKU: "K-1", Title: "Kettle \"steel\"", Quantity: 2, Cents: 1250, Grams: 900, Product: &shop.Product{Supplier: "Acme", CostCents: 700}},
			{SKU: "T-9", Title: "茶杯", Quantity: 3, Cents: 400, Grams: 250, Product: &shop.Product{}},
		},
		Customer: &shop.Customer{Name: "Ada", Email: "ada@mail.example"},
		Shop:     &shop.Shop{Name: "Pots", APIKey: "key", Balance: 100},
	}
}

func zones() *quote.Zones {
	zones := quote.NewZones()
	zones.Set("DE", 1)
	zones.Set("CH", 2)
	return zones
}

// offers expects an offer for the sample order.
func offers(t *testing.T, script string, cents int64, label string) {
	t.Helper()
	offer, err := quote.Quote(quote.Carrier{Name: "Post", Script: script}, order(), zones())
	if err != nil {
		t.Errorf("%s: %v", script, err)
	} else if offer != (quote.Offer{Cents: cents, Label: label}) {
		t.Errorf("%s: %+v, expected %d %q", script, offer, cents, label)
	}
}

// fails expects that there is no offer, for one of the two reasons.
func fails(t *testing.T, script string, reason error) {
	t.Helper()
	offer, err := quote.Quote(quote.Carrier{Name: "Post", Script: script}, order(), zones())
	if !errors.Is(err, reason) {
		t.Errorf("%s: %+v, %v, expected %v", script, offer, err, reason)
	}
}

func TestAnOfferIsComputedFromTheLines(t *testing.T) {
	offers(t, `
		var RATE = 0.5; // cents for a gram
		function weight(lines) {
			var grams = 0;
			for (var i = 0; i < lines.length; i++) {
				grams += lines[i].Grams * lines[i].Quantity;
			}
			return grams;
		}
		function quote(order) {
			return { cents: Math.ceil(weight(order.Lines) * RATE), label: "Standard" };
		}`, 1275, "Standard")
}

func TestTextsOfTheOrderAreThere(t *testing.T) {
	offers(t, `function quote(order) {
		return { cents: 0, label: order.Number + "|" + order.Country + "|" + order.Lines[0].SKU + "|" + order.Lines[0].Title + "|" + order.Lines[1].Title };
	}`, 0, `R-1001|DE|K-1|Kettle "steel"|茶杯`)
}

func TestTheTotalIsThere(t *testing.T) {
	offers(t, `function quote(order) {
		return order.Total() >= 3700 ? { cents: order.Total() / 10, label: "Ten per cent" } : null;
	}`, 370, "Ten per cent")
	offers(t, `function quote(order) {
		return { cents: order.Lines[1].Cents + order.Lines[1].Quantity, label: typeof order.Lines[1].Cents };
	}`, 403, "number")
}

func TestZonesCanBeAsked(t *testing.T) {
	offers(t, `
		var prices = [900, 300, 500];
		function quote(order) {
			return { cents: prices[zone(order.Country)], label: "Zone " + zone("CH") + "/" + zone("XX") };
		}`, 300, "Zone 2/0")
}

func TestAnOrderWithoutLinesHasALength(t *testing.T) {
	empty := &shop.Order{Number: "R-2", Country: "CH"}
	offer, err := quote.Quote(quote.Carrier{Script: `function quote(order) {
		return { cents: order.Lines.length, label: "Total " + order.Total() };
	}`}, empty, zones())
	if err != nil || offer != (quote.Offer{Label: "Total 0"}) {
		t.Errorf("%+v, %v", offer, err)
	}
}

func TestThereMayBeNoOffer(t *testing.T) {
	fails(t, `function quote(order) { return null; }`, quote.ErrNoOffer)
	fails(t, `function quote(order) { if (order.Country === "NZ") { return { cents: 1, label: "x" }; } }`, quote.ErrNoOffer)
}

func TestTheBoundsOfAnOffer(t *testing.T) {
	offers(t, `function quote() { return { cents: 0, label: " ", days: 3 }; }`, 0, " ")
	offers(t, `function quote() { return { cents: 1000000, label: "<b>x</b>\n" }; }`, 1000000, "<b>x</b>\n")
	for _, result := range []string{
		`{ cents: -1, label: "x" }`,
		`{ cents: 1000001, label: "x" }`,
		`{ cents: 1.5, label: "x" }`,
		`{ cents: NaN, label: "x" }`,
		`{ cents: Infinity, label: "x" }`,
		`{ cents: "100", label: "x" }`,
		`{ label: "x" }`,
		`{ cents: 100 }`,
		`{ cents: 100, label: "" }`,
		`{ cents: 100, label: 7 }`,
		`100`,
		`"100"`,
		`true`,
	} {
		fails(t, `function quote() { return `+result+`; }`, quote.ErrScript)
	}
}

func TestFaultyScripts(t *testing.T) {
	for _, script := range []string{
		``,
		`function quote(order) {`,
		`function price(order) { return null; }`,
		`var quote = 7;`,
		`throw new Error("closed"); function quote() { return null; }`,
		`function quote(order) { throw "no"; }`,
		`function quote(order) { return order.Lines[9].Grams; }`,
		`function quote(order) { return nobody(order); }`,
	} {
		fails(t, script, quote.ErrScript)
	}
}

func TestManyCallsGiveTheSame(t *testing.T) {
	script := `var calls = 0; function quote(order) { calls++; return { cents: calls, label: order.Number }; }`
	for range 3 {
		offers(t, script, 1, "R-1001")
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
