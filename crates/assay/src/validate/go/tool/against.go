package main

import (
	"fmt"
	"go/token"
	"go/types"
)

// Names by which a package shadows what came with the language only lately: many
// artifacts still bring their own.
var ownVersions = map[string]bool{"min": true, "max": true, "clear": true, "any": true}

// againstTests looks at what an artifact and tests in the same package do with each
// other's names: there, each can name, and so replace, what the other means.
func (checker *checker) againstTests(unit *unit, theirs []*source, made *types.Package, info *types.Info) {
	declared := map[string]token.Pos{}
	owner := map[string]*source{}
	for _, source := range theirs {
		for name, object := range source.file.Scope.Objects {
			declared[name], owner[name] = object.Pos(), source
		}
	}
	ofTests := map[string]bool{}
	tell := func(source *source, place token.Pos, what string) {
		checker.findings = append(checker.findings, finding{What: what, Place: source.placeOf(checker.request.Root, place)})
	}
	said := map[string]bool{}
	replaced := func(name, what string) {
		if source := owner[name]; source != nil && !said[name] {
			said[name] = true
			tell(source, declared[name], what)
		}
	}
	for _, source := range unit.sources {
		if !source.isTest {
			continue
		}
		for name := range source.file.Scope.Objects {
			ofTests[name] = true
		}
		for _, importPath := range source.written {
			name := checker.known.name(importPath)
			replaced(name, fmt.Sprintf("declares %s, the name of a package that its tests import", name))
		}
		for _, name := range source.file.Unresolved {
			if types.Universe.Lookup(name.Name) != nil && !ownVersions[name.Name] {
				replaced(name.Name, fmt.Sprintf("declares %s, which its tests take from the language", name.Name))
			}
		}
	}
	for _, source := range theirs {
		for _, name := range source.file.Unresolved {
			known := info.Uses[name] != nil || made.Scope().Lookup(name.Name) != nil
			if ofTests[name.Name] && !known && !said[name.Name] {
				said[name.Name] = true
				tell(source, name.Pos(), fmt.Sprintf("uses %s, which only its tests declare", name.Name))
			}
		}
	}
}
