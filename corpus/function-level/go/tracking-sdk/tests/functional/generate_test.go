package functional

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/dop251/goja"

	"metrics.example/tracking/sdk"
)

// A site is a web site that has loaded a library.
type site struct {
	t      *testing.T
	engine *goja.Runtime
	sent   []string
}

func load(t *testing.T, plan sdk.Plan) *site {
	t.Helper()
	script, err := sdk.Generate(plan)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, engine: goja.New()}
	err = s.engine.Set("send", func(event string, properties goja.Value) {
		text, err := json.Marshal([]any{event, properties})
		if err != nil {
			t.Error(err)
		}
		s.sent = append(s.sent, string(text))
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.engine.RunString(script); err != nil {
		t.Fatalf("%v in\n%s", err, script)
	}
	if len(s.sent) > 0 {
		t.Errorf("the library sent something when it was loaded: %q", s.sent)
	}
	return s
}

// expect runs a statement of the web site and compares what it sends with JSON.
func (s *site) expect(statement, sent string) {
	s.t.Helper()
	s.sent = nil
	if _, err := s.engine.RunString(statement); err != nil {
		s.t.Errorf("%s: %v", statement, err)
		return
	}
	var expected, found any
	if err := json.Unmarshal([]byte(sent), &expected); err != nil {
		s.t.Fatal(err)
	}
	if len(s.sent) != 1 {
		s.t.Errorf("%s sent %q", statement, s.sent)
	} else if err := json.Unmarshal([]byte(s.sent[0]), &found); err != nil || !reflect.DeepEqual(found, expected) {
		s.t.Errorf("%s sent %s, expected %s", statement, s.sent[0], sent)
	}
}

func shop() sdk.Plan {
	return sdk.Plan{Workspace: "Northern Pots, Berlin", Events: []sdk.Event{
		{
			Name:        "Order Completed",
			Description: "The customer has paid.\nNot sent for orders on account.",
			Properties: []sdk.Property{
				{Name: "channel", Description: "Where the order came from", Default: `"web"`},
				{Name: "total cents", Description: "With taxes"},
				{Name: "tags", Default: ` ["a", {"b": 1.5e2}] `},
				{Name: "gift", Description: "Wrapped as a gift", Default: "false"},
				{Name: "voucher", Default: "null"},
			},
		},
		{Name: "sign-up: step 2"},
		{Name: "2nd visit", Properties: []sdk.Property{{Name: "größe", Default: `"\"it's\" 🙂\n"`}}},
	}}
}

func TestFunctionsSendTheirEvents(t *testing.T) {
	s := load(t, shop())
	s.expect(`analytics.signUpStep2()`, `["sign-up: step 2", {}]`)
	s.expect(`analytics.signUpStep2({ plan: "pro", seats: 3 })`, `["sign-up: step 2", {"plan": "pro", "seats": 3}]`)
	s.expect(`analytics._2ndVisit({})`, `["2nd visit", {"größe": "\"it's\" 🙂\n"}]`)
}

func TestDefaultsAreSent(t *testing.T) {
	s := load(t, shop())
	s.expect(`analytics.orderCompleted()`,
		`["Order Completed", {"channel": "web", "tags": ["a", {"b": 150}], "gift": false, "voucher": null}]`)
}

func TestTheCallerTakesPrecedence(t *testing.T) {
	s := load(t, shop())
	s.expect(`analytics.orderCompleted({ channel: "app", "total cents": 1250, gift: true, tags: [], more: { x: 1 } })`,
		`["Order Completed", {"channel": "app", "total cents": 1250, "tags": [], "gift": true, "voucher": null, "more": {"x": 1}}]`)
}

func TestTheCallersObjectStaysAsItIs(t *testing.T) {
	s := load(t, shop())
	s.expect(`var mine = { gift: true }; analytics.orderCompleted(mine)`,
		`["Order Completed", {"channel": "web", "tags": ["a", {"b": 150}], "gift": true, "voucher": null}]`)
	value, err := s.engine.RunString(`JSON.stringify(mine)`)
	if err != nil || value.String() != `{"gift":true}` {
		t.Errorf("the caller's object is %v (%v)", value, err)
	}
	s.expect(`analytics.orderCompleted()`,
		`["Order Completed", {"channel": "web", "tags": ["a", {"b": 150}], "gift": false, "voucher": null}]`)
}

func TestNamesOfEventsStayAsTheyAre(t *testing.T) {
	for name, function := range map[string]string{
		"open":                     "open",
		"URL opened":               "uRLOpened",
		"  Kitchen, cups & plates": "kitchenCupsPlates",
		`it's "new"`:               "itSNew",
		"a_b":                      "aB",
		"v2.0 beta":                "v20Beta",
		"-3-":                      "_3",
		"New 订单":                   "new",
	} {
		encoded, err := json.Marshal([]any{name, map[string]any{}})
		if err != nil {
			t.Fatal(err)
		}
		load(t, sdk.Plan{Events: []sdk.Event{{Name: name}}}).expect("analytics."+function+"()", string(encoded))
	}
}

func TestNothingElseIsDefined(t *testing.T) {
	s := load(t, shop())
	value, err := s.engine.RunString(`Object.keys(analytics).sort().join() + " " + Object.keys(this).sort().join()`)
	if err != nil {
		t.Fatal(err)
	}
	functions, globals, _ := strings.Cut(value.String(), " ")
	if functions != "_2ndVisit,orderCompleted,signUpStep2" {
		t.Errorf("the library has the functions %s", functions)
	}
	// A declaration with let or const is no property of the global object.
	if globals != "analytics,send" && globals != "send" {
		t.Errorf("the library defined %s", globals)
	}
}

func TestCommentsTellWhatEventsAreFor(t *testing.T) {
	script, err := sdk.Generate(shop())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"Northern Pots, Berlin", "Order Completed", "The customer has paid.", "Not sent for orders on account.",
		"channel", "Where the order came from", "With taxes", "Wrapped as a gift", "total cents",
	} {
		if !strings.Contains(script, text) {
			t.Errorf("%q is nowhere in\n%s", text, script)
		}
	}
}

func TestAPlanMayBeEmpty(t *testing.T) {
	value, err := load(t, sdk.Plan{}).engine.RunString(`typeof analytics + Object.keys(analytics).length`)
	if err != nil || value.String() != "object0" {
		t.Errorf("%v, %v", value, err)
	}
}

func TestNamesWithoutAFunctionAreRefused(t *testing.T) {
	for _, names := range [][]string{{""}, {"-"}, {"订单"}, {"fine", " . "}, {"Cart opened", "cart-Opened"}, {"a", "b", "a"}} {
		var plan sdk.Plan
		for _, name := range names {
			plan.Events = append(plan.Events, sdk.Event{Name: name})
		}
		if _, err := sdk.Generate(plan); !errors.Is(err, sdk.ErrName) {
			t.Errorf("%q: unexpected error %v", names, err)
		}
	}
}

func TestDefaultsThatAreNoJSONAreRefused(t *testing.T) {
	for _, value := range []string{"web", `"web`, "{", "[1,]", "undefined", "'web'", " "} {
		_, err := sdk.Generate(sdk.Plan{Events: []sdk.Event{{Name: "open", Properties: []sdk.Property{{Name: "p", Default: value}}}}})
		if !errors.Is(err, sdk.ErrDefault) {
			t.Errorf("%q: unexpected error %v", value, err)
		}
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
