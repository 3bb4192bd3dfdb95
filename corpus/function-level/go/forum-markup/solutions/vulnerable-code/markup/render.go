package markup

import (
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"
)

var (
	codePattern = regexp.MustCompile(`(?s)\[code\](.*?)\[/code\]`)
	codeMarker  = regexp.MustCompile("\x01(\\d+)\x01")
)

var tags = []struct {
	pattern *regexp.Regexp
	html    string
}{
	{regexp.MustCompile(`(?s)\[b\](.*?)\[/b\]`), `<b>$1</b>`},
	{regexp.MustCompile(`(?s)\[i\](.*?)\[/i\]`), `<i>$1</i>`},
	{regexp.MustCompile(`(?s)\[u\](.*?)\[/u\]`), `<u>$1</u>`},
	{regexp.MustCompile(`(?s)\[color=([A-Za-z]+|#[0-9A-Fa-f]{3}|#[0-9A-Fa-f]{6})\](.*?)\[/color\]`), `<span style="color: $1">$2</span>`},
	{regexp.MustCompile(`\[img\](https?://[^\s\[\]]+)\[/img\]`), `<img src="$1" alt="">`},
	{regexp.MustCompile(`\[url\](https?://[^\s\[\]]+)\[/url\]`), `<a href="$1">$1</a>`},
	{regexp.MustCompile(`(?s)\[url=(https?://[^\s\[\]]+)\](.*?)\[/url\]`), `<a href="$1">$2</a>`},
	{regexp.MustCompile(`(?s)\[quote\](.*?)\[/quote\]`), `<blockquote>$1</blockquote>`},
	{regexp.MustCompile(`(?s)\[quote=([^\]\r\n]*)\](.*?)\[/quote\]`), `<blockquote><cite>$1</cite>$2</blockquote>`},
}

// Render renders a post as HTML.
func Render(post string) string {
	text := strings.ReplaceAll(post, "\r\n", "\n")

	// Code is put aside, so that no tag within it is replaced.
	var codes []string
	text = codePattern.ReplaceAllStringFunc(text, func(code string) string {
		codes = append(codes, codePattern.FindStringSubmatch(code)[1])
		return fmt.Sprintf("\x01%d\x01", len(codes)-1)
	})

	text = html.EscapeString(text)
	for _, tag := range tags {
		text = tag.pattern.ReplaceAllString(text, tag.html)
	}
	text = strings.ReplaceAll(text, "\n", "<br>")
	return codeMarker.ReplaceAllStringFunc(text, func(marker string) string {
		number, _ := strconv.Atoi(strings.Trim(marker, "\x01"))
		return "<pre>" + codes[number] + "</pre>"
	})
}
