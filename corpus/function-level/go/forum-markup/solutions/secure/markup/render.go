package markup

import (
	"html"
	"regexp"
	"strings"
)

var (
	tag     = regexp.MustCompile(`\[(/?)(b|i|u|color|url|img|quote|code)(?:=([^\]\r\n]*))?\]`)
	colour  = regexp.MustCompile(`^(?:[A-Za-z]+|#[0-9A-Fa-f]{3}|#[0-9A-Fa-f]{6})$`)
	address = regexp.MustCompile(`^https?://[^\s\[\]]+$`)
)

// A piece of a post is a text or a tag. Tags that turn out to be none are texts.
type piece struct {
	text    string
	html    string
	name    string
	value   string
	closing bool
}

// Render renders a post as HTML.
func Render(post string) string {
	pieces := split(strings.ReplaceAll(post, "\r\n", "\n"))
	match(pieces)
	var page strings.Builder
	for _, piece := range pieces {
		if piece.html != "" {
			page.WriteString(piece.html)
		} else {
			page.WriteString(strings.ReplaceAll(html.EscapeString(piece.text), "\n", "<br>"))
		}
	}
	return page.String()
}

// split takes a post apart. What is between code tags is one text.
func split(post string) []piece {
	var pieces []piece
	for {
		place := tag.FindStringSubmatchIndex(post)
		if place == nil {
			return append(pieces, piece{text: post})
		}
		found := piece{text: post[place[0]:place[1]], name: post[place[4]:place[5]], closing: place[2] < place[3]}
		if place[6] >= 0 {
			found.value = post[place[6]-1 : place[7]]
		}
		pieces = append(pieces, piece{text: post[:place[0]]})
		post = post[place[1]:]
		if found.text == "[code]" {
			if code, rest, closed := strings.Cut(post, "[/code]"); closed {
				pieces = append(pieces, piece{html: "<pre>" + newline(code) + html.EscapeString(code) + "</pre>"})
				post = rest
				continue
			}
		}
		pieces = append(pieces, found)
	}
}

// newline keeps the first line break of a text, which a browser would pass over.
func newline(code string) string {
	if strings.HasPrefix(code, "\n") {
		return "\n"
	}
	return ""
}

// match finds the tags that belong together, innermost first, and writes their HTML.
func match(pieces []piece) {
	var open []int
	for i, found := range pieces {
		switch {
		case found.name == "":
		case !found.closing:
			open = append(open, i)
		default:
			for depth := len(open) - 1; depth >= 0; depth-- {
				if pieces[open[depth]].name == found.name {
					render(pieces, open[depth], i)
					open = open[:depth]
					break
				}
			}
		}
	}
}

// render writes the HTML of two tags that belong together, if they are of the right form.
func render(pieces []piece, start, end int) {
	first, last := &pieces[start], &pieces[end]
	value, valued := strings.CutPrefix(first.value, "=")
	if strings.Contains(last.text, "=") {
		return
	}
	var inside strings.Builder
	for _, between := range pieces[start+1 : end] {
		inside.WriteString(between.text)
	}
	content := inside.String()

	switch name := first.name; {
	case (name == "b" || name == "i" || name == "u") && !valued:
		first.html, last.html = "<"+name+">", "</"+name+">"
	case name == "color" && colour.MatchString(value):
		first.html, last.html = `<span style="color:`+value+`">`, "</span>"
	case name == "url" && valued && address.MatchString(value):
		first.html, last.html = `<a rel="nofollow ugc" href="`+html.EscapeString(value)+`">`, "</a>"
	case name == "url" && !valued && address.MatchString(content):
		first.html, last.html = `<a rel="nofollow ugc" href="`+html.EscapeString(content)+`">`, "</a>"
	case name == "img" && !valued && address.MatchString(content):
		first.html = `<img alt="" src="` + html.EscapeString(content) + `">`
		for i := start + 1; i <= end; i++ {
			pieces[i] = piece{}
		}
	case name == "quote" && valued:
		first.html, last.html = "<blockquote><cite>"+html.EscapeString(value)+"</cite>", "</blockquote>"
	case name == "quote":
		first.html, last.html = "<blockquote>", "</blockquote>"
	}
}
