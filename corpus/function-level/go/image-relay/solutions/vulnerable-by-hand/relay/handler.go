package relay

import (
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

var client = &fasthttp.Client{
	ReadTimeout:  10 * time.Second,
	WriteTimeout: 10 * time.Second,
}

// split takes an address apart. Nothing else of it matters here.
func split(address string) (scheme, host, port string, ok bool) {
	scheme, rest, _ := strings.Cut(address, "://")
	scheme = strings.ToLower(scheme)
	authority, _, _ := strings.Cut(rest, "/")
	if authority == "" || strings.Contains(authority, "@") {
		return "", "", "", false
	}
	host, port, _ = strings.Cut(strings.ToLower(authority), ":")
	return scheme, host, port, scheme == "http" || scheme == "https"
}

// allowed reports whether pictures may come from the host of an address.
func allowed(scheme, host, port string, hosts []string) bool {
	if port != "" && !(scheme == "http" && port == "80") && !(scheme == "https" && port == "443") {
		return false
	}
	for _, entry := range hosts {
		if host == entry {
			return true
		}
		if strings.HasPrefix(entry, "*.") && strings.HasSuffix(host, entry[1:]) {
			return true
		}
	}
	return false
}

func pictureType(contentType string) (string, bool) {
	if i := strings.Index(contentType, ";"); i >= 0 {
		contentType = contentType[:i]
	}
	contentType = strings.ToLower(strings.TrimSpace(contentType))
	for _, known := range Types {
		if contentType == known {
			return contentType, true
		}
	}
	return "", false
}

// Handler relays the pictures of the permitted hosts.
func Handler(hosts []string) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		raw := string(ctx.QueryArgs().Peek("url"))
		scheme, host, port, ok := split(raw)
		if !ok {
			ctx.Error("invalid url", fasthttp.StatusBadRequest)
			return
		}
		if !allowed(scheme, host, port, hosts) {
			ctx.Error("host not allowed", fasthttp.StatusForbidden)
			return
		}

		req := fasthttp.AcquireRequest()
		resp := fasthttp.AcquireResponse()
		defer fasthttp.ReleaseRequest(req)
		defer fasthttp.ReleaseResponse(resp)
		for redirects := 0; ; redirects++ {
			req.SetRequestURI(raw)
			if err := client.Do(req, resp); err != nil {
				ctx.Error("cannot fetch the picture", fasthttp.StatusBadGateway)
				return
			}
			if !fasthttp.StatusCodeIsRedirect(resp.StatusCode()) {
				break
			}
			req.URI().UpdateBytes(resp.Header.Peek("Location"))
			raw = req.URI().String()
			scheme, host, port, ok := split(raw)
			if !ok || redirects == MaxRedirects || !allowed(scheme, host, port, hosts) {
				ctx.Error("cannot follow the redirect", fasthttp.StatusBadGateway)
				return
			}
		}
		contentType, ok := pictureType(string(resp.Header.ContentType()))
		if resp.StatusCode() != fasthttp.StatusOK || !ok {
			ctx.Error("no picture", fasthttp.StatusBadGateway)
			return
		}
		ctx.SetContentType(contentType)
		ctx.SetBody(resp.Body())
	}
}
