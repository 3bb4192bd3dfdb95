package sdk

import (
	"encoding/json"
	"fmt"
	"strings"
)

// What is the same in all libraries. The plan is nothing but data to it.
const library = `/*
%s*/
var analytics = (function (events) {
	var functions = {};
	events.forEach(function (event) {
		functions[event.function] = function (properties) {
			var sent = JSON.parse(event.defaults);
			Object.keys(properties || {}).forEach(function (name) {
				sent[name] = properties[name];
			});
			send(event.name, sent);
		};
	});
	return functions;
})(%s);
`

type entry struct {
	Function string `json:"function"`
	Name     string `json:"name"`
	Defaults string `json:"defaults"`
}

// Generate writes the library for a plan.
func Generate(plan Plan) (string, error) {
	var about strings.Builder
	describe(&about, plan.Workspace)
	entries := []entry{}
	taken := map[string]bool{}
	for _, event := range plan.Events {
		function := functionName(event.Name)
		if function == "" || taken[function] {
			return "", fmt.Errorf("%w: %q", ErrName, event.Name)
		}
		taken[function] = true
		describe(&about, event.Name)
		describe(&about, event.Description)

		defaults := map[string]json.RawMessage{}
		for _, property := range event.Properties {
			describe(&about, property.Name)
			describe(&about, property.Description)
			if property.Default != "" {
				defaults[property.Name] = json.RawMessage(property.Default)
			}
		}
		encoded, err := json.Marshal(defaults)
		if err != nil {
			return "", fmt.Errorf("%w: %w", ErrDefault, err)
		}
		entries = append(entries, entry{function, event.Name, string(encoded)})
	}
	encoded, err := json.Marshal(entries)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(library, about.String(), encoded), nil
}

// describe writes a text for the comment. An asterisk ends it only before a slash, so a
// slash is written as the sign of division that looks alike.
func describe(about *strings.Builder, text string) {
	about.WriteString("  " + strings.ReplaceAll(text, "/", "\u2215") + "\n")
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
