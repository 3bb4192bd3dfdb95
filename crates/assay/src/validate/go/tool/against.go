package main

import (
	"fmt"
	"go/types"
)

// Names by which a package shadows what came with the language only lately: many
// artifacts still bring their own.
var ownVersions = map[string]bool{"min": true, "max": true, "clear": true, "any": true}

// againstTests looks at what an artifact and tests in the same package do with each
// other's names: there, each can name, and so replace, what the other means.
func (checker *checker) againstTests(unit *unit) {
	declaredBy := map[string]*source{}
	ofTests := map[string]bool{}
	for _, source := range unit.sources {
		for name := range source.file.Scope.Objects {
			if source.isTest {
				ofTests[name] = true
			} else {
				declaredBy[name] = source
			}
		}
	}
	said := map[string]bool{}
	tell := func(source *source, name, what string) {
		if said[name] {
			return
		}
		said[name] = true
		place := source.file.Package
		if object := source.file.Scope.Objects[name]; object != nil {
			place = object.Pos()
		}
		for _, used := range source.file.Unresolved {
			if used.Name == name {
				place = used.Pos()
				break
			}
		}
		checker.findings = append(checker.findings, finding{What: what, Place: source.placeOf(checker.request.Root, place)})
	}
	for _, source := range unit.sources {
		if !source.isTest {
			continue
		}
		for _, importPath := range source.written {
			name := checker.known.name(importPath)
			if owner := declaredBy[name]; owner != nil && checker.artifact[owner.path] {
				tell(owner, name, fmt.Sprintf("declares %s, the name of a package that its tests import", name))
			}
		}
		for _, used := range source.file.Unresolved {
			name := used.Name
			if types.Universe.Lookup(name) == nil || ownVersions[name] {
				continue
			}
			if owner := declaredBy[name]; owner != nil && checker.artifact[owner.path] {
				tell(owner, name, fmt.Sprintf("declares %s, which its tests take from the language", name))
			}
		}
	}
	for _, source := range unit.sources {
		if !checker.artifact[source.path] {
			continue
		}
		for _, used := range source.file.Unresolved {
			if ofTests[used.Name] && declaredBy[used.Name] == nil {
				checker.usesTests = true
				tell(source, used.Name, fmt.Sprintf("uses %s, which only its tests declare", used.Name))
			}
		}
	}
}
