package security

import (
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"

	"market.example/shipping/quote"
	"market.example/shipping/shop"
)

// A checkout is an order with what a carrier must not know, all of it drawn anew.
type checkout struct {
	order   *shop.Order
	zones   *quote.Zones
	secrets []string
	before  string
}

func start() *checkout {
	c := &checkout{zones: quote.NewZones()}
	secret := func() string {
		c.secrets = append(c.secrets, rand.Text())
		return c.secrets[len(c.secrets)-1]
	}
	c.order = &shop.Order{
		Number:  "R-1",
		Country: "DE",
		Lines: []*shop.Line{
			{SKU: "A", Title: "First", Quantity: 1, Cents: 100, Grams: 10, Product: &shop.Product{Supplier: secret(), CostCents: 60}},
			{SKU: "B", Title: "Second", Quantity: 2, Cents: 200, Grams: 20, Product: &shop.Product{Supplier: secret(), CostCents: 70}},
		},
		Customer: &shop.Customer{Name: secret(), Email: secret() + "@mail.example"},
		Shop:     &shop.Shop{Name: secret(), APIKey: secret(), Balance: 1000},
	}
	c.zones.Set("DE", 1)
	c.zones.Set("NZ", 3)
	c.before = c.state()
	return c
}

// state is all that a script could change.
func (c *checkout) state() string {
	text, err := json.Marshal(c.order)
	if err != nil {
		return err.Error()
	}
	zones, err := json.Marshal([]int{c.zones.Of("DE"), c.zones.Of("NZ"), c.zones.Of("FR")})
	if err != nil {
		return err.Error()
	}
	return string(text) + string(zones)
}

// ask runs a script. A call that fails, or even panics, offers nothing.
func (c *checkout) ask(script string) (offer quote.Offer) {
	defer func() { _ = recover() }()
	offer, err := quote.Quote(quote.Carrier{Name: "Post", Script: script}, c.order, c.zones)
	if err != nil {
		return quote.Offer{Label: err.Error()}
	}
	return offer
}

// attack runs a script that is after what it must not see or change.
func attack(t *testing.T, script string) {
	t.Helper()
	c := start()
	label := c.ask(script).Label
	for _, secret := range c.secrets {
		if strings.Contains(label, secret) {
			t.Errorf("%s learned %s", script, label)
		}
	}
	if after := c.state(); after != c.before {
		t.Errorf("%s changed\n%s to\n%s", script, c.before, after)
	}
}

// quotes is a script whose function has these statements, each of which may fail.
func quotes(statements ...string) string {
	var script strings.Builder
	script.WriteString("function quote(order) {\nvar seen = '';\n")
	for _, statement := range statements {
		script.WriteString("try { " + statement + " } catch (e) {}\n")
	}
	script.WriteString("return { cents: 1, label: '!' + seen };\n}")
	return script.String()
}

func TestTheCustomerIsNotSeen(t *testing.T) {
	attack(t, quotes("seen += order.Customer.Email;", "seen += order.Customer.Name;", "seen += JSON.stringify(order.Customer);"))
}

func TestTheShopIsNotSeen(t *testing.T) {
	attack(t, quotes("seen += order.Shop.APIKey;", "seen += order.Shop.Name;", "seen += JSON.stringify(order.Shop);"))
}

func TestProductsAreNotSeen(t *testing.T) {
	attack(t, quotes("seen += order.Lines[0].Product.Supplier;", "seen += order.Lines[1].Product.Supplier;"))
}

func TestTheShopIsNotCredited(t *testing.T) {
	attack(t, quotes("order.Shop.Credit(500000);"))
	attack(t, quotes("order.Shop.Balance = 500000;"))
}

func TestTheOrderIsNotChanged(t *testing.T) {
	for _, statement := range []string{
		"order.Number = 'X';",
		"order.Country = 'NZ';",
		"order.Lines[0].Quantity = 0;",
		"order.Lines[0].Cents = 1;",
		"order.Lines[0].Title = 'Free';",
		"order.Lines[1].Product.CostCents = 1;",
		"order.Lines[0] = order.Lines[1];",
		"order.Lines.reverse();",
		"order.Lines.sort(function (a, b) { return b.Cents - a.Cents; });",
		"order.Lines.length = 0;",
		"order.Customer.Email = 'me@mail.example';",
	} {
		attack(t, quotes(statement))
	}
}

