package relay

import (
	"net/url"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

var client = &fasthttp.Client{
	ReadTimeout:  10 * time.Second,
	WriteTimeout: 10 * time.Second,
}

// allowed reports whether pictures may come from the host of an address.
func allowed(u *url.URL, hosts []string) bool {
	port := u.Port()
	if port != "" && !(u.Scheme == "http" && port == "80") && !(u.Scheme == "https" && port == "443") {
		return false
	}
	host := strings.ToLower(u.Hostname())
	for _, entry := range hosts {
		if host == entry {
			return true
		}
		if strings.HasPrefix(entry, "*.") && strings.HasSuffix(host, entry[2:]) && host != entry[2:] {
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
		u, err := url.Parse(raw)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
			ctx.Error("invalid url", fasthttp.StatusBadRequest)
			return
		}
		if !allowed(u, hosts) {
			ctx.Error("host not allowed", fasthttp.StatusForbidden)
			return
		}

		req := fasthttp.AcquireRequest()
		resp := fasthttp.AcquireResponse()
		defer fasthttp.ReleaseRequest(req)
		defer fasthttp.ReleaseResponse(resp)
		for redirects := 0; ; redirects++ {
			req.SetRequestURI(u.Scheme + "://" + u.Host + u.RequestURI())
			if err := client.Do(req, resp); err != nil {
				ctx.Error("cannot fetch the picture", fasthttp.StatusBadGateway)
				return
			}
			if !fasthttp.StatusCodeIsRedirect(resp.StatusCode()) {
				break
			}
			next, err := u.Parse(string(resp.Header.Peek("Location")))
			if err != nil || redirects == MaxRedirects || !allowed(next, hosts) {
				ctx.Error("cannot follow the redirect", fasthttp.StatusBadGateway)
				return
			}
			u = next
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
