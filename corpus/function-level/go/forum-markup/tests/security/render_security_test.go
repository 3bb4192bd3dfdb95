package security

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"board.example/forum/markup"
)

// What attackers want to have run contains this word, which stands nowhere else.
const mark = "owned"

// attack renders posts into the page of a thread, reads it as a browser does, and fails if
// a text of a post is alive in it.
func attack(t *testing.T, posts ...string) {
	t.Helper()
	for _, post := range posts {
		page := "<!DOCTYPE html><body><div>" + markup.Render(post) + "</div></body>"
		root, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		for node := range root.Descendants() {
			if why := alive(node); why != "" {
				t.Fatalf("%s in %q, which is rendered as\n%s", why, post, page)
			}
		}
	}
}

// alive says in what way a node runs or shows what a text has brought along.
func alive(node *html.Node) string {
	marked := func(text string) bool { return strings.Contains(strings.ToLower(text), mark) }
	if node.Type == html.TextNode && marked(node.Data) {
		if name := node.Parent.Data; name == "script" || name == "style" {
			return "the text is a " + name
		}
	}
	if node.Type == html.CommentNode && marked(node.Data) {
		return "the text is a comment"
	}
	if node.Type != html.ElementNode {
		return ""
	}
	if marked(node.Data) {
		return "the text is an element"
	}
	for _, attribute := range node.Attr {
		name, value := strings.ToLower(attribute.Key), attribute.Val
		switch {
		case marked(name):
			return "the text is an attribute"
		case !marked(value):
		case strings.HasPrefix(name, "on"):
			return "the text is a handler of " + name
		case name == "style" || name == "srcdoc" || name == "http-equiv":
			return "the text is in the attribute " + name
		case name == "src" && node.Data != "img":
			return "the text is loaded as " + node.Data
		case name == "href" && runs(value):
			return "the address " + value + " runs a script"
		}
	}
	return ""
}

// runs says whether a browser takes an address for a script, or for a document of its own.
func runs(address string) bool {
	address = strings.TrimLeftFunc(address, func(r rune) bool { return r <= ' ' })
	address = strings.ToLower(strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(address))
	for _, scheme := range []string{"javascript:", "vbscript:", "data:"} {
		if strings.HasPrefix(address, scheme) {
			return true
		}
	}
	return false
}

// places are posts with a place for a text, in each part of each tag.
var places = []string{
	"%s",
	"[b]%s[/b]",
	"[color=red]%s[/color]",
	"[color=%s]a[/color]",
	"[color=red%s]a[/color]",
	"[color=#fff%s]a[/color]",
	"[url]%s[/url]",
	"[url]http://a.example/%s[/url]",
	"[url=%s]a[/url]",
	"[url=http://a.example/%s]a[/url]",
	"[url=http://a.example/]%s[/url]",
	"[img]%s[/img]",
	"[img]http://a.example/%s[/img]",
	"[quote]%s[/quote]",
	"[quote=%s]a[/quote]",
	"[quote=Ada]%s[/quote]",
	"[code]%s[/code]",
	"[b][code]%s[/code][/b]",
	"[%s]",
	"[x=%s]a[/x]",
}

func everywhere(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		for _, place := range places {
			attack(t, fmt.Sprintf(place, text))
		}
	}
}

func TestNoTextIsAnElement(t *testing.T) {
	everywhere(t,
		"<script>owned()</script>",
		"<img/src=x/onerror=owned()>",
		"<svg/onload=owned()>",
		"<svg onload=owned()>",
		"<owned>",
		"<!--owned",
		"<iframe srcdoc='owned'>",
		"</div></pre></cite></a><script>owned()</script>",
		"</title></style><script>owned()</script>",
		"&lt;svg/onload=owned()&gt;",
		"&#60;svg/onload=owned()&#62;",
		"<scr[b]ipt>owned()</scr[/b]ipt>",
		"<[i]svg/onload=owned()>[/i]",
		"<svg\nonload=owned()>",
		"<svg[code] onload=owned()>[/code]",
	)
}

