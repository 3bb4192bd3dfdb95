package main

import (
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// source is one Go file of the project.
type source struct {
	path string
	text []byte
	fset *token.FileSet
	// nil where the file does not parse, not even in part.
	file    *ast.File
	imports []string
	// Whether it belongs to the suite that is built.
	isTest bool
	// Whether it belongs to the artifact.
	isArtifact bool
}

func (source *source) offset(place token.Pos) int {
	return source.fset.Position(place).Offset
}

// unit is a package to compile: the files of one folder with one package name.
type unit struct {
	importPath string
	directory  string
	name       string
	sources    []*source
}

func (unit *unit) hasTests() bool {
	for _, source := range unit.sources {
		if source.isTest {
			return true
		}
	}
	return false
}

func readSource(path string, isTest bool) (*source, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	source := &source{path: path, text: text, isTest: isTest}
	err = source.parse(token.NewFileSet())
	return source, err
}

func (source *source) parse(fset *token.FileSet) error {
	source.fset = fset
	file, err := parser.ParseFile(source.fset, source.path, source.text, parser.ParseComments)
	if err != nil {
		return err
	}
	source.file = file
	source.imports = nil
	for _, spec := range file.Imports {
		if importPath, err := strconv.Unquote(spec.Path.Value); err == nil {
			source.imports = append(source.imports, importPath)
		}
	}
	return nil
}

// systems and architectures that a file's name may limit it to.
var systems = map[string]bool{"aix": true, "android": true, "darwin": true, "dragonfly": true, "freebsd": true, "illumos": true, "ios": true, "js": true, "netbsd": true, "openbsd": true, "plan9": true, "solaris": true, "wasip1": true, "windows": true}

var architectures = map[string]bool{"386": true, "amd64": true, "arm": true, "arm64": true, "loong64": true, "mips": true, "mips64": true, "mips64le": true, "mipsle": true, "ppc64": true, "ppc64le": true, "riscv64": true, "s390x": true, "wasm": true}

// isBuilt tells whether a file is part of a build for this machine.
func (source *source) isBuilt(request *request) bool {
	name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(source.path), ".go"), "_test")
	if strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") {
		return false
	}
	parts := strings.Split(name, "_")
	for _, part := range parts[1:] {
		if systems[part] || (architectures[part] && part != request.Architecture) {
			return false
		}
	}
	for _, group := range source.file.Comments {
		if group.Pos() > source.file.Package {
			break
		}
		for _, comment := range group.List {
			if !constraint.IsGoBuild(comment.Text) {
				continue
			}
			condition, err := constraint.Parse(comment.Text)
			if err == nil && !condition.Eval(request.satisfies) {
				return false
			}
		}
	}
	return true
}

// satisfies tells whether a build tag is set.
func (request *request) satisfies(tag string) bool {
	switch tag {
	case "linux", "unix", "gc", "cgo", request.Architecture:
		return true
	}
	minor, found := strings.CutPrefix(tag, "go1.")
	number, err := strconv.Atoi(minor)
	return found && err == nil && number <= request.Minor
}

