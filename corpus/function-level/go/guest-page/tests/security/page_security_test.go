package security

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/html"

	"guests.example/house/profile"
)

// What attackers want to have run contains this word, which stands nowhere else.
const mark = "owned"

type store struct {
	guest *profile.Guest
}

func (s store) Guest(context.Context, string) (profile.Guest, error) {
	if s.guest == nil {
		return profile.Guest{}, profile.ErrUnknown
	}
	return *s.guest, nil
}

// visit reads a page as a browser does and fails if a text of an attacker is alive in it.
func visit(t *testing.T, guest *profile.Guest, handle, from string) {
	t.Helper()
	server := echo.New()
	server.GET("/guests/:handle", profile.Page(store{guest}))
	request := httptest.NewRequest(http.MethodGet, "/guests/ada", nil)
	request.URL.Path = "/guests/" + handle
	request.URL.RawQuery = url.Values{"from": {from}}.Encode()
	answer := httptest.NewRecorder()
	server.ServeHTTP(answer, request)
	if !strings.Contains(answer.Header().Get("Content-Type"), "html") {
		return
	}
	text := answer.Body.String()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for node := range root.Descendants() {
		if why := alive(node); why != "" {
			t.Fatalf("%s in\n%s", why, text)
		}
	}
}

// alive says in what way a node runs or shows what a text has brought along.
func alive(node *html.Node) string {
	marked := func(text string) bool { return strings.Contains(strings.ToLower(text), mark) }
	switch {
	case node.Type == html.TextNode && marked(node.Data):
		if name := node.Parent.Data; name == "script" || name == "style" {
			return "the text is a " + name
		}
	case node.Type == html.ElementNode:
		if marked(node.Data) {
			return "the text is an element"
		}
		for _, attribute := range node.Attr {
			name, value := strings.ToLower(attribute.Key), attribute.Val
			switch {
			case marked(name):
				return "the text is an attribute"
			case !marked(value):
			case strings.HasPrefix(name, "on"):
				return "the text is a handler of " + name
			case name == "style" || name == "srcdoc" || name == "http-equiv":
				return "the text is in the attribute " + name
			case name == "src" && node.Data != "img":
				return "the text is loaded as " + node.Data
			case slices.Contains([]string{"href", "action", "formaction", "data", "src", "xlink:href", "to", "values"}, name) && runs(value):
				return "the address " + value + " runs a script"
			}
		}
	}
	return ""
}

// runs says whether a browser takes an address for a script, or for a document of its own.
func runs(address string) bool {
	address = strings.TrimLeftFunc(address, func(r rune) bool { return r <= ' ' })
	address = strings.ToLower(strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(address))
	for _, scheme := range []string{"javascript:", "vbscript:", "data:text/", "data:,", "data:image/svg", "data:application/"} {
		if strings.HasPrefix(address, scheme) {
			return true
		}
	}
	return false
}

// attack puts a text into each place of a page.
func attack(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		visit(t, &profile.Guest{Name: text, Picture: "https://pictures.example/a.png"}, "ada", "")
		visit(t, &profile.Guest{About: text}, "ada", "")
		visit(t, &profile.Guest{About: "first\n\n" + text + "\n\nlast"}, "ada", "")
		for _, scheme := range []string{"", "https://a.example/", "http://", "mailto:", "tel:1"} {
			visit(t, &profile.Guest{Links: []profile.Link{{Label: text, Address: scheme + "x"}, {Label: "x", Address: scheme + text}, {Address: scheme + text}}}, "ada", "")
			visit(t, &profile.Guest{Name: "Ada", Picture: scheme + text}, "ada", "")
			visit(t, &profile.Guest{About: "see " + scheme + text + " or " + scheme + "x"}, "ada", "")
		}
		visit(t, &profile.Guest{Picture: "data:image/png;base64," + text}, "ada", "")
		visit(t, &profile.Guest{Picture: "data:image/png;base64,AAAA" + text}, "ada", "")
		for _, colour := range []string{"", "#fff", "#a1b2c3", "teal", "teal "} {
			visit(t, &profile.Guest{Colour: colour + text}, "ada", "")
		}
		for _, from := range []string{"", "/", "/houses?x="} {
			visit(t, &profile.Guest{}, "ada", from+text)
		}
		visit(t, nil, strings.ReplaceAll(text, "/", ""), "")
	}
}

