package functional

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"board.example/forum/markup"
)

// parse reads a rendered post as a browser does.
func parse(t *testing.T, text string) []*html.Node {
	t.Helper()
	nodes, err := html.ParseFragment(strings.NewReader(text), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		t.Fatal(err)
	}
	return nodes
}

// outline writes what is shown: elements in parentheses, with the attributes that matter.
func outline(nodes []*html.Node) string {
	var text strings.Builder
	for _, node := range nodes {
		switch {
		case node.Type == html.TextNode:
			text.WriteString(node.Data)
		case node.Type != html.ElementNode:
			fmt.Fprintf(&text, "(?%d)", node.Type)
		default:
			text.WriteString("(" + node.Data)
			for _, attribute := range node.Attr {
				switch attribute.Key {
				case "href", "src":
					text.WriteString(" " + attribute.Val)
				case "alt":
					text.WriteString(" '" + attribute.Val + "'")
				case "style":
					text.WriteString(" " + strings.TrimSuffix(strings.ReplaceAll(attribute.Val, " ", ""), ";"))
				}
			}
			if inside := outline(slices.Collect(node.ChildNodes())); inside != "" {
				text.WriteString(": " + inside)
			}
			text.WriteString(")")
		}
	}
	return text.String()
}

func shows(t *testing.T, post, expected string) {
	t.Helper()
	rendered := markup.Render(post)
	found := outline(parse(t, rendered))
	// The order of the two attributes of a picture does not matter.
	found = strings.ReplaceAll(found, "(img '' ", "(img ")
	found = strings.ReplaceAll(found, " '')", ")")
	if found != expected {
		t.Errorf("%q is shown as %s, expected %s; it was rendered as %s", post, found, expected, rendered)
	}
}

func TestTextIsShownAsItIs(t *testing.T) {
	for _, post := range []string{
		"", "Hello", "1 < 2 && 3 > 2", "it's \"so\" & so", "<b>not bold</b>", "&lt;&amp;&#39;", "论坛 🙂", "50% $1 \\1 %s",
	} {
		shows(t, post, post)
	}
}

func TestLinesAreBroken(t *testing.T) {
	shows(t, "one\ntwo\r\nthree", "one(br)two(br)three")
	shows(t, "\n\nlast\n", "(br)(br)last(br)")
}

func TestPlainTags(t *testing.T) {
	shows(t, "[b]bold[/b], [i]italic[/i] and [u]under\nlined[/u]", "(b: bold), (i: italic) and (u: under(br)lined)")
	shows(t, "[b]a [i]b [u]c[/u][/i] d[/b] [b]e[/b]", "(b: a (i: b (u: c)) d) (b: e)")
	shows(t, "[b][/b]", "(b)")
}

func TestColours(t *testing.T) {
	shows(t, "[color=red]a[/color][color=#0aF]b[/color] [color=#a1B2c3]c [b]d[/b][/color]",
		"(span color:red: a)(span color:#0aF: b) (span color:#a1B2c3: c (b: d))")
	for _, post := range []string{"[color=12]a[/color]", "[color=#12]a[/color]", "[color]a[/color]", "[color=]a[/color]", "[color=#ggg]a[/color]"} {
		shows(t, post, post)
	}
}

func TestAddressesAreLinks(t *testing.T) {
	shows(t, "See [url]https://a.example/x?y=1&z=2#top[/url].", "See (a https://a.example/x?y=1&z=2#top: https://a.example/x?y=1&z=2#top).")
	shows(t, "[url=http://a.example]the [b]site[/b][/url] [url=https://b.example/~c/d]it's[/url]",
		"(a http://a.example: the (b: site)) (a https://b.example/~c/d: it's)")
	for _, post := range []string{
		"[url]a.example[/url]", "[url=//a.example]a[/url]", "[url=mailto:a@b.example]write[/url]", "[url]tel:123[/url]", "[url=]a[/url]", "[url][/url]", "[url=/path]a[/url]",
	} {
		shows(t, post, post)
	}
	shows(t, "[url=a.example][b]x[/b][/url]", "[url=a.example](b: x)[/url]")
}

func TestPicturesAreShown(t *testing.T) {
	shows(t, "a [img]https://a.example/x_1.png?s=2&t=3[/img] b", "a (img https://a.example/x_1.png?s=2&t=3) b")
	shows(t, "[url=http://a.example][img]http://a.example/b.gif[/img][/url]", "(a http://a.example: (img http://a.example/b.gif))")
	for _, post := range []string{"[img]b.gif[/img]", "[img][/img]", "[img]data:image/gif;base64,AA[/img]"} {
		shows(t, post, post)
	}
}

func TestQuotations(t *testing.T) {
	shows(t, "[quote]one\n[i]two[/i][/quote]three", "(blockquote: one(br)(i: two))three")
	shows(t, "[quote=Ada O'Neil & \"Co\" <3]hi[/quote]", "(blockquote: (cite: Ada O'Neil & \"Co\" <3)hi)")
	shows(t, "[quote=Bo]a[/quote][quote]b[/quote]", "(blockquote: (cite: Bo)a)(blockquote: b)")
}

func TestCodeStaysAsItIs(t *testing.T) {
	shows(t, "[code]if a < b && c {\n  [b]x[/b] [url]https://a.example[/url]\n}[/code]\nend",
		"(pre: if a < b && c {\n  [b]x[/b] [url]https://a.example[/url]\n})(br)end")
	shows(t, "[b]see [code]x > y[/code][/b] [code][i][/code]", "(b: see (pre: x > y)) (pre: [i])")
}

func TestWhatIsNoTagStaysText(t *testing.T) {
	for _, post := range []string{
		"[x]a[/x]", "[b]never closed", "never opened[/i]", "[]", "[/]", "a[0] = b[i", "[B]a[/B]", "[ b ]a[/ b ]", "[script]a[/script]", "[quote=Bo]open",
	} {
		shows(t, post, post)
	}
	shows(t, "[u][b]a[/b]", "[u](b: a)")
}

func TestLongPosts(t *testing.T) {
	shows(t, strings.Repeat("[b]a[/b]\n", 2000), strings.Repeat("(b: a)(br)", 2000))
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
