package security

import (
	"testing"

	"github.com/dop251/goja"

	"metrics.example/tracking/sdk"
)

// attack loads the library of a plan, calls all of its functions, and fails if a text of
// the plan was run. A plan that is refused does no harm, and neither does a library that
// no engine can read.
func attack(t *testing.T, plan sdk.Plan) {
	t.Helper()
	script, err := sdk.Generate(plan)
	if err != nil {
		return
	}
	engine := goja.New()
	ran := false
	for name, function := range map[string]any{"owned": func() { ran = true }, "send": func() {}} {
		if err := engine.Set(name, function); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := engine.RunString(script); err == nil || ran {
		for _, call := range []string{"()", "({})", "({note: 1})"} {
			_, _ = engine.RunString("Object.keys(analytics).forEach(function (name) { try { analytics[name]" + call + " } catch (e) {} })")
		}
	}
	if ran {
		t.Fatalf("a text of the plan was run in\n%s", script)
	}
}

// everywhere puts a text into each place where it can be a comment, and where names are.
func everywhere(t *testing.T, text string) {
	t.Helper()
	attack(t, sdk.Plan{Workspace: text, Events: []sdk.Event{{Name: "open"}}})
	attack(t, sdk.Plan{Events: []sdk.Event{{Name: "open", Description: text}, {Name: "close"}}})
	attack(t, sdk.Plan{Events: []sdk.Event{{Name: "open " + text}, {Name: "close"}}})
	attack(t, sdk.Plan{Events: []sdk.Event{{Name: "open", Properties: []sdk.Property{
		{Name: text, Description: "first", Default: "1"}, {Name: "note", Default: "2"},
	}}}})
	attack(t, sdk.Plan{Events: []sdk.Event{{Name: "open", Properties: []sdk.Property{
		{Name: "note", Description: text, Default: "1"},
	}}}})
}

// What makes a call of a text that has left its comment: alone, behind the end of a
// statement, or as a member of an object that is being written.
var calls = []string{
	"owned();",
	"; owned();",
	"a: owned(),",
	", a: owned(),",
	"[owned()]: 1,",
}

func TestDescriptionsDoNotEndBlockComments(t *testing.T) {
	for _, call := range calls {
		for _, text := range []string{
			"*/ " + call + " /*",
			"*/ " + call + " /**",
			"*/\n" + call + "\n/*",
			"* /\n*/ " + call + " /*",
			"/* */ " + call + " /* */",
			"*/ " + call + " //",
		} {
			everywhere(t, text)
		}
	}
}

func TestWhatIsLeftOfATextDoesNotEndComments(t *testing.T) {
	for _, call := range calls {
		for _, text := range []string{
			"**// " + call + " /**",
			"**// " + call + " //**",
			"*\n/ " + call + " /*",
			"*\r\n/ " + call + " /*",
			"*\r/ " + call + " /*",
			"*\x00/ " + call + " /*",
			"*\u200b/ " + call + " /*",
			"***///" + call + " /*",
			`*\/ ` + call + ` /*`,
			"/ " + call + " /*",
			"note *\n/\n" + call + "\n/*",
		} {
			everywhere(t, text)
		}
	}
}

func TestNoLineEndLeavesALineComment(t *testing.T) {
	for _, call := range calls {
		for _, end := range []string{"\n", "\r", "\r\n", "\u2028", "\u2029", "\v", "\f", "\u0085"} {
			everywhere(t, "note"+end+call)
			everywhere(t, "note"+end+call+"//")
			everywhere(t, "note"+end+call+end+"//")
			everywhere(t, end+" "+call+end)
		}
	}
}

func TestNoTextLeavesItsString(t *testing.T) {
	for _, quotation := range []string{`"`, `'`, "`"} {
		for _, start := range []string{quotation, `\` + quotation, `\\` + quotation} {
			for _, text := range []string{
				start + ", owned()); //",
				start + ", {}); owned(); //",
				start + " + owned() + " + quotation,
				start + "); owned(); (" + quotation,
				start + ": owned(), " + quotation + "b",
				start + ": owned(), //",
				start + ": owned()}, properties)); //",
				start + ": owned()}; //",
				start + ": owned()},\n//",
				start + "] = owned(); x[" + quotation,
				start + "] = owned(); //",
			} {
				everywhere(t, text)
			}
		}
	}
	everywhere(t, "${owned()}")
	everywhere(t, `\${owned()}`)
	for _, key := range []string{"[owned()]", "a: owned(), b", "a = owned(), b", "get a() { owned() }, b"} {
		everywhere(t, key)
	}
}

func TestNothingBehindADefaultIsRun(t *testing.T) {
	for _, value := range []string{
		"1, b: owned()",
		"1 }, owned(), {",
		"1}, properties)); owned(); //",
		"{} , b: owned()",
		"null || owned()",
		`"a" + owned()`,
		"[1].concat(owned())",
		"1; owned();",
		"1;\nowned();//",
		"true, [owned()]: 1",
		"1\n, b: owned()",
		`{"a": 1}, "b": owned()`,
	} {
		attack(t, sdk.Plan{Events: []sdk.Event{{Name: "open", Properties: []sdk.Property{{Name: "note", Default: value}}}}})
	}
}

func TestNoDefaultIsCodeItself(t *testing.T) {
	for _, value := range []string{
		"owned()",
		"(owned())",
		"[owned()]",
		`{"a": owned()}`,
		"{[owned()]: 1}",
		"function () {}(owned())",
		"${owned()}",
		"`${owned()}`",
		`"\` + "\n" + `" + owned()`,
		`"` + "\u2028" + `" + owned() + "`,
		`"'); owned(); ('"`,
		`"'+owned()+'"`,
		`"\\"+owned()+"\\"`,
		"\"${owned()}\"",
		"\"`+owned()+`\"",
	} {
		attack(t, sdk.Plan{Events: []sdk.Event{{Name: "open", Properties: []sdk.Property{{Name: "note", Default: value}}}}})
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
