package functional

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"shop.example/tracking/tracking"
)

const token = "key-of-the-shop"

// gateway starts the gateway of a region. It returns the requests that came.
func gateway(t *testing.T, address string, answer http.HandlerFunc) func() []*http.Request {
	t.Helper()
	listener, err := net.Listen("tcp", fmt.Sprintf("%s:%d", address, tracking.Port))
	if err != nil {
		t.Fatal(err)
	}
	var lock sync.Mutex
	var all []*http.Request
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lock.Lock()
		all = append(all, r)
		lock.Unlock()
		answer(w, r)
	})}
	server.SetKeepAlivesEnabled(false)
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return func() []*http.Request {
		lock.Lock()
		defer lock.Unlock()
		return all
	}
}

func parcel(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, `{"state": "under way", "place": "Graz", "weight": 2}`)
}

func track(query tracking.Query) (tracking.Parcel, error) {
	return tracking.Track(context.Background(), token, query)
}

func TestTheGatewayIsAsked(t *testing.T) {
	seen := gateway(t, "10.30.0.1", parcel)
	found, err := track(tracking.Query{Region: "eu", Number: "RR123456785AT", Language: "de-AT"})
	if err != nil || found != (tracking.Parcel{State: "under way", Place: "Graz"}) {
		t.Fatalf("%+v, %v", found, err)
	}
	all := seen()
	if len(all) != 1 {
		t.Fatalf("%d requests", len(all))
	}
	request := all[0]
	if request.Method != "GET" || request.URL.Path != "/v1/parcels/RR123456785AT" || request.Host != "eu.tracking.example:8090" {
		t.Errorf("%s %s at %s", request.Method, request.URL, request.Host)
	}
	if query := request.URL.Query(); len(query) != 2 || query.Get("lang") != "de-AT" || query.Get("scope") != "public" {
		t.Errorf("the query is %q", request.URL.RawQuery)
	}
	if request.Header.Get("Authorization") != "Bearer "+token {
		t.Errorf("the key is %q", request.Header.Get("Authorization"))
	}
}

func TestEachRegionHasAGateway(t *testing.T) {
	eu := gateway(t, "10.30.0.1", parcel)
	south := gateway(t, "10.30.0.2", parcel)
	for range 2 {
		if _, err := track(tracking.Query{Region: "ap-south", Number: "1"}); err != nil {
			t.Fatal(err)
		}
	}
	if len(eu()) != 0 || len(south()) != 2 {
		t.Errorf("%d and %d requests", len(eu()), len(south()))
	}
}

func TestTheLanguageIsEnglishIfThereIsNone(t *testing.T) {
	seen := gateway(t, "10.30.0.1", parcel)
	if _, err := track(tracking.Query{Region: "eu", Number: "1"}); err != nil {
		t.Fatal(err)
	}
	if query := seen()[0].URL.Query(); len(query) != 2 || query.Get("lang") != "en" || query.Get("scope") != "public" {
		t.Errorf("the query is %q", seen()[0].URL.RawQuery)
	}
}

func TestNumbersAreOneSegment(t *testing.T) {
	seen := gateway(t, "10.30.0.1", parcel)
	numbers := []string{"RR 123", "12/34", "A#7", "100%", "1%2F2", "a&b+c", "a-b_c.d", "a=7"}
	for _, number := range numbers {
		if _, err := track(tracking.Query{Region: "eu", Number: number}); err != nil {
			t.Fatalf("%q: %v", number, err)
		}
	}
	for i, request := range seen() {
		parts := strings.Split(request.URL.EscapedPath(), "/")
		if len(parts) != 4 || parts[1] != "v1" || parts[2] != "parcels" {
			t.Errorf("%q: %s", numbers[i], request.URL)
			continue
		}
		if number, err := url.PathUnescape(parts[3]); err != nil || number != numbers[i] {
			t.Errorf("%q: %s", numbers[i], request.URL)
		}
	}
}

func TestUnknownRegionsAreErrors(t *testing.T) {
	for _, region := range []string{"", "xx", "no-such-region"} {
		if found, err := track(tracking.Query{Region: region, Number: "1"}); !errors.Is(err, tracking.ErrRegion) {
			t.Errorf("%q: %+v, %v", region, found, err)
		}
	}
}

func TestUnknownNumbersAreErrors(t *testing.T) {
	gateway(t, "10.30.0.1", http.NotFound)
	for _, number := range []string{"", "RR1"} {
		if found, err := track(tracking.Query{Region: "eu", Number: number}); !errors.Is(err, tracking.ErrNumber) {
			t.Errorf("%q: %+v, %v", number, found, err)
		}
	}
}

func TestOtherAnswersAreErrorsOfTheGateway(t *testing.T) {
	answers := map[string]http.HandlerFunc{
		"status 500": func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) },
		"status 403": func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(403); parcel(w, r) },
		"no JSON":    func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html>") },
		"a list":     func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "[1]") },
		"nothing":    func(w http.ResponseWriter, r *http.Request) {},
	}
	for _, name := range []string{"status 500", "status 403", "no JSON", "a list", "nothing"} {
		t.Run(name, func(t *testing.T) {
			gateway(t, "10.30.0.1", answers[name])
			if found, err := track(tracking.Query{Region: "eu", Number: "1"}); !errors.Is(err, tracking.ErrGateway) {
				t.Errorf("%+v, %v", found, err)
			}
		})
	}
}

func TestAGatewayThatCannotBeReachedIsAnError(t *testing.T) {
	if found, err := track(tracking.Query{Region: "us", Number: "1"}); !errors.Is(err, tracking.ErrGateway) {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestTheTimeIsLimited(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	gateway(t, "10.30.0.1", func(w http.ResponseWriter, r *http.Request) { <-release })
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if found, err := tracking.Track(ctx, token, tracking.Query{Region: "eu", Number: "1"}); !errors.Is(err, tracking.ErrGateway) {
		t.Errorf("%+v, %v", found, err)
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
