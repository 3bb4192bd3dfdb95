package functional

import (
	"bytes"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/html"

	"club.example/members/account"
)

// A browser keeps cookies, and sends forms as browsers do.
type browser struct {
	t       *testing.T
	site    *echo.Echo
	cookies map[string]*http.Cookie
}

func (b *browser) do(request *http.Request) *http.Response {
	b.t.Helper()
	for _, cookie := range b.cookies {
		if strings.HasPrefix(request.URL.Path, strings.TrimSuffix(cookie.Path, "/")) {
			request.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
		}
	}
	recorder := httptest.NewRecorder()
	b.site.ServeHTTP(recorder, request)
	response := recorder.Result()
	for _, cookie := range response.Cookies() {
		if cookie.Path == "" {
			cookie.Path = "/"
		}
		b.cookies[cookie.Name] = cookie
		if cookie.MaxAge < 0 {
			delete(b.cookies, cookie.Name)
		}
	}
	return response
}

func (b *browser) get(path string) *http.Response {
	b.t.Helper()
	request := httptest.NewRequest(http.MethodGet, account.Origin+path, nil)
	request.Header.Set("Sec-Fetch-Site", "none")
	request.Header.Set("Sec-Fetch-Mode", "navigate")
	return b.do(request)
}

// A form as the page has it.
type form struct {
	method, action, kind string
	fields               url.Values
}

type tab struct {
	browser *browser
	text    string
	tags    map[string]int
	forms   map[string]form
}

// open opens the page in a new tab.
func (b *browser) open() tab {
	b.t.Helper()
	response := b.get("/account")
	if response.StatusCode != http.StatusOK {
		b.t.Fatalf("the page has status %d", response.StatusCode)
	}
	if kind, parameters, err := mime.ParseMediaType(response.Header.Get("Content-Type")); err != nil || kind != "text/html" ||
		parameters["charset"] != "" && !strings.EqualFold(parameters["charset"], "utf-8") {
		b.t.Errorf("the page is %q", response.Header.Get("Content-Type"))
	}
	root, err := html.Parse(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	base, err := url.Parse(account.Origin + "/account")
	if err != nil {
		b.t.Fatal(err)
	}
	opened := tab{b, "", map[string]int{}, map[string]form{}}
	var walk func(*html.Node, *form)
	walk = func(node *html.Node, in *form) {
		attributes := map[string]string{}
		for _, attribute := range node.Attr {
			attributes[attribute.Key] = attribute.Val
		}
		if node.Type == html.TextNode {
			opened.text += node.Data
		}
		if node.Type == html.ElementNode {
			opened.tags[node.Data]++
		}
		if node.Type == html.ElementNode && node.Data == "form" {
			action, err := base.Parse(attributes["action"])
			if err != nil {
				b.t.Fatal(err)
			}
			in = &form{strings.ToLower(attributes["method"]), action.String(), strings.ToLower(attributes["enctype"]), url.Values{}}
			defer func() { opened.forms[action.Path] = *in }()
		}
		if node.Type == html.ElementNode && node.Data == "input" && in != nil && attributes["name"] != "" {
			in.fields.Add(attributes["name"], attributes["value"])
		}
		for child := node.FirstChild; child != nil; child = child.NextSibling {
			walk(child, in)
		}
	}
	walk(root, nil)
	return opened
}

// send fills fields in and sends a form.
func (o tab) send(path string, filled map[string]string) *http.Response {
	t := o.browser.t
	t.Helper()
	form, found := o.forms[path]
	if !found || form.method != "post" {
		t.Fatalf("there is no form to %s: %+v", path, o.forms)
	}
	fields := url.Values{}
	for name, values := range form.fields {
		fields[name] = values
	}
	for name, value := range filled {
		if _, found := fields[name]; !found {
			t.Fatalf("the form to %s has no field %q", path, name)
		}
		fields.Set(name, value)
	}
	body, kind := bytes.NewBufferString(fields.Encode()), "application/x-www-form-urlencoded"
	if form.kind == "multipart/form-data" {
		body.Reset()
		writer := multipart.NewWriter(body)
		for name, values := range fields {
			for _, value := range values {
				writer.WriteField(name, value)
			}
		}
		writer.Close()
		kind = writer.FormDataContentType()
	}
	request := httptest.NewRequest(http.MethodPost, form.action, body)
	for name, value := range map[string]string{
		"Content-Type": kind, "Origin": account.Origin, "Referer": account.Origin + "/account",
		"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-User": "?1",
	} {
		request.Header.Set(name, value)
	}
	return o.browser.do(request)
}

func website() (*echo.Echo, *account.Store) {
	site, store := echo.New(), account.NewStore()
	account.Register(site, store)
	site.GET("/", func(c echo.Context) error { return c.String(http.StatusOK, "welcome") })
	site.POST("/contact", func(c echo.Context) error { return c.String(http.StatusOK, "thank you") })
	return site, store
}

func signIn(t *testing.T, site *echo.Echo, store *account.Store, member account.Member) (*browser, string) {
	cookie := store.SignIn(member)
	return &browser{t, site, map[string]*http.Cookie{cookie.Name: cookie}}, cookie.Value
}

func begin(t *testing.T) (*browser, *account.Store, string) {
	site, store := website()
	b, session := signIn(t, site, store, account.Member{Name: "Ada Lovelace", Email: "ada@mail.example"})
	return b, store, session
}

func expectRedirect(t *testing.T, response *http.Response, place string) {
	t.Helper()
	location, err := response.Location()
	if response.StatusCode != http.StatusSeeOther || err != nil || location.Path != place || location.RawQuery != "" {
		t.Errorf("status %d to %q", response.StatusCode, response.Header.Get("Location"))
	}
}

func expectEmail(t *testing.T, store *account.Store, session, email string) {
	t.Helper()
	if member, found := store.Member(session); !found || member.Email != email {
		t.Errorf("the address is %q (%v), expected %q", member.Email, found, email)
	}
}

func TestThePageShowsTheMember(t *testing.T) {
	b, _, _ := begin(t)
	page := b.open()
	if !strings.Contains(page.text, "Ada Lovelace") || !strings.Contains(page.text, "ada@mail.example") {
		t.Errorf("the page shows %q", page.text)
	}
	if email := page.forms["/account/email"].fields["email"]; len(email) != 1 || email[0] != "ada@mail.example" {
		t.Errorf("the field holds %q", email)
	}
	if _, found := page.forms["/account/leave"]; !found || len(page.forms) != 2 {
		t.Errorf("the forms are %+v", page.forms)
	}
}

func TestNamesMayHaveAnyCharacters(t *testing.T) {
	site, store := website()
	member := account.Member{Name: `Zoë <b>"&amp;"</b> O'Hara`, Email: `"zoë"+<i>&x@mail.example`}
	b, _ := signIn(t, site, store, member)
	page := b.open()
	if !strings.Contains(page.text, member.Name) || !strings.Contains(page.text, member.Email) || page.tags["b"]+page.tags["i"] > 0 {
		t.Errorf("the page shows %q", page.text)
	}
	if email := page.forms["/account/email"].fields.Get("email"); email != member.Email {
		t.Errorf("the field holds %q", email)
	}
}

func TestTheAddressIsChanged(t *testing.T) {
	b, store, session := begin(t)
	for _, email := range []string{"countess@mail.example", " ada+club@mail.example\t", "a'b&c=d%@x"} {
		expectRedirect(t, b.open().send("/account/email", map[string]string{"email": email}), "/account")
		expectEmail(t, store, session, strings.TrimSpace(email))
	}
	if page := b.open(); !strings.Contains(page.text, "a'b&c=d%@x") {
		t.Errorf("the page shows %q", page.text)
	}
}

func TestWhatIsNoAddressIsRefused(t *testing.T) {
	b, store, session := begin(t)
	for _, email := range []string{"", " ", "ada", "@mail.example", "ada@", "@", "ada@club@mail.example", "ada lovelace@mail.example", "ada@mail\texample"} {
		if response := b.open().send("/account/email", map[string]string{"email": email}); response.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%q: status %d", email, response.StatusCode)
		}
	}
	expectEmail(t, store, session, "ada@mail.example")
}

