package markup

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

var (
	opening   = regexp.MustCompile(`\[(b|i|u|url|img|quote|code|(?:url|quote|color)=[^\]\r\n]*)\]`)
	colours   = regexp.MustCompile(`\A(?:[[:alpha:]]+|#(?:[[:xdigit:]]{3}){1,2})\z`)
	addresses = regexp.MustCompile(`\Ahttps?://[^\s\[\]]+\z`)
)

// Render builds the tree of a post and has it written as HTML.
func Render(post string) string {
	root := element("div")
	grow(root, strings.ReplaceAll(post, "\r\n", "\n"))
	var page strings.Builder
	for child := range root.ChildNodes() {
		if err := html.Render(&page, child); err != nil {
			return html.EscapeString(post)
		}
	}
	return page.String()
}

// grow adds a text with its tags to a node.
func grow(parent *html.Node, text string) {
	for {
		place := opening.FindStringSubmatchIndex(text)
		if place == nil {
			write(parent, text)
			return
		}
		write(parent, text[:place[0]])
		tag, rest := text[place[2]:place[3]], text[place[1]:]
		name, value, valued := strings.Cut(tag, "=")
		end := closing(rest, name)
		if end < 0 {
			write(parent, "["+tag+"]")
			text = rest
			continue
		}
		inside, after := rest[:end], rest[end+len(name)+3:]
		if node := build(name, value, valued, inside); node != nil {
			parent.AppendChild(node)
		} else {
			write(parent, "["+tag+"]")
			grow(parent, inside)
			write(parent, "[/"+name+"]")
		}
		text = after
	}
}

// closing is where a tag is closed, passing over code.
func closing(text, name string) int {
	passed := 0
	for {
		end := strings.Index(text[passed:], "[/"+name+"]")
		code := strings.Index(text[passed:], "[code]")
		if end < 0 || name == "code" || code < 0 || code > end {
			if end < 0 {
				return end
			}
			return passed + end
		}
		length := strings.Index(text[passed+code:], "[/code]")
		if length < 0 {
			return passed + end
		}
		passed += code + length
	}
}

// build makes the node of a tag, or none if the tag is not of its form.
func build(name, value string, valued bool, inside string) *html.Node {
	var node *html.Node
	switch name {
	case "b", "i", "u":
		node = element(name)
	case "color":
		if !colours.MatchString(value) {
			return nil
		}
		node = element("span", "style", "color: "+value)
	case "url":
		if !valued {
			value = inside
		}
		if !addresses.MatchString(value) {
			return nil
		}
		node = element("a", "href", value)
	case "img":
		if !addresses.MatchString(inside) {
			return nil
		}
		return element("img", "src", inside, "alt", "")
	case "quote":
		node = element("blockquote")
		if valued {
			cite := element("cite")
			cite.AppendChild(&html.Node{Type: html.TextNode, Data: value})
			node.AppendChild(cite)
		}
	case "code":
		node = element("pre")
		node.AppendChild(&html.Node{Type: html.TextNode, Data: inside})
		return node
	}
	grow(node, inside)
	return node
}

func element(name string, attributes ...string) *html.Node {
	node := &html.Node{Type: html.ElementNode, Data: name}
	for i := 0; i < len(attributes); i += 2 {
		node.Attr = append(node.Attr, html.Attribute{Key: attributes[i], Val: attributes[i+1]})
	}
	return node
}

// write adds a text without tags.
func write(parent *html.Node, text string) {
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			parent.AppendChild(element("br"))
		}
		if line != "" {
			parent.AppendChild(&html.Node{Type: html.TextNode, Data: line})
		}
	}
}
