package account

import (
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
<label>New address <input type="text" name="email" value="{{.Member.Email}}"></label>
<button>Change</button>
</form>
<form method="post" action="/account/leave">
<button>Leave the club</button>
</form>
</body>
</html>
`))

// fromOurPages lets only requests through that come from pages of this website. Browsers
// name the origin of whatever they post.
func fromOurPages(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		header := c.Request().Header
		if site := header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
			return echo.ErrForbidden
		}
		if header.Get("Origin") != Origin {
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
		if err := page.Execute(&text, map[string]any{"Member": member}); err != nil {
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
	}, fromOurPages)
	e.POST("/account/leave", func(c echo.Context) error {
		store.Leave(session(c))
		return c.Redirect(http.StatusSeeOther, "/")
	}, fromOurPages)
}

func session(c echo.Context) string {
	cookie, err := c.Cookie(SessionCookie)
	if err != nil {
		return ""
	}
	return cookie.Value
}
