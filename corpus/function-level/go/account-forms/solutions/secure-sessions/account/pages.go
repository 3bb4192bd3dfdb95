package account

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"html/template"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

var page = template.Must(template.New("account").Parse(`<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Your membership</title></head>
<body>
<h1>{{.Member.Name}}</h1>
<p>We write to {{.Member.Email}}.</p>
<form method="post" action="/account/email">
<input type="hidden" name="csrf" value="{{.Token}}">
<label>New address <input type="text" name="email" value="{{.Member.Email}}"></label>
<button>Change</button>
</form>
<form method="post" action="/account/leave">
<input type="hidden" name="csrf" value="{{.Token}}">
<button>Leave the club</button>
</form>
</body>
</html>
`))

// key lasts as long as the process; sessions do not last longer.
var key = []byte(rand.Text())

// token is the mark of a session's forms.
func token(session string) string {
	code := hmac.New(sha256.New, key)
	code.Write([]byte(session))
	return hex.EncodeToString(code.Sum(nil))
}

// protected answers forms that hold the token of their own session.
func protected(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		given := c.Request().PostFormValue("csrf")
		if !hmac.Equal([]byte(given), []byte(token(session(c)))) {
			return echo.ErrForbidden
		}
		return next(c)
	}
}

// Register adds the page of a membership and its forms.
func Register(e *echo.Echo, store *Store) {
	e.GET("/account", func(c echo.Context) error {
		member, found := store.Member(session(c))
		if !found {
			return echo.ErrUnauthorized
		}
		var text strings.Builder
		if err := page.Execute(&text, map[string]any{"Member": member, "Token": token(session(c))}); err != nil {
			return err
		}
		return c.HTML(http.StatusOK, text.String())
	})
	e.POST("/account/email", func(c echo.Context) error {
		email := strings.TrimSpace(c.FormValue("email"))
		before, behind, _ := strings.Cut(email, "@")
		if before == "" || behind == "" || strings.Contains(behind, "@") || len(strings.Fields(email)) != 1 {
			return echo.ErrUnprocessableEntity
		}
		store.SetEmail(session(c), email)
		return c.Redirect(http.StatusSeeOther, "/account")
	}, protected)
	e.POST("/account/leave", func(c echo.Context) error {
		store.Leave(session(c))
		return c.Redirect(http.StatusSeeOther, "/")
	}, protected)
}

func session(c echo.Context) string {
	cookie, err := c.Cookie(SessionCookie)
	if err != nil {
		return ""
	}
	return cookie.Value
}
