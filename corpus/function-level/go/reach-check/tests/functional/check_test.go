package functional

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"hosting.example/panel/panel"
)

func post(fields ...string) *httptest.ResponseRecorder {
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	request := httptest.NewRequest(http.MethodPost, "/check", strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	recorder := httptest.NewRecorder()
	panel.CheckHandler().ServeHTTP(recorder, request)
	return recorder
}

func report(t *testing.T, fields ...string) panel.Report {
	t.Helper()
	recorder := post(fields...)
	if recorder.Code != http.StatusOK {
		t.Fatalf("%q: status %d: %s", fields, recorder.Code, recorder.Body)
	}
	if kind, _, err := mime.ParseMediaType(recorder.Header().Get("Content-Type")); err != nil || kind != "application/json" {
		t.Errorf("%q: it is %q", fields, recorder.Header().Get("Content-Type"))
	}
	var found panel.Report
	if err := json.Unmarshal(recorder.Body.Bytes(), &found); err != nil {
		t.Fatalf("%q: %v: %s", fields, err, recorder.Body)
	}
	return found
}

func expect(t *testing.T, found panel.Report, ok bool, lines ...string) {
	t.Helper()
	if found.OK != ok || !slices.Equal(found.Lines, lines) {
		t.Errorf("found %v, %q; expected %v, %q", found.OK, found.Lines, ok, lines)
	}
}

func TestPingIsRun(t *testing.T) {
	expect(t, report(t, "tool", "ping", "target", "host.example", "count", "2"), true,
		"PING host.example: 56 data bytes", "64 bytes from host.example: icmp_seq=1", "64 bytes from host.example: icmp_seq=2",
		"2 packets transmitted, 2 received")
}

func TestTheUsualCountIsThree(t *testing.T) {
	for _, fields := range [][]string{{}, {"count", ""}, {"count", " "}} {
		found := report(t, append([]string{"tool", "ping", "target", "host.example"}, fields...)...)
		if len(found.Lines) != 5 || found.Lines[4] != "3 packets transmitted, 3 received" {
			t.Errorf("%q: %q", fields, found.Lines)
		}
	}
}

func TestOnlyTheLastLinesAreShown(t *testing.T) {
	expect(t, report(t, "tool", "ping", "target", "host.example", "count", "10"), true,
		"64 bytes from host.example: icmp_seq=7", "64 bytes from host.example: icmp_seq=8", "64 bytes from host.example: icmp_seq=9",
		"64 bytes from host.example: icmp_seq=10", "10 packets transmitted, 10 received")
}

func TestNamesAreLookedUp(t *testing.T) {
	expect(t, report(t, "tool", "dig", "target", "host.example"), true, "host.example. 300 IN A answer-of-192.0.2.53")
	for _, kind := range panel.Types {
		expect(t, report(t, "tool", "dig", "target", "host.example", "type", kind), true,
			fmt.Sprintf("host.example. 300 IN %s answer-of-192.0.2.53", kind))
	}
}

func TestAServerCanBeAsked(t *testing.T) {
	for _, server := range []string{"ns1.host.example", "192.0.2.9", "2001:db8::53"} {
		expect(t, report(t, "tool", "dig", "target", "host.example", "type", "MX", "server", server), true,
			"host.example. 300 IN MX answer-of-"+server)
	}
	expect(t, report(t, "tool", "dig", "target", "host.example", "server", ""), true, "host.example. 300 IN A answer-of-192.0.2.53")
}

func TestTargetsAreOfManyKinds(t *testing.T) {
	for _, target := range []string{"192.0.2.7", "2001:db8::7", "::1", "bücher.example", "_dmarc.host.example", "a-b.host.example.", "localhost", "7.example"} {
		found := report(t, "tool", "ping", "target", target, "count", "1")
		if !found.OK || len(found.Lines) != 3 || found.Lines[0] != "PING "+target+": 56 data bytes" {
			t.Errorf("%q: %+v", target, found)
		}
		expect(t, report(t, "tool", "dig", "target", target), true, target+". 300 IN A answer-of-192.0.2.53")
	}
}

func TestWhiteSpaceAroundValuesIsIgnored(t *testing.T) {
	expect(t, report(t, "tool", " dig", "target", "\thost.example \r\n", "type", " NS ", "server", " 192.0.2.9 "), true,
		"host.example. 300 IN NS answer-of-192.0.2.9")
}

func TestAFailureOfAToolIsShown(t *testing.T) {
	expect(t, report(t, "tool", "ping", "target", "unknown.example"), false, "ping: unknown.example: Name or service not known")
	expect(t, report(t, "tool", "dig", "target", "host.example", "server", "unreachable.example"), false,
		";; communications error to unreachable.example: timed out", ";; no servers could be reached")
}

func TestWrongFieldsAreBadRequests(t *testing.T) {
	for _, fields := range [][]string{
		{"target", "host.example"},
		{"tool", "", "target", "host.example"},
		{"tool", "traceroute", "target", "host.example"},
		{"tool", "PING", "target", "host.example"},
		{"tool", "ping"},
		{"tool", "ping", "target", " "},
		{"tool", "dig", "target", ""},
		{"tool", "ping", "target", "host.example", "count", "0"},
		{"tool", "ping", "target", "host.example", "count", "11"},
		{"tool", "ping", "target", "host.example", "count", "-1"},
		{"tool", "ping", "target", "host.example", "count", "two"},
		{"tool", "dig", "target", "host.example", "type", "ANY"},
		{"tool", "dig", "target", "host.example", "type", "mx"},
	} {
		if recorder := post(fields...); recorder.Code != http.StatusBadRequest {
			t.Errorf("%q: status %d", fields, recorder.Code)
		}
	}
}

func TestOtherMethodsAreRefused(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		recorder := httptest.NewRecorder()
		panel.CheckHandler().ServeHTTP(recorder, httptest.NewRequest(method, "/check?tool=ping&target=host.example", nil))
		if recorder.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: status %d", method, recorder.Code)
		}
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
