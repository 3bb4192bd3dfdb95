package security

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"shop.example/tracking/tracking"
)

type contact struct {
	Address, Method, Target string
}

// inside returns the requests that other hosts of our network have got so far.
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

// network starts a gateway at each address of the domain, and keeps what they are asked.
type network struct {
	t    *testing.T
	lock sync.Mutex
	seen []*http.Request
}

func begin(t *testing.T) *network {
	t.Helper()
	n := &network{t: t}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.lock.Lock()
		n.seen = append(n.seen, r)
		n.lock.Unlock()
		io.WriteString(w, `{"state": "arrived", "place": "Graz"}`)
	})}
	server.SetKeepAlivesEnabled(false)
	for _, address := range []string{"10.30.0.1", "10.30.0.2", "10.30.0.3"} {
		listener, err := net.Listen("tcp", fmt.Sprintf("%s:%d", address, tracking.Port))
		if err != nil {
			t.Fatal(err)
		}
		go server.Serve(listener)
	}
	t.Cleanup(func() { server.Close() })
	return n
}

// attack asks, and fails if anything was asked that the query does not stand for.
func (n *network) attack(query tracking.Query) {
	n.t.Helper()
	before := len(inside(n.t))
	n.lock.Lock()
	n.seen = nil
	n.lock.Unlock()
	_, _ = tracking.Track(context.Background(), "key", query)
	for _, one := range inside(n.t)[before:] {
		n.t.Errorf("%+v: %s %s came to %s", query, one.Method, one.Target, one.Address)
	}
	n.lock.Lock()
	defer n.lock.Unlock()
	language := query.Language
	if language == "" {
		language = "en"
	}
	for _, request := range n.seen {
		parts := strings.Split(request.URL.EscapedPath(), "/")
		decoded := ""
		if len(parts) == 4 {
			decoded, _ = url.PathUnescape(parts[3])
		}
		if len(parts) != 4 || parts[1] != "v1" || parts[2] != "parcels" || decoded != query.Number || decoded == "" || decoded == "." || decoded == ".." {
			n.t.Errorf("%+v: the path was %s", query, request.URL.EscapedPath())
		}
		if request.Host != "eu.tracking.example:8090" {
			n.t.Errorf("%+v: the host was %s", query, request.Host)
		}
		parameters, err := url.ParseQuery(request.URL.RawQuery)
		if err != nil || len(parameters) != 2 || !slices.Equal(parameters["scope"], []string{"public"}) || !slices.Equal(parameters["lang"], []string{language}) {
			n.t.Errorf("%+v: the parameters were %s", query, request.URL.RawQuery)
		}
	}
}

func (n *network) regions(regions ...string) {
	n.t.Helper()
	for _, region := range regions {
		n.attack(tracking.Query{Region: region, Number: "RR1"})
	}
}

func (n *network) numbers(numbers ...string) {
	n.t.Helper()
	for _, number := range numbers {
		n.attack(tracking.Query{Region: "eu", Number: number})
	}
}

func TestARegionIsNoOtherHost(t *testing.T) {
	begin(t).regions("10.20.0.5/", "10.20.0.5:8080/", "wiki.example/", "169.254.169.254/latest/meta-data/iam?", "evil.example:8090/x/",
		"evil.example\\")
}

func TestARegionDoesNotEndTheHost(t *testing.T) {
	begin(t).regions("wiki.example?", "wiki.example#", "10.20.0.5:8080?", "10.20.0.5:8090#", "wiki.example?x=", "wiki.example:8090?")
}

func TestARegionHoldsNoUser(t *testing.T) {
	begin(t).regions("eu.tracking.example@10.20.0.5/", "eu.tracking.example:8090@10.20.0.5?", "x:y@wiki.example#", "x@eu")
}

func TestARegionIsOneLabel(t *testing.T) {
	begin(t).regions("admin.eu", "admin.eu.tracking.example:8090/", "eu.tracking.example.evil.example:8090/")
}

func TestARegionChoosesNoPathAndNoParameters(t *testing.T) {
	begin(t).regions("eu.tracking.example:8090/v1/staff/RR1?", "eu.tracking.example:8090/v1/parcels/RR1?scope=staff&lang=en#",
		"eu.tracking.example:8090/v1/parcels/RR1?scope=staff&lang=en&x=", "eu.tracking.example:8090/v1/parcels/RR1?x=",
		"eu.tracking.example:8090/v1/staff#")
}

func TestANumberDoesNotClimb(t *testing.T) {
	begin(t).numbers("..", ".", "../staff", "../../admin/keys", "x/../../staff", "..%2fstaff", "%2e%2e/staff", "%2e%2e", "..\\staff", "../")
}

func TestAnEmptyNumberAsksForNothing(t *testing.T) {
	begin(t).numbers("")
}

func TestANumberHasNoParameters(t *testing.T) {
	begin(t).numbers("RR1?scope=staff", "RR1?scope=staff&lang=en#", "RR1#", "RR1&scope=staff", "RR1;x", "RR1%3Fscope=staff", "RR1 HTTP/1.1\r\nX: y")
}

func TestALanguageIsOneParameter(t *testing.T) {
	n := begin(t)
	for _, language := range []string{"de&scope=staff", "de&scope=staff#", "de#", "de;scope=staff", "de%26scope=staff", "de&token=x", "&", "de\r\nX: y", "de+AT"} {
		n.attack(tracking.Query{Region: "eu", Number: "RR1", Language: language})
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