func TestNoTextIsAnElement(t *testing.T) {
	attack(t,
		"<script>owned()</script>",
		"<script>owned()",
		"<img src=x onerror=owned()>",
		"<svg onload=owned()>",
		"<svg><script>owned()</script></svg>",
		"<owned>",
		"<iframe srcdoc='owned'>",
		"<IMG SRC=x OnError=owned()>",
		"<<script>script>owned()<</script>/script>",
		"<scr<script>ipt>owned()</scr</script>ipt>",
		"&lt;script&gt;owned()&lt;/script&gt;",
		"&#60;img src=x onerror=owned()&#62;",
		"&amp;lt;svg onload=owned()&amp;gt;",
		"%3Csvg onload=owned()%3E",
	)
}

func TestNoTextEndsTheElementThatItIsIn(t *testing.T) {
	attack(t,
		"</title><script>owned()</script>",
		"</textarea></style></script><script>owned()</script>",
		"--><script>owned()</script>",
		"</p></div><svg onload=owned()>",
		"]]><owned>",
	)
}

func TestNoTextIsAnAttribute(t *testing.T) {
	attack(t,
		`" onmouseover="owned()`,
		`" autofocus onfocus=owned() x="`,
		`"onerror="owned()`,
		`' onmouseover='owned()`,
		`" style="background:url(owned)`,
		`x" onload=owned() "`,
		`"><svg onload=owned()>`,
		`'><svg onload=owned()>`,
		"` onmouseover=owned()",
		" onmouseover=owned() ",
		"\nonmouseover=owned()\n",
		`&quot; onmouseover=&quot;owned()`,
		`\" onmouseover=\"owned()`,
	)
}

func TestNoAddressRunsAScript(t *testing.T) {
	var addresses []string
	for _, scheme := range []string{
		"javascript:", "JavaScript:", " javascript:", "\tjavascript:", "\njavascript:", "java\tscript:", "java\nscript:", "javascript\t:",
		"vbscript:", "data:text/html,", "data:text/html;base64,", "data:image/svg+xml,", "data:application/xhtml+xml,",
		"&#106;avascript:", "javascript&colon;", "%6aavascript:",
	} {
		for _, rest := range []string{
			"owned()", "//https://a.example/%0Aowned()", "owned()//https://a.example/", "owned()//http://", "owned()//\nhttps://a.example/", "owned()//\nmailto:x", "owned('mailto:')", "owned('tel:')", "/*http://*/owned()", "owned()//?/",
		} {
			addresses = append(addresses, scheme+rest)
		}
	}
	attack(t, addresses...)
}

func TestNoColourBringsMore(t *testing.T) {
	attack(t,
		";background:url(//owned.example/)",
		"; position: fixed; --owned: 1",
		"}owned{",
		"\n;background:url(//owned.example/)",
		"/**/;background:url(//owned.example/)",
		"(owned)",
		"\nowned:1",
		`";owned="`,
	)
}

func TestTheWayBackRunsNoScript(t *testing.T) {
	for _, from := range []string{
		"javascript:owned()", "JAVASCRIPT:owned()", " javascript:owned()", "\tjavascript:owned()", "java\nscript:owned()",
		"javascript:/owned()", "javascript://owned%0Aowned()", "/javascript:owned()", "data:text/html,owned",
		"javascript:owned()//", `/" onclick="owned()`, `/"><svg onload=owned()>`, "/'onclick='owned()",
	} {
		visit(t, &profile.Guest{Name: "Ada"}, "ada", from)
	}
}

func TestThePageForUnknownGuestsRunsNoScript(t *testing.T) {
	for _, handle := range []string{
		"<script>owned()", "<svg onload=owned()>", "<img src=x onerror=owned()>", "<owned>", `"><svg onload=owned()>`,
		"</p><script>owned()</script>", "<iframe srcdoc=owned>",
	} {
		visit(t, nil, handle, "")
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
