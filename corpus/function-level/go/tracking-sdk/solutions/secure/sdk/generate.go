package sdk

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Generate writes the library for a plan.
func Generate(plan Plan) (string, error) {
	var script strings.Builder
	comment(&script, "", "Events of "+plan.Workspace)
	script.WriteString("var analytics = {\n")
	taken := map[string]bool{}
	for _, event := range plan.Events {
		name := functionName(event.Name)
		if name == "" || taken[name] {
			return "", fmt.Errorf("%w: %q", ErrName, event.Name)
		}
		taken[name] = true

		var defaults []string
		comment(&script, "\t", event.Name)
		comment(&script, "\t", event.Description)
		for _, property := range event.Properties {
			comment(&script, "\t", "- "+property.Name+": "+property.Description)
			if property.Default == "" {
				continue
			}
			if !json.Valid([]byte(property.Default)) {
				return "", fmt.Errorf("%w: %q", ErrDefault, property.Default)
			}
			defaults = append(defaults, literal(property.Name)+": "+literal(json.RawMessage(property.Default)))
		}
		fmt.Fprintf(&script, "\t%s: function (properties) {\n", name)
		fmt.Fprintf(&script, "\t\tsend(%s, Object.assign({%s}, properties));\n\t},\n",
			literal(event.Name), strings.Join(defaults, ", "))
	}
	script.WriteString("};\n")
	return script.String(), nil
}

// literal writes a value as JSON, which is a literal of JavaScript too.
func literal(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

// comment writes a text as lines of comment. JavaScript knows four ends of lines.
func comment(script *strings.Builder, indent, text string) {
	for _, line := range strings.FieldsFunc(text, func(r rune) bool {
		return r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029'
	}) {
		script.WriteString(indent + "// " + line + "\n")
	}
}

// functionName makes the name of a function of the name of an event.
func functionName(event string) string {
	words := strings.FieldsFunc(event, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	})
	for i, word := range words {
		if i == 0 {
			words[i] = strings.ToLower(word[:1]) + word[1:]
		} else {
			words[i] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	name := strings.Join(words, "")
	if name != "" && name[0] >= '0' && name[0] <= '9' {
		name = "_" + name
	}
	return name
}
