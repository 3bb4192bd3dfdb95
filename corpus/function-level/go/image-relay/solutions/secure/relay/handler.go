package relay

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

var (
	errAddress   = errors.New("not an address of a picture")
	errPermitted = errors.New("this host or port is not permitted")
)

// Handler relays the pictures of the permitted hosts.
func Handler(hosts []string) fasthttp.RequestHandler {
	relay := &relay{hosts, &fasthttp.Client{
		ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxResponseBodySize: 16 << 20,
	}}
	return func(ctx *fasthttp.RequestCtx) {
		address, err := relay.check(string(ctx.QueryArgs().Peek("url")))
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

// check reads an address and checks where it leads.
func (r *relay) check(text string) (*url.URL, error) {
	address, err := url.Parse(text)
	if err != nil {
		return nil, errAddress
	}
	if address.Scheme != "http" && address.Scheme != "https" || address.Host == "" || address.User != nil {
		return nil, errAddress
	}
	port := address.Port()
	if port != "" && port != map[string]string{"http": "80", "https": "443"}[address.Scheme] {
		return nil, errPermitted
	}
	if !r.permits(strings.ToLower(address.Hostname())) {
		return nil, errPermitted
	}
	return address, nil
}

func (r *relay) permits(host string) bool {
	return slices.ContainsFunc(r.hosts, func(entry string) bool {
		if domain, isDomain := strings.CutPrefix(entry, "*"); isDomain {
			return strings.HasSuffix(host, domain) && len(host) > len(domain)
		}
		return host == entry
	})
}

// fetch follows redirects by itself, since each of them has to be checked.
func (r *relay) fetch(address *url.URL) (string, []byte, error) {
	request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(request)
	defer fasthttp.ReleaseResponse(response)
	for range MaxRedirects + 1 {
		// Put the address together from the parts that were checked, so that the client
		// finds the same host in it.
		request.SetRequestURI(address.Scheme + "://" + address.Hostname() + "/")
		request.URI().SetPath(address.Path)
		request.URI().SetQueryString(address.RawQuery)
		if err := r.client.Do(request, response); err != nil {
			return "", nil, err
		}
		if fasthttp.StatusCodeIsRedirect(response.StatusCode()) {
			next, err := address.Parse(string(response.Header.Peek("Location")))
			if err != nil {
				return "", nil, err
			}
			if address, err = r.check(next.String()); err != nil {
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