func TestAMemberLeaves(t *testing.T) {
	b, store, session := begin(t)
	expectRedirect(t, b.open().send("/account/leave", nil), "/")
	if _, found := store.Member(session); found {
		t.Error("the member is still there")
	}
	if response := b.get("/account"); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("the page has status %d", response.StatusCode)
	}
}

func TestSeveralTabsWork(t *testing.T) {
	b, store, session := begin(t)
	first, second, third := b.open(), b.open(), b.open()
	expectRedirect(t, third.send("/account/email", map[string]string{"email": "three@mail.example"}), "/account")
	expectRedirect(t, first.send("/account/email", map[string]string{"email": "one@mail.example"}), "/account")
	expectRedirect(t, first.send("/account/email", map[string]string{"email": "again@mail.example"}), "/account")
	expectEmail(t, store, session, "again@mail.example")
	expectRedirect(t, second.send("/account/leave", nil), "/")
	if _, found := store.Member(session); found {
		t.Error("the member is still there")
	}
}

func TestMembersChangeTheirOwnAddress(t *testing.T) {
	site, store := website()
	ada, adas := signIn(t, site, store, account.Member{Name: "Ada", Email: "ada@mail.example"})
	bob, bobs := signIn(t, site, store, account.Member{Name: "Bob", Email: "bob@mail.example"})
	adasTab, bobsTab := ada.open(), bob.open()
	expectRedirect(t, bobsTab.send("/account/email", map[string]string{"email": "robert@mail.example"}), "/account")
	expectEmail(t, store, adas, "ada@mail.example")
	expectEmail(t, store, bobs, "robert@mail.example")
	expectRedirect(t, adasTab.send("/account/leave", nil), "/")
	expectEmail(t, store, bobs, "robert@mail.example")
}

func TestWhoIsNotSignedInSeesNothing(t *testing.T) {
	site, _ := website()
	for _, cookies := range []map[string]*http.Cookie{
		{}, {account.SessionCookie: {Name: account.SessionCookie, Value: "unknown", Path: "/"}},
	} {
		b := &browser{t, site, cookies}
		if response := b.get("/account"); response.StatusCode != http.StatusUnauthorized {
			t.Errorf("status %d", response.StatusCode)
		}
	}
}

func TestOtherPagesAreNotChanged(t *testing.T) {
	b, _, _ := begin(t)
	if response := b.get("/"); response.StatusCode != http.StatusOK || len(response.Cookies()) != 0 {
		t.Errorf("status %d, cookies %v", response.StatusCode, response.Cookies())
	}
	request := httptest.NewRequest(http.MethodPost, account.Origin+"/contact", strings.NewReader("text=hello"))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", "https://partner.example")
	if response := b.do(request); response.StatusCode != http.StatusOK {
		t.Errorf("status %d", response.StatusCode)
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
