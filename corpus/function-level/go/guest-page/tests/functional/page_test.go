package functional

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/html"

	"guests.example/house/profile"
)

type store struct {
	guests map[string]profile.Guest
	err    error
}

func (s store) Guest(ctx context.Context, handle string) (profile.Guest, error) {
	if s.err != nil {
		return profile.Guest{}, s.err
	}
	guest, known := s.guests[handle]
	if !known || ctx == nil {
		return profile.Guest{}, fmt.Errorf("looking for %q: %w", handle, profile.ErrUnknown)
	}
	return guest, nil
}

// A document is a page as a browser reads it.
type document struct {
	t    *testing.T
	root *html.Node
}

// get asks for a page with a status.
func get(t *testing.T, guests store, target string, status int) document {
	t.Helper()
	server := echo.New()
	server.GET("/guests/:handle", profile.Page(guests))
	answer := httptest.NewRecorder()
	server.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, target, nil))
	if answer.Code != status {
		t.Fatalf("%s: status %d, expected %d: %s", target, answer.Code, status, answer.Body)
	}
	if kind := answer.Header().Get("Content-Type"); !strings.EqualFold(strings.ReplaceAll(kind, " ", ""), "text/html;charset=utf-8") {
		t.Errorf("%s: content of type %q", target, kind)
	}
	root, err := html.Parse(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return document{t, root}
}

// show asks for the page of a guest.
func show(t *testing.T, guest profile.Guest) document {
	t.Helper()
	guest.Handle = "ada"
	return get(t, store{guests: map[string]profile.Guest{"ada": guest}}, "/guests/ada", http.StatusOK)
}

// all finds the elements of a name, and of a class if it is not empty.
func (d document) all(name, class string) []*html.Node {
	var found []*html.Node
	for node := range d.root.Descendants() {
		if node.Type == html.ElementNode && node.Data == name && (class == "" || slices.Contains(strings.Fields(attribute(node, "class")), class)) {
			found = append(found, node)
		}
	}
	return found
}

// one finds the only such element.
func (d document) one(name, class string) *html.Node {
	d.t.Helper()
	found := d.all(name, class)
	if len(found) != 1 {
		d.t.Fatalf("there are %d elements %s %s", len(found), name, class)
	}
	return found[0]
}

func attribute(node *html.Node, name string) string {
	for _, attribute := range node.Attr {
		if attribute.Key == name {
			return attribute.Val
		}
	}
	return ""
}

// content is the text of an element, with its links as [address text] and its lines and
// paragraphs as they are shown.
func content(node *html.Node) string {
	var text strings.Builder
	for child := range node.ChildNodes() {
		switch {
		case child.Type == html.TextNode && node.Data == "div" && strings.TrimSpace(child.Data) == "":
			// White space between paragraphs is not shown.
		case child.Type == html.TextNode:
			text.WriteString(strings.ReplaceAll(child.Data, "\n", ""))
		case child.Data == "a":
			text.WriteString("[" + attribute(child, "href") + " " + content(child) + "]")
		case child.Data == "br":
			text.WriteString("|")
		case child.Data == "p":
			text.WriteString("<" + content(child) + ">")
		default:
			text.WriteString(content(child))
		}
	}
	parts := strings.Split(text.String(), "|")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return strings.Join(parts, "|")
}

func expect(t *testing.T, what, found, expected string) {
	t.Helper()
	if found != expected {
		t.Errorf("%s: %q, expected %q", what, found, expected)
	}
}

func TestTheNameIsShown(t *testing.T) {
	for _, name := range []string{"Ada Lovelace", "Ada 1 < 2 > 0 & O'Neil", "李 小龙", ""} {
		page := show(t, profile.Guest{Name: name})
		expect(t, "title", content(page.one("title", "")), name)
		expect(t, "heading", content(page.one("h1", "")), name)
	}
}

func TestTheHeadingHasTheColour(t *testing.T) {
	for colour, style := range map[string]string{
		"#a1b2c3":      "color:#a1b2c3",
		"#FFF":         "color:#FFF",
		"teal":         "color:teal",
		"":             "",
		"#12":          "",
		"#12345":       "",
		"#ggg":         "",
		"12px":         "",
		"rgb(1, 2, 3)": "",
		"{red}":        "",
		" dark blue":   "",
		"#1234567":     "",
	} {
		found := attribute(show(t, profile.Guest{Name: "Ada", Colour: colour}).one("h1", ""), "style")
		expect(t, colour, strings.TrimSuffix(strings.ReplaceAll(found, " ", ""), ";"), style)
	}
}

