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
	colour  = regexp.MustCompile(`^(#[0-9A-Fa-f]{3}|#[0-9A-Fa-f]{6}|[A-Za-z]+)$`)
	picture = regexp.MustCompile(`^(https?://.*|data:image/(png|jpeg);base64,[0-9A-Za-z+/=]*)$`)
	contact = regexp.MustCompile(`(https?://|mailto:|tel:)`)
	address = regexp.MustCompile(`https?://[^\s<>"]*`)
	parting = regexp.MustCompile(`\n\s*\n`)
)

var pages = template.Must(template.New("guest").Funcs(template.FuncMap{"pieces": pieces}).Parse(`<!DOCTYPE html>
<html lang="en">
<head><title>{{.Name}}</title></head>
<body>
<a class="back" href="{{.Back}}">Back</a>
<h1{{with .Colour}} style="color: {{.}}"{{end}}>{{.Name}}</h1>
{{with .Picture}}<img class="picture" src="{{.}}" alt="{{$.Name}}">{{end}}
<div class="about">
{{- range .Paragraphs}}<p>{{range $i, $line := .}}{{if $i}}<br>{{end}}
{{- range pieces $line}}{{if .Address}}<a href="{{.Address}}">{{.Text}}</a>{{else}}{{.Text}}{{end}}{{end}}
{{- end}}</p>{{end -}}
</div>
<ul>{{range .Links}}<li class="link">{{if .Address}}<a href="{{.Address}}">{{.Text}}</a>{{else}}{{.Text}}{{end}}</li>{{end}}</ul>
</body>
</html>
{{define "missing"}}<!DOCTYPE html>
<html lang="en">
<head><title>Not found</title></head>
<body><p class="missing">There is no guest called {{.}}.</p></body>
</html>
{{end}}`))

// A piece is a text that may lead to an address. Addresses were checked, so the template
// need not do it.
type piece struct {
	Text    string
	Address template.URL
}

type page struct {
	Name       string
	Colour     template.CSS
	Picture    template.URL
	Back       string
	Paragraphs [][]string
	Links      []piece
}

// Page shows the page of a guest.
func Page(store Store) echo.HandlerFunc {
	return func(c echo.Context) error {
		handle := c.Param("handle")
		guest, err := store.Guest(c.Request().Context(), handle)
		var content bytes.Buffer
		if errors.Is(err, ErrUnknown) {
			if err := pages.ExecuteTemplate(&content, "missing", handle); err != nil {
				return err
			}
			return c.HTMLBlob(http.StatusNotFound, content.Bytes())
		}
		if err != nil {
			return err
		}

		shown := page{Name: guest.Name, Back: "/guests", Paragraphs: paragraphs(guest.About)}
		if from := c.QueryParam("from"); strings.HasPrefix(from, "/") && !strings.HasPrefix(from, "//") {
			shown.Back = from
		}
		if colour.MatchString(guest.Colour) {
			shown.Colour = template.CSS(guest.Colour)
		}
		if picture.MatchString(guest.Picture) {
			shown.Picture = template.URL(guest.Picture)
		}
		for _, link := range guest.Links {
			entry := piece{Text: link.Label}
			if entry.Text == "" {
				entry.Text = link.Address
			}
			if contact.MatchString(link.Address) {
				entry.Address = template.URL(link.Address)
			}
			shown.Links = append(shown.Links, entry)
		}
		if err := pages.Execute(&content, shown); err != nil {
			return err
		}
		return c.HTMLBlob(http.StatusOK, content.Bytes())
	}
}

// paragraphs splits a text into paragraphs of lines.
func paragraphs(text string) [][]string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var found [][]string
	for _, paragraph := range parting.Split(strings.TrimSpace(text), -1) {
		if paragraph != "" {
			found = append(found, strings.Split(paragraph, "\n"))
		}
	}
	return found
}

// pieces splits a line into addresses and what stands between them.
func pieces(line string) []piece {
	var found []piece
	end := 0
	for _, place := range address.FindAllStringIndex(line, -1) {
		link := strings.TrimRight(line[place[0]:place[1]], ".,")
		found = append(found, piece{Text: line[end:place[0]]}, piece{link, template.URL(link)})
		end = place[0] + len(link)
	}
	return append(found, piece{Text: line[end:]})
}
