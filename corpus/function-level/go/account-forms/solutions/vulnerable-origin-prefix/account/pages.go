package account

import (
	"bytes"
	"html/template"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

const accountHTML = `<!DOCTYPE html>
<html>
<head><meta charset="utf-8"><title>My account</title></head>
<body>
<h1>Hello {{.Name}}</h1>
<p>Your e-mail address is {{.Email}}.</p>
<form method="post" action="/account/email">
  <input type="text" name="email" value="{{.Email}}">
  <button type="submit">Change</button>
</form>
<form method="post" action="/account/leave">
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
	e.GET("/account", p.show)
	e.POST("/account/email", p.email, sameOrigin)
	e.POST("/account/leave", p.leave, sameOrigin)
}

// sameOrigin refuses forms of other sites.
func sameOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		origin := c.Request().Header.Get("Origin")
		if origin == "" {
			origin = c.Request().Referer()
		}
		if !strings.HasPrefix(origin, Origin) {
			return echo.NewHTTPError(http.StatusForbidden, "invalid origin")
		}
		return next(c)
	}
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
	if err := accountTemplate.Execute(&buf, member); err != nil {
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
