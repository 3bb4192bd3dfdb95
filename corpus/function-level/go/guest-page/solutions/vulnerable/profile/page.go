package profile

import (
	"bytes"
	"errors"
	"html/template"
	"net/http"
	"regexp"
	"strings"

	"github.com/labstack/echo/v4"
)

var (
	colourPattern  = regexp.MustCompile(`^(#[0-9a-fA-F]{3}|#[0-9a-fA-F]{6}|[a-zA-Z]+)$`)
	picturePattern = regexp.MustCompile(`^data:image/(png|jpeg);base64,[A-Za-z0-9+/=]*$`)
	urlPattern     = regexp.MustCompile(`https?://[^\s<>"]*[^\s<>".,]`)
	blankLines     = regexp.MustCompile(`\n\s*\n`)
)

var pageTemplate = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html>
<head><title>{{.Guest.Name}}</title></head>
<body>
<h1{{if .Colour}} style="color: {{.Colour}}"{{end}}>{{.Guest.Name}}</h1>
{{if .Picture}}<img class="picture" src="{{.Picture}}" alt="{{.Guest.Name}}">{{end}}
<div class="about">{{.About}}</div>
<ul>
{{range .Links}}<li class="link">{{if .URL}}<a href="{{.URL}}">{{.Label}}</a>{{else}}{{.Label}}{{end}}</li>
{{end}}</ul>
<a class="back" href="{{.Back}}">Back</a>
</body>
</html>`))

var missingTemplate = template.Must(template.New("missing").Parse(`<!DOCTYPE html>
<html>
<head><title>Not found</title></head>
<body><p class="missing">There is no guest called {{.}}.</p></body>
</html>`))

type linkView struct {
	Label string
	URL   template.URL
}

// Page shows the page of a guest.
func Page(store Store) echo.HandlerFunc {
	return func(c echo.Context) error {
		handle := c.Param("handle")
		guest, err := store.Guest(c.Request().Context(), handle)
		if errors.Is(err, ErrUnknown) {
			return render(c, http.StatusNotFound, missingTemplate, handle)
		}
		if err != nil {
			return err
		}

		data := map[string]any{
			"Guest": guest,
			"About": formatAbout(guest.About),
			"Links": links(guest.Links),
			"Back":  back(c.QueryParam("from")),
		}
		if colourPattern.MatchString(guest.Colour) {
			data["Colour"] = template.CSS(guest.Colour)
		}
		if hasScheme(guest.Picture, "http://", "https://") || picturePattern.MatchString(guest.Picture) {
			// Pictures in data: addresses would be filtered otherwise.
			data["Picture"] = template.URL(guest.Picture)
		}
		return render(c, http.StatusOK, pageTemplate, data)
	}
}

func render(c echo.Context, status int, page *template.Template, data any) error {
	var buffer bytes.Buffer
	if err := page.Execute(&buffer, data); err != nil {
		return err
	}
	return c.HTMLBlob(status, buffer.Bytes())
}

// formatAbout makes paragraphs, line breaks and links.
func formatAbout(text string) template.HTML {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	if text == "" {
		return ""
	}
	text = urlPattern.ReplaceAllString(text, `<a href="$0">$0</a>`)
	var formatted strings.Builder
	for _, paragraph := range blankLines.Split(text, -1) {
		formatted.WriteString("<p>" + strings.ReplaceAll(paragraph, "\n", "<br>") + "</p>")
	}
	return template.HTML(formatted.String())
}

func links(links []Link) []linkView {
	var views []linkView
	for _, link := range links {
		view := linkView{Label: link.Label}
		if view.Label == "" {
			view.Label = link.Address
		}
		if hasScheme(link.Address, "http://", "https://", "mailto:", "tel:") {
			view.URL = template.URL(link.Address)
		}
		views = append(views, view)
	}
	return views
}

func hasScheme(address string, schemes ...string) bool {
	for _, scheme := range schemes {
		if strings.HasPrefix(address, scheme) {
			return true
		}
	}
	return false
}

func back(from string) string {
	if strings.HasPrefix(from, "/") && !strings.HasPrefix(from, "//") {
		return from
	}
	return "/guests"
}
