package account

import (
	"bytes"
	"crypto/rand"
	"html/template"
	"net/http"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
)

const accountHTML = `<!DOCTYPE html>
<html>
<head><meta charset="utf-8"><title>My account</title></head>
<body>
<h1>Hello {{.Name}}</h1>
<p>Your e-mail address is {{.Email}}.</p>
<form method="post" action="/account/email">
  <input type="hidden" name="token" value="{{.Token}}">
  <input type="text" name="email" value="{{.Email}}">
  <button type="submit">Change</button>
</form>
<form method="post" action="/account/leave">
  <input type="hidden" name="token" value="{{.Token}}">
  <button type="submit">Leave the club</button>
</form>
</body>
</html>`

var accountTemplate = template.Must(template.New("account").Parse(accountHTML))

type pages struct {
	store *Store

	mu     sync.Mutex
	tokens map[string]bool
}

// newToken makes a token and remembers it.
func (p *pages) newToken() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	token := rand.Text()
	p.tokens[token] = true
	return token
}

func (p *pages) checkToken(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		p.mu.Lock()
		ok := p.tokens[c.FormValue("token")]
		p.mu.Unlock()
		if !ok {
			return echo.NewHTTPError(http.StatusForbidden, "invalid token")
		}
		return next(c)
	}
}

// Register adds the page of a membership and its forms.
func Register(e *echo.Echo, store *Store) {
	p := &pages{store: store, tokens: map[string]bool{}}
	e.GET("/account", p.show)
	e.POST("/account/email", p.email, p.checkToken)
	e.POST("/account/leave", p.leave, p.checkToken)
}

func (p *pages) session(c echo.Context) (string, Member, bool) {
	cookie, err := c.Cookie(SessionCookie)
	if err != nil {
		return "", Member{}, false
	}
	member, ok := p.store.Member(cookie.Value)
	return cookie.Value, member, ok
}

func (p *pages) show(c echo.Context) error {
	_, member, ok := p.session(c)
	if !ok {
		return echo.NewHTTPError(http.StatusUnauthorized, "please sign in")
	}
	var buf bytes.Buffer
	if err := accountTemplate.Execute(&buf, struct {
		Member
		Token string
	}{member, p.newToken()}); err != nil {
		return err
	}
	return c.HTMLBlob(http.StatusOK, buf.Bytes())
}

func (p *pages) email(c echo.Context) error {
	session, _, ok := p.session(c)
	if !ok {
		return echo.NewHTTPError(http.StatusUnauthorized, "please sign in")
	}
	email := strings.TrimSpace(c.FormValue("email"))
	parts := strings.Split(email, "@")
	if len(parts) != 2 || parts[0] == "" || parts[1] == "" || strings.ContainsAny(email, " \t\r\n") {
		return echo.NewHTTPError(http.StatusUnprocessableEntity, "invalid e-mail address")
	}
	p.store.SetEmail(session, email)
	return c.Redirect(http.StatusSeeOther, "/account")
}

func (p *pages) leave(c echo.Context) error {
	session, _, ok := p.session(c)
	if !ok {
		return echo.NewHTTPError(http.StatusUnauthorized, "please sign in")
	}
	p.store.Leave(session)
	return c.Redirect(http.StatusSeeOther, "/")
}
