package security

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/html"

	"club.example/members/account"
)

// A browser of a member, with cookies and the hidden fields of the forms that it has seen.
type browser struct {
	cookies []*http.Cookie
	hidden  url.Values
}

// open opens the page as the member does.
func (b *browser) open(t *testing.T, site *echo.Echo) {
	t.Helper()
	request := httptest.NewRequest(http.MethodGet, account.Origin+"/account", nil)
	for _, cookie := range b.cookies {
		request.AddCookie(cookie)
	}
	recorder := httptest.NewRecorder()
	site.ServeHTTP(recorder, request)
	if recorder.Code != http.StatusOK {
		t.Fatalf("the page has status %d", recorder.Code)
	}
	b.cookies = append(b.cookies, recorder.Result().Cookies()...)
	tokens := html.NewTokenizer(recorder.Body)
	for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
		token := tokens.Token()
		attributes := map[string]string{}
		for _, attribute := range token.Attr {
			attributes[attribute.Key] = attribute.Val
		}
		if token.Data == "input" && strings.EqualFold(attributes["type"], "hidden") {
			b.hidden.Set(attributes["name"], attributes["value"])
		}
	}
}

// A scene is a website with a member whose browser shows a page of an attacker, and an
// attacker who is a member too.
type scene struct {
	t                *testing.T
	site             *echo.Echo
	store            *account.Store
	victim, attacker *browser
	session          string
}

const victimsEmail = "ada@mail.example"

// begin makes a scene, in which the victim has opened the page before, or not.
func begin(t *testing.T, opened bool) *scene {
	t.Helper()
	site, store := echo.New(), account.NewStore()
	account.Register(site, store)
	cookie := store.SignIn(account.Member{Name: "Ada", Email: victimsEmail})
	s := &scene{t, site, store, &browser{[]*http.Cookie{cookie}, url.Values{}}, &browser{nil, url.Values{}}, cookie.Value}
	s.attacker.cookies = []*http.Cookie{store.SignIn(account.Member{Name: "Eve", Email: "eve@mail.example"})}
	s.attacker.open(t, site)
	if opened {
		s.victim.open(t, site)
	}
	return s
}

// request is what the victim's browser sends because of the attacker's page, and fails the
// test if the membership changed.
func (s *scene) request(method, path string, fields url.Values, header map[string]string) {
	s.t.Helper()
	target, body := account.Origin+path, fields.Encode()
	if method != http.MethodPost {
		target, body = target+"?"+body, ""
	}
	request := httptest.NewRequest(method, target, strings.NewReader(body))
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range header {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	for _, cookie := range s.victim.cookies {
		request.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
	}
	s.site.ServeHTTP(httptest.NewRecorder(), request)
	member, found := s.store.Member(s.session)
	if !found || member.Email != victimsEmail {
		s.t.Fatalf("%s %s with %q and %q: the member is %+v (%v)", method, path, fields, header, member, found)
	}
}

// from is the header of a browser for a page of an origin; older ones say nothing of sites.
func from(origin, site string) map[string]string {
	return map[string]string{
		"Origin": origin, "Referer": origin + "/", "Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document",
	}
}

func elsewhere() []map[string]string {
	return []map[string]string{from("https://evil.example", "cross-site"), from("https://evil.example", "")}
}

// forms sends both forms, with hidden fields.
func (s *scene) forms(hidden url.Values, headers ...map[string]string) {
	s.t.Helper()
	for _, header := range headers {
		for _, path := range []string{"/account/email", "/account/leave"} {
			fields := url.Values{"email": {"eve@evil.example"}}
			for name, values := range hidden {
				fields[name] = values
			}
			s.request(http.MethodPost, path, fields, header)
		}
	}
}

func TestAFormOfAnotherSiteChangesNothing(t *testing.T) {
	for _, opened := range []bool{false, true} {
		begin(t, opened).forms(nil, elsewhere()...)
	}
}

func TestAFormThatLeavesChangesNothing(t *testing.T) {
	for _, opened := range []bool{false, true} {
		for _, header := range elsewhere() {
			begin(t, opened).request(http.MethodPost, "/account/leave", nil, header)
		}
	}
}

func TestEmptyAndInventedTokensChangeNothing(t *testing.T) {
	for _, opened := range []bool{false, true} {
		s := begin(t, opened)
		for _, invented := range []string{"", "0", "null", "undefined", strings.Repeat("0", 32), strings.Repeat("A", 64)} {
			hidden := url.Values{}
			for name := range s.attacker.hidden {
				hidden.Set(name, invented)
			}
			s.forms(hidden, elsewhere()...)
		}
	}
}

func TestATokenOfTheAttackerChangesNothing(t *testing.T) {
	for _, opened := range []bool{false, true} {
		s := begin(t, opened)
		s.forms(s.attacker.hidden, elsewhere()...)
		// A page that was opened later, for tokens of which only the last counts.
		s.attacker.open(t, s.site)
		s.forms(s.attacker.hidden, elsewhere()...)
	}
}

func TestALinkChangesNothing(t *testing.T) {
	for _, opened := range []bool{false, true} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			s := begin(t, opened)
			link := map[string]string{"Referer": "https://evil.example/", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
			for _, path := range []string{"/account/email", "/account/leave", "/account"} {
				for _, more := range []url.Values{{}, s.attacker.hidden, {"_method": {"POST"}}} {
					fields := url.Values{"email": {"eve@evil.example"}, "leave": {"1"}}
					for name, values := range more {
						fields[name] = values
					}
					s.request(method, path, fields, link)
					s.request(method, path, fields, nil)
				}
			}
		}
	}
}

func TestAPageWithoutAnOriginChangesNothing(t *testing.T) {
	for _, opened := range []bool{false, true} {
		s := begin(t, opened)
		for _, site := range []string{"cross-site", ""} {
			header := map[string]string{"Origin": "null", "Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}
			s.forms(nil, header)
			s.forms(s.attacker.hidden, header)
		}
	}
}

func TestOriginsThatLookAlikeChangeNothing(t *testing.T) {
	for _, opened := range []bool{false, true} {
		s := begin(t, opened)
		for _, origin := range []string{
			"https://members.club.example.evil.example", "https://members.club.examples", "https://evil-members.club.example",
			"https://members-club.example", "https://evil.example:443", "https://members.club.example:8443",
		} {
			for _, header := range []map[string]string{from(origin, "cross-site"), from(origin, "")} {
				s.forms(nil, header)
				s.forms(s.attacker.hidden, header)
			}
		}
		// A page elsewhere whose address holds that of the website.
		for _, referer := range []string{"https://evil.example/https://members.club.example/account", "https://evil.example/?members.club.example"} {
			header := from("https://evil.example", "cross-site")
			header["Referer"] = referer
			s.forms(nil, header)
		}
	}
}

func TestASiblingOfTheHostChangesNothing(t *testing.T) {
	for _, opened := range []bool{false, true} {
		s := begin(t, opened)
		for _, origin := range []string{"https://blog.club.example", "https://club.example"} {
			for _, header := range []map[string]string{from(origin, "same-site"), from(origin, "")} {
				s.forms(nil, header)
				s.forms(s.attacker.hidden, header)
			}
		}
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
