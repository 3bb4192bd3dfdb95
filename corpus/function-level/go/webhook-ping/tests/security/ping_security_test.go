package security

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"pay.example/hooks/webhook"
)

type contact struct {
	Address, Method, Target string
}

// inside returns the requests that internal hosts have got so far.
func inside(t *testing.T) []contact {
	t.Helper()
	response, err := http.Get("http://witness.example/contacts")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var all, requests []contact
	if err := json.NewDecoder(response.Body).Decode(&all); err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		if one.Method != "" {
			requests = append(requests, one)
		}
	}
	return requests
}

// attack pings a target, and fails if an internal host got a request.
func attack(t *testing.T, target string) {
	t.Helper()
	before := len(inside(t))
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	_, _ = webhook.Ping(ctx, target, webhook.Event{ID: "evt_1", Secret: []byte("secret"), Payload: []byte("{}")})
	for _, one := range inside(t)[before:] {
		t.Errorf("%s: %s %s came to %s", target, one.Method, one.Target, one.Address)
	}
}

func TestNoInternalAddressIsAsked(t *testing.T) {
	for _, host := range []string{
		"10.20.0.5", "172.20.0.9", "192.168.7.1:8081", "127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "hooks.example@10.20.0.5",
	} {
		attack(t, "http://"+host+"/hook")
	}
}

func TestNoMetadataServiceIsAsked(t *testing.T) {
	attack(t, "http://169.254.169.254/latest/meta-data/")
	attack(t, "http://100.100.100.200/latest/meta-data/")
	attack(t, "http://[fd00:ec2::254]/latest/meta-data/")
	attack(t, "http://metadata.example/latest/meta-data/")
}

func TestNoUnspecifiedAddressIsAsked(t *testing.T) {
	attack(t, "http://0.0.0.0:8080/hook")
	attack(t, "http://[::]:8080/hook")
	attack(t, "http://[::ffff:0.0.0.0]:8080/hook")
}

func TestNoInternalAddressOfIPv6IsAsked(t *testing.T) {
	for _, host := range []string{"[::1]:8080", "[fd00:20::5]", "[::ffff:10.20.0.5]", "[::ffff:7f00:1]:8080", "[::1%25lo]:8080"} {
		attack(t, "http://"+host+"/hook")
	}
}

func TestNoNameLeadsInside(t *testing.T) {
	for _, host := range []string{"wiki.example", "WIKI.example.", "home.example:8080", "six-inside.example"} {
		attack(t, "http://"+host+"/hook")
	}
}

func TestNoRedirectLeadsInside(t *testing.T) {
	for _, target := range []string{
		"http://169.254.169.254/latest/meta-data/",
		"http://127.0.0.1:8080/hook",
		"http://[fd00:20::5]/hook",
		"http://wiki.example/hook",
		"http://hooks.example/forever?http://10.20.0.5/hook",
	} {
		attack(t, "http://hooks.example/go?"+target)
		attack(t, "https://hooks.example/forever?"+target)
	}
}

func TestANameThatChangesLeadsNowhereInside(t *testing.T) {
	attack(t, "http://rebinding.example/hook")
	attack(t, "http://rebinding.example/hook")
}

func TestASecondAddressLeadsNowhereInside(t *testing.T) {
	attack(t, "http://mixed.example:8081/hook")
	attack(t, "http://hooks.example/go?http://mixed.example:8081/hook")
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