// read returns the packages of the project, those that others import first.
func read(request *request, known *catalogue) ([]*unit, error) {
	tests := map[string]bool{}
	for _, test := range request.Tests {
		tests[test] = true
	}
	var failures []error
	folders := map[string][]*source{}
	err := filepath.WalkDir(request.Root, func(path string, entry os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			name := entry.Name()
			if path != request.Root && (name == "testdata" || name == "vendor" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
				return filepath.SkipDir
			}
			return nil
		case filepath.Ext(path) != ".go" || !entry.Type().IsRegular():
			return nil
		case !tests[path] && strings.HasSuffix(path, "_test.go"):
			return nil
		}
		source, err := readSource(path, tests[path])
		if source != nil {
			source.isArtifact = slices.Contains(request.Artifact, path)
		}
		if err != nil {
			failures = append(failures, err)
		} else if source.isBuilt(request) {
			folders[filepath.Dir(path)] = append(folders[filepath.Dir(path)], source)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, failure := range failures {
		scanner.PrintError(os.Stderr, failure)
	}
	if len(failures) > 0 {
		return nil, fmt.Errorf("the project has syntax errors")
	}
	if err := checkImports(request, folders); err != nil {
		return nil, err
	}
	var units []*unit
	for directory, sources := range folders {
		if request.Imports {
			if err := repair(known, sources); err != nil {
				return nil, err
			}
		}
		made, err := group(request, directory, sources)
		if err != nil {
			return nil, err
		}
		units = append(units, made...)
	}
	return order(units)
}

// checkImports refuses packages that are not for everybody, as `go build` does: the
// compiler takes any that it is given.
func checkImports(request *request, folders map[string][]*source) error {
	for _, sources := range folders {
		for _, source := range sources {
			for _, importPath := range source.imports {
				isOwn := strings.HasPrefix(importPath, request.Module+"/")
				if !isOwn && (importPath == harness || !isImportable(importPath)) {
					return fmt.Errorf("%s: use of internal package %s not allowed", source.path, importPath)
				}
			}
		}
	}
	return nil
}

// repair repairs the imports of the files of one folder.
func repair(known *catalogue, sources []*source) error {
	for _, source := range sources {
		siblings := map[string]bool{}
		for _, other := range sources {
			if other != source && other.file.Name.Name == source.file.Name.Name {
				for name := range other.file.Scope.Objects {
					siblings[name] = true
				}
			}
		}
		text, err := repairImports(known, source, siblings)
		if err != nil {
			return err
		}
		if string(text) == string(source.text) {
			continue
		}
		source.text = text
		if err := os.WriteFile(source.path, text, 0o644); err != nil {
			return err
		}
		if err := source.parse(token.NewFileSet()); err != nil {
			return err
		}
	}
	return nil
}

// group makes the packages of one folder: one, and beside it the external tests.
func group(request *request, directory string, sources []*source) ([]*unit, error) {
	relative, err := filepath.Rel(request.Root, directory)
	if err != nil {
		return nil, err
	}
	importPath := request.Module
	if relative != "." {
		importPath += "/" + filepath.ToSlash(relative)
	}
	named := map[string]*unit{}
	for _, source := range sources {
		name := source.file.Name.Name
		if named[name] == nil {
			named[name] = &unit{importPath: importPath, directory: directory, name: name}
		}
		named[name].sources = append(named[name].sources, source)
	}
	var units []*unit
	for name, made := range named {
		base, isExternal := strings.CutSuffix(name, "_test")
		if isExternal && named[base] != nil {
			made.importPath += "_test"
		} else if len(units) > 0 && !strings.HasSuffix(units[0].name, "_test") {
			return nil, fmt.Errorf("found packages %s and %s in %s", units[0].name, name, relative)
		}
		units = append(units, made)
	}
	return units, nil
}

// order puts packages before those that import them.
func order(units []*unit) ([]*unit, error) {
	sort.Slice(units, func(i, j int) bool { return units[i].importPath < units[j].importPath })
	known := map[string]*unit{}
	for _, unit := range units {
		known[unit.importPath] = unit
	}
	var ordered []*unit
	state := map[*unit]int{}
	var visit func(*unit) error
	visit = func(unit *unit) error {
		switch state[unit] {
		case 1:
			return fmt.Errorf("import cycle through %s", unit.importPath)
		case 2:
			return nil
		}
		state[unit] = 1
		for _, source := range unit.sources {
			for _, importPath := range source.imports {
				if imported := known[importPath]; imported != nil {
					if err := visit(imported); err != nil {
						return err
					}
				}
			}
		}
		state[unit] = 2
		ordered = append(ordered, unit)
		return nil
	}
	for _, unit := range units {
		if err := visit(unit); err != nil {
			return nil, err
		}
	}
	return ordered, nil
}
