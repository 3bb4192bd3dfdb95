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
	fmt.Fprintf(&b, "/*\n * Events of %s\n */\nvar analytics = {};\n", clean(plan.Workspace))
	seen := make(map[string]bool)
	for _, event := range plan.Events {
		name := functionName(event.Name)
		if name == "" || seen[name] {
			return "", fmt.Errorf("%w: %q", ErrName, event.Name)
		}
		seen[name] = true

		fmt.Fprintf(&b, "\n/**\n * %s\n *\n", clean(event.Name))
		for _, line := range strings.Split(clean(event.Description), "\n") {
			fmt.Fprintf(&b, " * %s\n", line)
		}
		var defaults []string
		for _, property := range event.Properties {
			fmt.Fprintf(&b, " * @param properties.%s %s\n", clean(property.Name), clean(property.Description))
			if property.Default == "" {
				continue
			}
			if !json.Valid([]byte(property.Default)) {
				return "", fmt.Errorf("%w: property %q", ErrDefault, property.Name)
			}
			defaults = append(defaults, strconv.Quote(property.Name)+": "+property.Default)
		}
		fmt.Fprintf(&b, " */\nanalytics.%s = function (properties) {\n", name)
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

// clean keeps a text from ending the comment that it stands in.
func clean(text string) string {
	return strings.ReplaceAll(text, "*/", "")
}
