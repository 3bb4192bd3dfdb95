package security

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/valyala/fasthttp"

	"forum.example/relay/relay"
)

type contact struct {
	Address, Method, Target string
	Port                    int
}

// others returns the requests that hosts which are not permitted have got so far.
func others(t *testing.T) []contact {
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

// attack asks the relay for addresses, and fails if another host got a request.
func attack(t *testing.T, addresses ...string) {
	t.Helper()
	handler := relay.Handler([]string{"images.example", "static.partner.example", "*.cdn.example"})
	before := len(others(t))
	for _, address := range addresses {
		var request fasthttp.Request
		request.SetRequestURI(relay.Path + "?url=" + url.QueryEscape(address))
		request.Header.SetHost("forum.example")
		var ctx fasthttp.RequestCtx
		ctx.Init(&request, nil, nil)
		handler(&ctx)
		seen := others(t)
		for _, one := range seen[before:] {
			t.Errorf("%s: %s %s came to %s, port %d", address, one.Method, one.Target, one.Address, one.Port)
		}
		before = len(seen)
	}
}

func TestNoOtherHostIsAsked(t *testing.T) {
	attack(t, "http://10.20.0.5/", "http://169.254.169.254/latest", "http://wiki.example/", "http://127.0.0.1:8080/",
		"http://localhost:8080/", "http://evil.example/?http://images.example/", "http://evil.example/images.example")
	// Hosts whose names are similar to those of permitted ones.
	attack(t, "http://evilcdn.example/photo.png", "http://cdn.example/photo.png", "http://images.example.evil.example/photo.png",
		"https://images.example-evil.example/photo.png", "http://eu.cdn.example.evil.example/", "http://myimages.example/",
		"http://xstatic.partner.example/", "http://.cdn.example/")
}

func TestNoUserNameOrOtherCharacterHidesTheHost(t *testing.T) {
	attack(t, "http://images.example@10.20.0.5/", "http://images.example:80@10.20.0.5/", "http://images.example;@wiki.example/",
		"http://images.example%2f@10.20.0.5/", "http://eu.cdn.example@evil.example/")
	attack(t, "http://10.20.0.5#@images.example/", "http://10.20.0.5?@images.example/", "http://images.example?x@10.20.0.5/",
		"http://10.20.0.5\\@images.example/", "http://images.example\\@10.20.0.5/", "http://10.20.0.5\\.images.example/",
		"http://evil.example#.cdn.example/", "http://evil.example?.cdn.example", "http://evil.example/.cdn.example",
		"http://10.20.0.5:80\\@eu.cdn.example/", "http://evil.example%23.cdn.example/", "http:10.20.0.5/", "//10.20.0.5/")
}

func TestNoFragmentHidesTheHost(t *testing.T) {
	attack(t, "http://images.example#@10.20.0.5/latest", "http://images.example#x@wiki.example/", "https://images.example#@evil.example/",
		"http://images.example:80#@127.0.0.1:8080/", "http://eu.cdn.example#@evil.example/")
}

func TestNoOtherPortIsAsked(t *testing.T) {
	attack(t, "http://images.example:8080/users", "https://images.example:8443/users", "http://images.example:08080/users",
		"http://static.partner.example:8080/", "http://images.example/go?http://images.example:8080/users")
}

func TestNoRedirectLeadsToAnotherHost(t *testing.T) {
	for _, target := range []string{
		"http://10.20.0.5/latest", "http://wiki.example/", "//10.20.0.5/latest", "http://127.0.0.1:8080/", "http://evilcdn.example/",
		"/go?http://169.254.169.254/latest", "http://images.example@10.20.0.5/",
	} {
		attack(t, "http://images.example/go?"+target, "https://images.example/see?"+target)
	}
}

func TestNoRedirectHidesTheHost(t *testing.T) {
	for _, target := range []string{
		"http://images.example%23@10.20.0.5/", "http://images.example#@10.20.0.5/", "http://images.example\\@10.20.0.5/", "\\\\10.20.0.5/",
	} {
		attack(t, "http://images.example/go?"+target)
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
