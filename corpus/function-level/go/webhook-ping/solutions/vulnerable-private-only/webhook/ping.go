package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"
)

// control runs before each connection, when the address is known.
func control(network, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsLoopback() || ip.IsPrivate() {
		return fmt.Errorf("%s is an internal address", host)
	}
	return nil
}

// Ping posts an event to a webhook.
func Ping(ctx context.Context, target string, event Event) (Answer, error) {
	u, err := url.Parse(target)
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %v", ErrTarget, err)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return Answer{}, fmt.Errorf("%w: %s", ErrTarget, target)
	}

	mac := hmac.New(sha256.New, event.Secret)
	mac.Write(event.Payload)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(event.Payload))
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %v", ErrTarget, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Event-Id", event.ID)
	req.Header.Set("X-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))

	client := &http.Client{
		Timeout: 30 * time.Second,
		Transport: &http.Transport{
			DialContext: (&net.Dialer{Timeout: 10 * time.Second, Control: control}).DialContext,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if code := req.Response.StatusCode; code != http.StatusTemporaryRedirect && code != http.StatusPermanentRedirect {
				return http.ErrUseLastResponse
			}
			if len(via) > MaxRedirects {
				return fmt.Errorf("stopped after %d redirects", MaxRedirects)
			}
			return nil
		},
	}
	resp, err := client.Do(req)
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %v", ErrUnreachable, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxBody))
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %v", ErrUnreachable, err)
	}
	return Answer{URL: resp.Request.URL.String(), Status: resp.StatusCode, Body: body}, nil
}
