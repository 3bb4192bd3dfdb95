package main

import (
	"fmt"
	"go/types"
)

// Names of the language that programs take for functions of their own: they came with
// it only lately, or are what one calls such a function.
var ownVersions = map[string]bool{
	"min": true, "max": true, "clear": true, "any": true, "close": true, "delete": true,
	"copy": true, "print": true, "println": true, "new": true, "real": true, "imag": true,
	"complex": true, "comparable": true,
}

// againstTests looks at what an artifact declares that tests in the same package mean
// otherwise: there, its names come before those of the language.
func (checker *checker) againstTests(unit *unit) {
	declaredBy := map[string]*source{}
	for _, source := range unit.sources {
		for name := range source.file.Scope.Objects {
			if !source.isTest {
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
}