func TestThePictureIsShown(t *testing.T) {
	for _, address := range []string{
		"https://pictures.example/ada.png?size=64&round=1",
		"http://pictures.example/a_b-c.jpg",
		"data:image/png;base64,iVBORw0KGgo+/A==",
		"data:image/jpeg;base64,/9j/4AAQSkZJRg==",
	} {
		picture := show(t, profile.Guest{Name: "Ada & Bo", Picture: address}).one("img", "picture")
		expect(t, "src", attribute(picture, "src"), address)
		expect(t, "alt", attribute(picture, "alt"), "Ada & Bo")
	}
	for _, address := range []string{"", "ada.png", "ftp://pictures.example/ada.png", "data:image/gif;base64,AAAA", "data:text/plain,hello", "mailto:ada@mail.example"} {
		if found := show(t, profile.Guest{Picture: address}).all("img", "picture"); len(found) != 0 {
			t.Errorf("%q is shown", address)
		}
	}
}

func TestLinksAreShown(t *testing.T) {
	page := show(t, profile.Guest{Links: []profile.Link{
		{Label: "My site", Address: "https://ada.example/?a=1&b=2"},
		{Address: "http://ada.example/notes"},
		{Label: "Write to me", Address: "mailto:ada@mail.example"},
		{Label: "Call", Address: "tel:+49-30-1234"},
		{Label: "Chess < Go", Address: "chess club, room 3"},
		{Address: "@ada"},
		{Label: "Call", Address: "skype:ada"},
	}})
	var found []string
	for _, item := range page.all("li", "link") {
		found = append(found, content(item))
	}
	expected := []string{
		"[https://ada.example/?a=1&b=2 My site]", "[http://ada.example/notes http://ada.example/notes]",
		"[mailto:ada@mail.example Write to me]", "[tel:+49-30-1234 Call]", "Chess < Go", "@ada", "Call",
	}
	if !slices.Equal(found, expected) {
		t.Errorf("links %q, expected %q", found, expected)
	}
	if found := show(t, profile.Guest{}).all("li", "link"); len(found) != 0 {
		t.Errorf("%d links of a guest who has none", len(found))
	}
}

func TestTheTextAboutAGuestHasParagraphs(t *testing.T) {
	for text, shown := range map[string]string{
		"":                                   "",
		"Hello":                              "<Hello>",
		"Hello\nthere":                       "<Hello|there>",
		"One.\n\nTwo\r\nlines.\r\n\r\nThree": "<One.><Two|lines.><Three>",
		"A\n\n \n\nB\n":                      "<A><B>",
		"1 < 2 & 3 > 2, it's \"so\"":         "<1 < 2 & 3 > 2, it's \"so\">",
	} {
		expect(t, text, content(show(t, profile.Guest{About: text}).one("div", "about")), shown)
	}
}

func TestAddressesInTheTextAreLinks(t *testing.T) {
	for text, shown := range map[string]string{
		"See https://a.example/x_y?b=1#c.":          "<See [https://a.example/x_y?b=1#c https://a.example/x_y?b=1#c].>",
		"http://a.example, https://b.example/..":    "<[http://a.example http://a.example], [https://b.example/ https://b.example/]..>",
		"\"https://a.example/\"\nhttps://b.example": "<\"[https://a.example/ https://a.example/]\"|[https://b.example https://b.example]>",
		"ftp://a.example www.b.example":             "<ftp://a.example www.b.example>",
	} {
		expect(t, text, content(show(t, profile.Guest{About: text}).one("div", "about")), shown)
	}
}

func TestTheWayBack(t *testing.T) {
	guests := store{guests: map[string]profile.Guest{"ada": {Handle: "ada", Name: "Ada"}}}
	for query, address := range map[string]string{
		"":                                     "/guests",
		"?from=":                               "/guests",
		"?from=/houses/3%3Fpage%3D2%26all%3D1": "/houses/3?page=2&all=1",
		"?from=/":                              "/",
		"?from=//other.example/":               "/guests",
		"?from=https://other.example/":         "/guests",
	} {
		page := get(t, guests, "/guests/ada"+query, http.StatusOK)
		expect(t, query, attribute(page.one("a", "back"), "href"), address)
	}
}

func TestUnknownGuestsAreMissing(t *testing.T) {
	for target, handle := range map[string]string{"/guests/bo": "bo", "/guests/bo%20m.": "bo m."} {
		page := get(t, store{}, target, http.StatusNotFound)
		expect(t, target, content(page.one("p", "missing")), "There is no guest called "+handle+".")
	}
}

func TestOtherErrorsAreReturned(t *testing.T) {
	failure := errors.New("the store is closed")
	answer := httptest.NewRecorder()
	context := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/guests/ada", nil), answer)
	context.SetParamNames("handle")
	context.SetParamValues("ada")
	if err := profile.Page(store{err: failure})(context); !errors.Is(err, failure) {
		t.Errorf("unexpected error %v", err)
	}
	if answer.Body.Len() > 0 {
		t.Errorf("the handler wrote %q", answer.Body)
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
