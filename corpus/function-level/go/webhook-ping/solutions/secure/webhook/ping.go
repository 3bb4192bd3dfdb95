package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// Networks that the methods of netip.Addr know nothing of.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("2002::/16"),
}

// Every connection is made by this dialer, those after redirects included. It checks the
// address that is connected to, when the name has been looked up already.
var client = &http.Client{
	Transport: &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second, Control: checkAddress}).DialContext,
		TLSHandshakeTimeout: 10 * time.Second,
		DisableKeepAlives:   true,
	},
	CheckRedirect: checkRedirect,
	Timeout:       30 * time.Second,
}

// Ping posts an event to a webhook.
func Ping(ctx context.Context, target string, event Event) (Answer, error) {
	address, err := url.Parse(target)
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %v", ErrTarget, err)
	}
	if address.Scheme != "http" && address.Scheme != "https" || address.Hostname() == "" {
		return Answer{}, fmt.Errorf("%w: %q", ErrTarget, target)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), bytes.NewReader(event.Payload))
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %v", ErrTarget, err)
	}
	code := hmac.New(sha256.New, event.Secret)
	code.Write(event.Payload)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Event-Id", event.ID)
	request.Header.Set("X-Signature", "sha256="+hex.EncodeToString(code.Sum(nil)))

	response, err := client.Do(request)
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %v", ErrUnreachable, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, MaxBody))
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %v", ErrUnreachable, err)
	}
	return Answer{response.Request.URL.String(), response.StatusCode, body}, nil
}

func checkRedirect(request *http.Request, via []*http.Request) error {
	if status := request.Response.StatusCode; status != 307 && status != 308 {
		return http.ErrUseLastResponse
	}
	if len(via) > MaxRedirects {
		return errors.New("too many redirects")
	}
	return nil
}

func checkAddress(network, address string, _ syscall.RawConn) error {
	place, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if !isPublic(place.Addr().Unmap().WithZone("")) {
		return fmt.Errorf("%s is not a public address", address)
	}
	return nil
}

func isPublic(address netip.Addr) bool {
	if address.IsUnspecified() || address.IsLoopback() || address.IsMulticast() {
		return false
	}
	if address.IsPrivate() || address.IsLinkLocalUnicast() {
		return false
	}
	for _, network := range reserved {
		if network.Contains(address) {
			return false
		}
	}
	return true
}
