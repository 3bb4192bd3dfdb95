package profile

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/labstack/echo/v4"
)

var (
	colours   = regexp.MustCompile(`\A(?:#(?:[[:xdigit:]]{3}){1,2}|[[:alpha:]]+)\z`)
	pictures  = regexp.MustCompile(`\Adata:image/(?:png|jpeg);base64,[[:alnum:]+/=]*\z`)
	addresses = regexp.MustCompile(`https?://[^\s<>"]*[^\s<>".,]`)
)

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace

// Page shows the page of a guest.
func Page(store Store) echo.HandlerFunc {
	return func(c echo.Context) error {
		handle := c.Param("handle")
		guest, err := store.Guest(c.Request().Context(), handle)
		if errors.Is(err, ErrUnknown) {
			return c.HTML(http.StatusNotFound, document("Not found",
				`<p class="missing">There is no guest called `+escape(handle)+`.</p>`))
		}
		if err != nil {
			return fmt.Errorf("failed to show %q: %w", handle, err)
		}
		return c.HTML(http.StatusOK, document(guest.Name, body(guest, c.QueryParam("from"))))
	}
}

func document(title, body string) string {
	return "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>" + escape(title) +
		"</title></head>\n<body>\n" + body + "\n</body>\n</html>\n"
}

func body(guest Guest, from string) string {
	var b strings.Builder
	style := ""
	if colours.MatchString(guest.Colour) {
		style = ` style="color:` + guest.Colour + `"`
	}
	b.WriteString("<h1" + style + ">" + escape(guest.Name) + "</h1>\n")

	if startsWith(guest.Picture, "http://", "https://") || pictures.MatchString(guest.Picture) {
		fmt.Fprintf(&b, `<img class="picture" src="%s" alt="%s">`,
			escape(guest.Picture), escape(guest.Name))
	}

	b.WriteString(`<div class="about">`)
	writeAbout(&b, guest.About)
	b.WriteString("</div>\n<ul>\n")
	for _, link := range guest.Links {
		label := link.Label
		if label == "" {
			label = link.Address
		}
		shown := escape(label)
		if startsWith(link.Address, "https://", "http://", "mailto:", "tel:") {
			shown = anchor(link.Address, label)
		}
		b.WriteString(`<li class="link">` + shown + "</li>\n")
	}
	b.WriteString("</ul>\n")

	if !strings.HasPrefix(from, "/") || strings.HasPrefix(from, "//") {
		from = "/guests"
	}
	b.WriteString(`<a class="back" href="` + escape(from) + `">Back</a>`)
	return b.String()
}

func startsWith(text string, starts ...string) bool {
	for _, start := range starts {
		if strings.HasPrefix(text, start) {
			return true
		}
	}
	return false
}

func anchor(address, text string) string {
	return `<a rel="nofollow" href="` + escape(address) + `">` + escape(text) + "</a>"
}

func writeAbout(b *strings.Builder, about string) {
	inside := false
	for line := range strings.Lines(about) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" && inside:
			b.WriteString("</p>")
		case line != "" && !inside:
			b.WriteString("<p>")
		case line != "":
			b.WriteString("<br>")
		}
		inside = line != ""
		for {
			place := addresses.FindStringIndex(line)
			if place == nil {
				break
			}
			b.WriteString(escape(line[:place[0]]))
			b.WriteString(anchor(line[place[0]:place[1]], line[place[0]:place[1]]))
			line = line[place[1]:]
		}
		b.WriteString(escape(line))
	}
	if inside {
		b.WriteString("</p>")
	}
}
