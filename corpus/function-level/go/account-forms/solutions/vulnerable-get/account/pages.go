package account

import (
	"bytes"
	"html/template"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
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
}

// Register adds the page of a membership and its forms.
func Register(e *echo.Echo, store *Store) {
	p := &pages{store: store}
	csrf := middleware.CSRFWithConfig(middleware.CSRFConfig{
		TokenLookup:  "form:token",
		CookiePath:   "/",
		CookieSecure: true,
	})
	g := e.Group("/account", csrf)
	g.GET("", p.show)
	g.Any("/email", p.email)
	g.Any("/leave", p.leave)
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
		Token any
	}{member, c.Get("csrf")}); err != nil {
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
