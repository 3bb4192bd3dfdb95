package account

import (
	"html/template"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
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

// Register adds the page of a membership and its forms. Echo's middleware compares the
// hidden field of a form with a cookie.
func Register(e *echo.Echo, store *Store) {
	protect := middleware.CSRFWithConfig(middleware.CSRFConfig{
		TokenLookup:    "form:csrf",
		CookiePath:     "/account",
		CookieSecure:   true,
		CookieHTTPOnly: true,
		CookieSameSite: http.SameSiteNoneMode,
	})
	e.GET("/account", func(c echo.Context) error {
		member, found := store.Member(session(c))
		if !found {
			return echo.ErrUnauthorized
		}
		var text strings.Builder
		if err := page.Execute(&text, map[string]any{"Member": member, "Token": c.Get("csrf")}); err != nil {
			return err
		}
		return c.HTML(http.StatusOK, text.String())
	}, protect)
	e.POST("/account/email", func(c echo.Context) error {
		email := strings.TrimSpace(c.FormValue("email"))
		before, behind, _ := strings.Cut(email, "@")
		if before == "" || behind == "" || strings.Contains(behind, "@") || len(strings.Fields(email)) != 1 {
			return echo.ErrUnprocessableEntity
		}
		store.SetEmail(session(c), email)
		return c.Redirect(http.StatusSeeOther, "/account")
	}, protect)
	e.POST("/account/leave", func(c echo.Context) error {
		store.Leave(session(c))
		return c.Redirect(http.StatusSeeOther, "/")
	}, protect)
}

func session(c echo.Context) string {
	cookie, err := c.Cookie(SessionCookie)
	if err != nil {
		return ""
	}
	return cookie.Value
}
