package relay

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

var (
	errAddress   = errors.New("not an address of a picture")
	errPermitted = errors.New("this host or port is not permitted")
)

// Written out, since fasthttp also reads addresses without a scheme.
var absolute = regexp.MustCompile(`(?i)^https?://[^/?#\\@]+([/?#]|$)`)

// Handler relays the pictures of the permitted hosts.
func Handler(hosts []string) fasthttp.RequestHandler {
	relay := &relay{hosts, &fasthttp.Client{
		ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxResponseBodySize: 16 << 20,
	}}
	return func(ctx *fasthttp.RequestCtx) {
		text := ctx.QueryArgs().Peek("url")
		address := new(fasthttp.URI)
		err := address.Parse(nil, text)
		if err == nil && !absolute.Match(text) {
			err = errAddress
		}
		if err == nil {
			err = relay.check(address)
		}
		switch {
		case errors.Is(err, errPermitted):
			ctx.Error(err.Error(), fasthttp.StatusForbidden)
			return
		case err != nil:
			ctx.Error(err.Error(), fasthttp.StatusBadRequest)
			return
		}
		kind, picture, err := relay.fetch(address)
		if err != nil {
			ctx.Error("there is no picture", fasthttp.StatusBadGateway)
			return
		}
		ctx.SetContentType(kind)
		ctx.SetBody(picture)
	}
}

type relay struct {
	hosts  []string
	client *fasthttp.Client
}

// check checks an address that the client's own parser has read.
func (r *relay) check(address *fasthttp.URI) error {
	host, scheme := string(address.Host()), string(address.Scheme())
	if scheme != "http" && scheme != "https" || host == "" || len(address.Username()) > 0 {
		return errAddress
	}
	if scheme == "http" {
		host = strings.TrimSuffix(host, ":80")
	} else {
		host = strings.TrimSuffix(host, ":443")
	}
	for _, entry := range r.hosts {
		if host == entry {
			return nil
		}
		if strings.HasPrefix(entry, "*.") && strings.HasSuffix(host, entry[1:]) && host != entry[1:] {
			return nil
		}
	}
	return errPermitted
}

// fetch follows redirects by itself, since each of them has to be checked.
func (r *relay) fetch(address *fasthttp.URI) (string, []byte, error) {
	request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(request)
	defer fasthttp.ReleaseResponse(response)
	for range MaxRedirects + 1 {
		request.SetURI(address)
		if err := r.client.Do(request, response); err != nil {
			return "", nil, err
		}
		if fasthttp.StatusCodeIsRedirect(response.StatusCode()) {
			address.UpdateBytes(response.Header.Peek("Location"))
			if err := r.check(address); err != nil {
				return "", nil, err
			}
			continue
		}
		kind, _, _ := strings.Cut(string(response.Header.ContentType()), ";")
		kind = strings.ToLower(strings.TrimSpace(kind))
		if response.StatusCode() != fasthttp.StatusOK || !slices.Contains(Types, kind) {
			return "", nil, fmt.Errorf("status %d, %s", response.StatusCode(), kind)
		}
		return kind, slices.Clone(response.Body()), nil
	}
	return "", nil, errors.New("too many redirects")
}
