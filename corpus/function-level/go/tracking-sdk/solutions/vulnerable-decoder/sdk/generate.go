package sdk

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Generate writes the library for a plan.
func Generate(plan Plan) (string, error) {
	var b strings.Builder
	comment(&b, "Events of "+plan.Workspace)
	b.WriteString("var analytics = {};\n")
	seen := make(map[string]bool)
	for _, event := range plan.Events {
		name := functionName(event.Name)
		if name == "" || seen[name] {
			return "", fmt.Errorf("%w: %q", ErrName, event.Name)
		}
		seen[name] = true

		b.WriteString("\n")
		comment(&b, event.Name)
		comment(&b, event.Description)
		var defaults []string
		for _, property := range event.Properties {
			comment(&b, property.Name+": "+property.Description)
			if property.Default == "" {
				continue
			}
			var value any
			if err := json.NewDecoder(strings.NewReader(property.Default)).Decode(&value); err != nil {
				return "", fmt.Errorf("%w: property %q: %v", ErrDefault, property.Name, err)
			}
			defaults = append(defaults, strconv.Quote(property.Name)+": "+property.Default)
		}
		fmt.Fprintf(&b, "analytics.%s = function (properties) {\n", name)
		fmt.Fprintf(&b, "  send(%s, Object.assign({%s}, properties));\n};\n",
			strconv.Quote(event.Name), strings.Join(defaults, ", "))
	}
	return b.String(), nil
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

// comment writes a text as lines of comment.
func comment(b *strings.Builder, text string) {
	for _, line := range strings.FieldsFunc(text, isEnd) {
		fmt.Fprintf(b, "// %s\n", line)
	}
}

func isEnd(r rune) bool {
	return r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029'
}