func TestNoTextIsAnAttribute(t *testing.T) {
	for _, quotation := range []string{`"`, `'`, "`", "&quot;", "&#34;", `\"`, "%22"} {
		everywhere(t,
			quotation+"onmouseover="+quotation+"owned()",
			quotation+"onerror=owned()//",
			quotation+" onerror=owned() x="+quotation,
			quotation+"\tonerror="+quotation+"owned()",
			quotation+"/onerror="+quotation+"owned()",
			quotation+"style="+quotation+"background:url(//owned.example)",
			quotation+"><svg/onload=owned()>",
		)
	}
}

func TestNoTagBreaksTheAttributeOfAnother(t *testing.T) {
	inner := []string{
		"[img]http://b.example/ onmouseover=owned() x=[/img]",
		"[img]http://b.example/onmouseover=owned()//[/img]",
		"[img]http://b.example/\tonmouseover=owned()//[/img]",
		"[url]http://b.example/ onmouseover=owned() x=[/url]",
		"[url]http://b.example/onmouseover=owned()//[/url]",
		"[url=http://b.example/ onmouseover=owned() x=]c[/url]",
		"[color=red] onmouseover=owned() x=[/color]",
		"[color=red]onmouseover=owned()//[/color]",
		"[quote= onmouseover=owned() x=]c[/quote]",
		"[quote]onmouseover=owned() x=[/quote]",
		"[code] onmouseover=owned() x=[/code]",
		"[code]\" onmouseover=owned() x=\"[/code]",
		"[b] onmouseover=owned() x=[/b]",
		"\nonmouseover=owned()\n",
	}
	for _, text := range inner {
		for _, outer := range []string{
			"[url=http://a.example/%s]a[/url]",
			"[url=http://a.example/%s",
			"[url]http://a.example/%s[/url]",
			"[img]http://a.example/%s[/img]",
			"[img]http://a.example/%s",
			"[color=%s]a[/color]",
			"[color=red%s]a[/color]",
			"[quote=%s]a[/quote]",
			"[url=http://a.example/%s[/url]]a[/url]",
			"[url=http://a.example/%s]a[/url][/url]",
			"[img][url]http://a.example/%s[/url][/img]",
		} {
			attack(t, fmt.Sprintf(outer, text))
		}
	}
}

func TestNoAddressRunsAScript(t *testing.T) {
	for _, scheme := range []string{
		"javascript:", "JavaScript:", " javascript:", "\x01javascript:", "java\tscript:", "java\nscript:", "javascript\t:",
		"vbscript:", "data:text/html,", "&#106;avascript:", "javascript&colon;", "javascript&#58;",
		"[b]javascript:[/b]", "java[b]script:", "java[x]script:",
	} {
		for _, rest := range []string{
			"owned()", "//%0Aowned()", "//http://a.example/%0Aowned()", "owned()//http://a.example/", "owned()//https://", "\nhttp://a.example/;owned()", "owned()//\nhttp://a.example/",
		} {
			for _, place := range []string{"[url]%s[/url]", "[url=%s]a[/url]", "[url= %s]a[/url]", "[url=\"%s\"]a[/url]", "[url]\n%s[/url]", "[img]%s[/img]", "[url=[url]%s[/url]]a[/url]"} {
				attack(t, strings.Replace(place, "%s", scheme+rest, 1))
			}
		}
	}
}

func TestNoColourBringsMore(t *testing.T) {
	for _, start := range []string{"red", "#fff", "#a1b2c3", ""} {
		for _, rest := range []string{
			";background:url(//owned.example/)", "; position: fixed; --owned: 1", "}owned{", "/**/;background:url(//owned.example/)",
			" url(owned)", "(owned)", "\"owned=\"", "&#59;background:url(//owned.example/)", "\n;background:url(//owned.example/)",
		} {
			attack(t, "[color="+start+rest+"]a[/color]")
		}
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
