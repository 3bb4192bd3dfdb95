package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
)

var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("224.0.0.0/3"),
}

var sixPublic = netip.MustParsePrefix("2000::/3")

// Ping posts an event to a webhook, hop by hop.
func Ping(ctx context.Context, target string, event Event) (Answer, error) {
	place, err := url.Parse(target)
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %v", ErrTarget, err)
	}
	if err := checkPlace(place); err != nil {
		return Answer{}, fmt.Errorf("%w: %v", ErrTarget, err)
	}
	for range MaxRedirects + 1 {
		answer, next, err := post(ctx, place, event)
		if err != nil {
			return Answer{}, fmt.Errorf("%w: %v", ErrUnreachable, err)
		}
		if next == nil {
			return answer, nil
		}
		place = next
	}
	return Answer{}, fmt.Errorf("%w: too many redirects", ErrUnreachable)
}

func checkPlace(place *url.URL) error {
	if place.Scheme != "http" && place.Scheme != "https" {
		return fmt.Errorf("the scheme %q cannot be used", place.Scheme)
	}
	if place.Hostname() == "" {
		return errors.New("there is no host")
	}
	return nil
}

// post makes one request. It returns where a redirect leads.
func post(ctx context.Context, place *url.URL, event Event) (Answer, *url.URL, error) {
	if err := checkPlace(place); err != nil {
		return Answer{}, nil, err
	}
	addresses, err := lookUp(ctx, place.Hostname())
	if err != nil {
		return Answer{}, nil, err
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, name string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(name)
		if err != nil {
			return nil, err
		}
		var failure error
		for _, address := range addresses {
			connection, err := new(net.Dialer).DialContext(ctx, network, net.JoinHostPort(address.String(), port))
			if err == nil {
				return connection, nil
			}
			failure = err
		}
		return nil, failure
	}}
	defer transport.CloseIdleConnections()

	request, err := http.NewRequestWithContext(ctx, "POST", place.String(), bytes.NewReader(event.Payload))
	if err != nil {
		return Answer{}, nil, err
	}
	signature := hmac.New(sha256.New, event.Secret)
	signature.Write(event.Payload)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Event-Id", event.ID)
	request.Header.Set("X-Signature", fmt.Sprintf("sha256=%x", signature.Sum(nil)))
	response, err := transport.RoundTrip(request)
	if err != nil {
		return Answer{}, nil, err
	}
	defer response.Body.Close()
	if location := response.Header.Get("Location"); location != "" && (response.StatusCode == 307 || response.StatusCode == 308) {
		next, err := place.Parse(location)
		return Answer{}, next, err
	}
	body := make([]byte, MaxBody)
	size, err := io.ReadFull(response.Body, body)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return Answer{}, nil, err
	}
	return Answer{place.String(), response.StatusCode, body[:size]}, nil, nil
}

// lookUp returns the addresses of a host, all of which are public.
func lookUp(ctx context.Context, host string) ([]netip.Addr, error) {
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	for i, address := range addresses {
		addresses[i] = address.Unmap()
		if !public(addresses[i]) {
			return nil, fmt.Errorf("%s is not public", address)
		}
	}
	return addresses, nil
}

func public(address netip.Addr) bool {
	if address.Is6() {
		return sixPublic.Contains(address)
	}
	for _, network := range notPublic {
		if network.Contains(address) {
			return false
		}
	}
	return true
}
