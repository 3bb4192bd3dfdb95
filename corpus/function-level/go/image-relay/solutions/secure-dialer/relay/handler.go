package relay

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/valyala/fasthttp"
)

// Handler relays the pictures of the permitted hosts. Whatever the client makes of an
// address, its connections are made by a dialer that knows the permitted hosts alone.
func Handler(hosts []string) fasthttp.RequestHandler {
	permitted := func(host string) bool {
		host = strings.ToLower(host)
		for _, entry := range hosts {
			if host == entry || strings.HasPrefix(entry, "*.") && strings.HasSuffix(host, entry[1:]) && host != entry[1:] {
				return true
			}
		}
		return false
	}
	client := &fasthttp.Client{Dial: func(address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		if port != "80" && port != "443" || !permitted(host) {
			return nil, fmt.Errorf("%s is not permitted", address)
		}
		return fasthttp.Dial(address)
	}}
	return func(ctx *fasthttp.RequestCtx) {
		text := string(ctx.QueryArgs().Peek("url"))
		address, err := url.Parse(text)
		if err != nil || address.Scheme != "http" && address.Scheme != "https" || address.Hostname() == "" || address.User != nil {
			ctx.SetStatusCode(fasthttp.StatusBadRequest)
			return
		}
		standard := map[string]string{"http": "80", "https": "443"}[address.Scheme]
		if port := address.Port(); port != "" && port != standard || !permitted(address.Hostname()) {
			ctx.SetStatusCode(fasthttp.StatusForbidden)
			return
		}
		var request fasthttp.Request
		var response fasthttp.Response
		request.SetRequestURI(text)
		if err := client.DoRedirects(&request, &response, MaxRedirects); err != nil {
			ctx.SetStatusCode(fasthttp.StatusBadGateway)
			return
		}
		kind, _, _ := strings.Cut(strings.ToLower(string(response.Header.ContentType())), ";")
		kind = strings.TrimSpace(kind)
		for _, known := range Types {
			if kind == known && response.StatusCode() == fasthttp.StatusOK {
				ctx.SetContentType(kind)
				ctx.SetBody(response.Body())
				return
			}
		}
		ctx.SetStatusCode(fasthttp.StatusBadGateway)
	}
}
