package functional

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"pay.example/hooks/webhook"
)

var event = webhook.Event{ID: "evt_71", Secret: []byte("s3cret"), Payload: []byte(`{"paid": 1250, "note": "Grüße"}`)}

func ping(t *testing.T, target string) webhook.Answer {
	t.Helper()
	answer, err := webhook.Ping(context.Background(), target, event)
	if err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	return answer
}

// A received request, as a merchant's server sees it.
type received struct {
	method, path, query string
	header              http.Header
	body                []byte
}

// merchant starts a server at a merchant's address. What it receives is kept.
func merchant(t *testing.T, answer http.HandlerFunc) (string, func() []received) {
	t.Helper()
	listener, err := net.Listen("tcp", "34.120.10.20:0")
	if err != nil {
		t.Fatal(err)
	}
	var lock sync.Mutex
	var all []received
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		lock.Lock()
		all = append(all, received{r.Method, r.URL.Path, r.URL.RawQuery, r.Header, body})
		lock.Unlock()
		answer(w, r)
	})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return "http://hooks.example:" + port, func() []received {
		lock.Lock()
		defer lock.Unlock()
		return all
	}
}

func expectEvent(t *testing.T, one received) {
	t.Helper()
	code := hmac.New(sha256.New, event.Secret)
	code.Write(event.Payload)
	if one.method != "POST" || !bytes.Equal(one.body, event.Payload) {
		t.Errorf("%s with %q", one.method, one.body)
	}
	for name, expected := range map[string]string{
		"Content-Type": "application/json",
		"X-Event-Id":   event.ID,
		"X-Signature":  "sha256=" + hex.EncodeToString(code.Sum(nil)),
	} {
		if one.header.Get(name) != expected {
			t.Errorf("%s is %q", name, one.header.Get(name))
		}
	}
}

func TestServersAreReached(t *testing.T) {
	for _, target := range []string{
		"http://hooks.example/orders",
		"https://hooks.example/orders",
		"https://hooks.example:443/orders",
		"http://hooks.example:8000/orders",
		"http://34.120.10.20/orders",
		"http://[2600:1f18:10::20]/orders",
	} {
		answer := ping(t, target)
		if answer.URL != target || answer.Status != 200 || string(answer.Body) != "thank you" {
			t.Errorf("%s: %+v", target, answer)
		}
	}
	if answer := ping(t, "https://six.example/orders"); answer.Status != 202 || len(answer.Body) != 0 {
		t.Errorf("%+v", answer)
	}
}

func TestTheEventIsPosted(t *testing.T) {
	address, seen := merchant(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") })
	ping(t, address+"/a/hook?shop=1&x=%20")
	all := seen()
	if len(all) != 1 || all[0].path != "/a/hook" || all[0].query != "shop=1&x=%20" {
		t.Fatalf("%+v", all)
	}
	expectEvent(t, all[0])
}

func TestEveryStatusIsAnAnswer(t *testing.T) {
	for _, status := range []int{200, 204, 301, 302, 303, 400, 404, 500, 503} {
		address, seen := merchant(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		})
		answer := ping(t, address+"/hook")
		if answer.Status != status || answer.URL != address+"/hook" || len(seen()) != 1 {
			t.Errorf("%d: %+v, %d requests", status, answer, len(seen()))
		}
	}
}

func TestRedirectsKeepTheEvent(t *testing.T) {
	for _, status := range []int{307, 308} {
		address, seen := merchant(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/hook" {
				w.Header().Set("Location", "../new/place?x=1")
				w.WriteHeader(status)
			}
		})
		answer := ping(t, address+"/hook")
		all := seen()
		if answer.URL != address+"/new/place?x=1" || answer.Status != 200 || len(all) != 2 {
			t.Fatalf("%d: %+v, %d requests", status, answer, len(all))
		}
		for _, one := range all {
			expectEvent(t, one)
		}
	}
}

func TestRedirectsLeadToOtherServers(t *testing.T) {
	for target, expected := range map[string]string{
		"http://hooks.example/moved":                                                 "http://hooks.example/orders",
		"http://hooks.example/secure":                                                "https://hooks.example/orders",
		"http://hooks.example/go?http://six.example/orders":                          "http://six.example/orders",
		"https://hooks.example/forever?https://six.example/orders":                   "https://six.example/orders",
		"http://hooks.example/go?http://hooks.example/go?http://hooks.example/moved": "http://hooks.example/orders",
	} {
		if answer := ping(t, target); answer.URL != expected {
			t.Errorf("%s: %+v", target, answer)
		}
	}
}

func TestMoreThanThreeRedirectsAreTooMany(t *testing.T) {
	target := "http://hooks.example/go?http://hooks.example/go?http://hooks.example/go?http://hooks.example/moved"
	if answer, err := webhook.Ping(context.Background(), target, event); !errors.Is(err, webhook.ErrUnreachable) {
		t.Errorf("%+v, %v", answer, err)
	}
}

func TestTheBodyIsCutOff(t *testing.T) {
	for _, size := range []int{0, 1, webhook.MaxBody, webhook.MaxBody + 1, 100_000} {
		content := bytes.Repeat([]byte("é"), size/2+1)[:size]
		address, _ := merchant(t, func(w http.ResponseWriter, r *http.Request) { w.Write(content) })
		answer := ping(t, address)
		if !bytes.Equal(answer.Body, content[:min(size, webhook.MaxBody)]) {
			t.Errorf("%d bytes: got %d", size, len(answer.Body))
		}
	}
}

func TestWhatIsNoTargetIsRefused(t *testing.T) {
	for _, target := range []string{"", "orders", "hooks.example/orders", "ftp://hooks.example/orders", "http://", "http:///orders", "http://hooks.example:port/", "http://[::1/"} {
		if answer, err := webhook.Ping(context.Background(), target, event); !errors.Is(err, webhook.ErrTarget) {
			t.Errorf("%q: %+v, %v", target, answer, err)
		}
	}
}

func TestWhatCannotBeReachedIsAnError(t *testing.T) {
	for _, target := range []string{
		"http://missing.example/orders",
		"http://hooks.example:8001/orders",
		"http://34.120.10.21/orders",
		"https://misdirected.example/orders",
		"http://hooks.example/go?http://missing.example/",
		"http://hooks.example/go?ftp://hooks.example/",
	} {
		if answer, err := webhook.Ping(context.Background(), target, event); !errors.Is(err, webhook.ErrUnreachable) {
			t.Errorf("%q: %+v, %v", target, answer, err)
		}
	}
}

func TestTheTimeIsLimited(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	address, _ := merchant(t, func(w http.ResponseWriter, r *http.Request) { <-release })
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if answer, err := webhook.Ping(ctx, address, event); !errors.Is(err, webhook.ErrUnreachable) {
		t.Errorf("%+v, %v", answer, err)
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