// walk visits all that can be reached from the global object and from the order. It notes
// texts, calls what is not of the language itself, and writes to what it finds.
const walk = `
var known = [];

var seen = '';
var visited = 0;
function visit(value, depth, change) {
	if (typeof value === 'string') { seen += value + ' '; return; }
	if (value === null || (typeof value !== 'object' && typeof value !== 'function')) { return; }
	if (depth > 7 || visited > 3000 || known.indexOf(value) >= 0) { return; }
	known.push(value);
	visited++;
	var names = [];
	try { names = Object.getOwnPropertyNames(value); } catch (e) {}
	try { for (var name in value) { if (names.indexOf(name) < 0) { names.push(name); } } } catch (e) {}
	['Customer', 'Shop', 'Product', 'Email', 'Name', 'APIKey', 'Supplier', 'Credit', 'Set', 'Lines'].forEach(function (name) {
		try { if (names.indexOf(name) < 0 && value[name] !== undefined) { names.push(name); } } catch (e) {}
	});
	for (var i = 0; i < names.length; i++) {
		var inner;
		try { inner = value[names[i]]; } catch (e) { continue; }
		if (change && typeof inner === 'function' && (names[i] === 'Credit' || names[i] === 'Set')) {
			try { value[names[i]](5000); } catch (e) {}
			try { value[names[i]]('NZ', 0); } catch (e) {}
		}
		visit(inner, depth + 1, change);
		if (change && (names[i] === 'Balance' || names[i] === 'CostCents' || names[i] === 'Cents')) {
			try { value[names[i]] = 1; } catch (e) {}
		}
	}
}
`

func TestNothingIsSeenByWalkingAbout(t *testing.T) {
	attack(t, walk+`
		var everything = this;
		function quote(order) {
			visit(order, 0, false);
			visit(everything, 0, false);
			return { cents: 1, label: '!' + seen };
		}`)
	attack(t, walk+`
		visit(this, 0, false);
		function quote(order) {
			visit(arguments, 0, false);
			visit(this, 0, false);
			return { cents: 1, label: '!' + seen };
		}`)
}

func TestNothingIsChangedByWalkingAbout(t *testing.T) {
	attack(t, walk+`
		var everything = this;
		function quote(order) {
			visit(order, 0, true);
			visit(everything, 0, true);
			return { cents: 1, label: '!' + seen };
		}`)
}

func TestNothingIsLeftForTheNextRun(t *testing.T) {
	c := start()
	c.ask(`
		var kept = [];
		Object.prototype.left = 'behind';
		Array.prototype.left = 'behind';
		function quote(order) { kept.push(order.Number); return null; }`)
	offer := c.ask(`
		var global = this;
		function quote(order) {
			return { cents: 1, label: typeof global.kept + ' ' + typeof ({}).left + ' ' + typeof [].left };
		}`)
	if offer.Label != "undefined undefined undefined" {
		t.Errorf("the next run found %s", offer.Label)
	}
}

func TestNoRunDecidesWhatTheNextOneOffers(t *testing.T) {
	script := `function quote(order) {
		var prices = [1, 2, 3, 4], sum = 0;
		for (var i = 0; i < order.Lines.length; i++) { sum += order.Lines[i].Quantity; }
		return { cents: prices[zone('NZ')] + sum + Math.max(1, 2), label: 'Ours ' + order.Total() };
	}`
	expected := start().ask(script)
	for _, foul := range []string{
		`zone = function () { return 0; };`,
		`Math.max = function () { return 90000; };`,
		`JSON.parse = function () { return { Lines: [], Total: function () { return 0; } }; };`,
		`Object.defineProperty(this, 'quote', { value: function () { return null; }, writable: false, configurable: false });`,
		`Object.defineProperty(Object.prototype, 'label', { get: function () { return 'Theirs'; }, set: function () {} });`,
		`Object.freeze(this);`,
	} {
		c := start()
		c.ask(foul + `function quote(order) { return null; }`)
		c.ask(foul)
		if offer := c.ask(script); offer != expected {
			t.Errorf("after %s the next carrier offers %+v, not %+v", foul, offer, expected)
		}
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
