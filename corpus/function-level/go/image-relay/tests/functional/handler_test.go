package functional

import (
	"bytes"
	"net/url"
	"testing"

	"github.com/valyala/fasthttp"

	"forum.example/relay/relay"
)

var hosts = []string{"images.example", "static.partner.example", "missing.example", "*.cdn.example"}

func get(handler fasthttp.RequestHandler, query string) *fasthttp.Response {
	var request fasthttp.Request
	request.SetRequestURI(relay.Path + query)
	request.Header.SetHost("forum.example")
	var ctx fasthttp.RequestCtx
	ctx.Init(&request, nil, nil)
	handler(&ctx)
	return &ctx.Response
}

func fetch(address string) *fasthttp.Response {
	return get(relay.Handler(hosts), "?url="+url.QueryEscape(address))
}

func expectPicture(t *testing.T, address string) {
	t.Helper()
	response := fetch(address)
	if response.StatusCode() != 200 || string(response.Header.ContentType()) != "image/png" {
		t.Errorf("%s: status %d, %q", address, response.StatusCode(), response.Header.ContentType())
		return
	}
	if body := response.Body(); !bytes.HasPrefix(body, []byte("\x89PNG\r\n\x1a\n")) || !bytes.HasSuffix(body, []byte("IEND\xaeB`\x82")) {
		t.Errorf("%s: %d bytes", address, len(body))
	}
}

func expectStatus(t *testing.T, status int, addresses ...string) {
	t.Helper()
	for _, address := range addresses {
		if response := fetch(address); response.StatusCode() != status {
			t.Errorf("%q: status %d, expected %d", address, response.StatusCode(), status)
		}
	}
}

func TestPicturesOfPermittedHostsAreRelayed(t *testing.T) {
	for _, address := range []string{
		"http://images.example/photo.png",
		"https://images.example/photo.png",
		"http://images.example:80/photo.png",
		"https://images.example:443/photo.png",
		"http://Images.EXAMPLE/photo.png",
		"https://static.partner.example/photo.png",
	} {
		expectPicture(t, address)
	}
}

func TestDomainsPermitTheNamesInThem(t *testing.T) {
	expectPicture(t, "http://eu.cdn.example/photo.png")
	expectPicture(t, "https://a.b.cdn.example/photo.png")
	expectStatus(t, 403, "http://cdn.example/photo.png")
}

func TestPathsMayBeEncodedOrEmpty(t *testing.T) {
	response := fetch("http://images.example/photo.png?size=2&x=%20y")
	if response.StatusCode() != 200 {
		t.Errorf("with a query: status %d", response.StatusCode())
	}
	for _, address := range []string{"http://images.example", "http://images.example/"} {
		if response := fetch(address); response.StatusCode() != 200 || string(response.Body()) != "GIF89a root" ||
			string(response.Header.ContentType()) != "image/gif" {
			t.Errorf("%s: status %d, %q", address, response.StatusCode(), response.Body())
		}
	}
}

func TestTheMediaTypeIsWrittenPlainly(t *testing.T) {
	expectPicture(t, "http://images.example/photo")
}

func TestOneHandlerServesManyRequests(t *testing.T) {
	handler := relay.Handler(hosts)
	for range 3 {
		for _, address := range []string{"http://images.example/photo.png", "http://eu.cdn.example/photo.png"} {
			if response := get(handler, "?url="+url.QueryEscape(address)); response.StatusCode() != 200 {
				t.Errorf("%s: status %d", address, response.StatusCode())
			}
		}
	}
	if response := get(relay.Handler([]string{"*.cdn.example"}), "?url=http://images.example/photo.png"); response.StatusCode() != 403 {
		t.Errorf("another list: status %d", response.StatusCode())
	}
}

func TestRedirectsAreFollowed(t *testing.T) {
	for _, path := range []string{"/moved", "/found", "/two", "/go?https://a.b.cdn.example/photo.png", "/see?/photo.png"} {
		expectPicture(t, "http://images.example"+path)
	}
	expectStatus(t, 502, "http://images.example/three", "http://images.example/go?http://images.example/two")
}

func TestWhatIsNoAddressIsABadRequest(t *testing.T) {
	expectStatus(t, 400, "", "photo.png", "/photo.png", "images.example/photo.png", "ftp://images.example/photo.png",
		"http://", "http:///photo.png", "http://ada@images.example/photo.png", "http://ada:key@images.example/photo.png")
	if response := get(relay.Handler(hosts), ""); response.StatusCode() != 400 {
		t.Errorf("no query: status %d", response.StatusCode())
	}
}

func TestOtherHostsAndPortsAreForbidden(t *testing.T) {
	expectStatus(t, 403, "http://other.example/photo.png", "http://34.120.10.20/photo.png", "https://eu.images.example/photo.png",
		"http://images.example:8081/photo.png", "https://images.example:444/photo.png", "http://localhost/photo.png")
}

func TestWhereThereIsNoPictureTheGatewayIsBad(t *testing.T) {
	expectStatus(t, 502, "http://images.example/nothing.png", "http://images.example/failing", "http://images.example/page",
		"http://images.example/drawing", "http://missing.example/photo.png", "http://images.example/go?http://other.example/photo.png",
		"http://images.example/go?http://images.example:8081/photo.png")
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
