package main

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/token"
	"os"
	"path"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// catalogue is what the prepared packages are called and export.
type catalogue struct {
	folder  string
	names   map[string]string
	symbols map[string][]string
}

func readCatalogue(folder string) (*catalogue, error) {
	known := &catalogue{folder: folder}
	return known, readJSON(folder+"/"+namesFile, &known.names)
}

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

var version = regexp.MustCompile(`^v[0-9]+$`)

// name is what a package is called in code that imports it without saying.
func (known *catalogue) name(importPath string) string {
	if name, found := known.names[importPath]; found {
		return name
	}
	last := path.Base(importPath)
	if version.MatchString(last) && path.Dir(importPath) != "." {
		last = path.Base(path.Dir(importPath))
	}
	last = strings.TrimPrefix(last, "go-")
	if end := strings.IndexFunc(last, func(c rune) bool { return c == '-' || c == '.' }); end > 0 {
		last = last[:end]
	}
	return last
}

// find returns the package of a name that exports all of the symbols.
func (known *catalogue) find(name string, symbols map[string]bool) (string, error) {
	if known.symbols == nil {
		if err := readJSON(known.folder+"/"+symbolsFile, &known.symbols); err != nil {
			return "", err
		}
	}
	var candidates []string
	for importPath, packageName := range known.names {
		if packageName == name && known.exports(importPath, symbols) {
			candidates = append(candidates, importPath)
		}
	}
	sort.Slice(candidates, func(i, j int) bool {
		return rank(candidates[i]) < rank(candidates[j])
	})
	if len(candidates) == 0 {
		return "", nil
	}
	return candidates[0], nil
}

func (known *catalogue) exports(importPath string, symbols map[string]bool) bool {
	exported := known.symbols[importPath]
	for symbol := range symbols {
		place := sort.SearchStrings(exported, symbol)
		if place == len(exported) || exported[place] != symbol {
			return false
		}
	}
	return true
}

// rank orders packages of one name: the standard library first, and in it the
// cryptographic generator before the others, as goimports does.
func rank(importPath string) string {
	switch {
	case importPath == "crypto/rand":
		return "0"
	case importPath == "math/rand/v2":
		return "1"
	case !strings.Contains(strings.Split(importPath, "/")[0], "."):
		return "2" + importPath
	default:
		return "3" + importPath
	}
}

// repairImports takes away the imports that a file does not use and adds those
// that it lacks, as goimports does, without moving any line.
func repairImports(known *catalogue, source *source, siblings map[string]bool) ([]byte, error) {
	needed := map[string]map[string]bool{}
	ast.Inspect(source.file, func(node ast.Node) bool {
		selector, isSelector := node.(*ast.SelectorExpr)
		if !isSelector {
			return true
		}
		// The parser resolves what a file declares itself.
		if name, isName := selector.X.(*ast.Ident); isName && name.Obj == nil {
			if needed[name.Name] == nil {
				needed[name.Name] = map[string]bool{}
			}
			needed[name.Name][selector.Sel.Name] = true
		}
		return true
	})
	text := bytes.Clone(source.text)
	blank := func(from, to token.Pos) {
		for place := source.offset(from); place < source.offset(to); place++ {
			if text[place] != '\n' {
				text[place] = ' '
			}
		}
	}
	imported := map[string]bool{}
	seen := map[string]bool{}
	for _, declaration := range source.file.Decls {
		imports, isGeneral := declaration.(*ast.GenDecl)
		if !isGeneral || imports.Tok != token.IMPORT {
			continue
		}
		left := len(imports.Specs)
		for _, spec := range imports.Specs {
			spec := spec.(*ast.ImportSpec)
			importPath, err := strconv.Unquote(spec.Path.Value)
			if err != nil || importPath == "C" {
				continue
			}
			name := known.name(importPath)
			if spec.Name != nil {
				name = spec.Name.Name
			}
			duplicate := seen[name+" "+importPath]
			seen[name+" "+importPath] = true
			if name == "_" || name == "." {
				continue
			}
			if needed[name] != nil && !duplicate {
				imported[name] = true
				continue
			}
			blank(spec.Pos(), spec.End())
			left--
		}
		if left == 0 && !imports.Lparen.IsValid() {
			blank(imports.Pos(), imports.End())
		}
	}
	var missing []string
	for name, symbols := range needed {
		if imported[name] || siblings[name] {
			continue
		}
		importPath, err := known.find(name, symbols)
		if err != nil {
			return nil, err
		}
		if importPath != "" {
			missing = append(missing, importPath)
		}
	}
	sort.Strings(missing)
	var added strings.Builder
	for _, importPath := range missing {
		added.WriteString("; import " + strconv.Quote(importPath))
	}
	end := source.offset(source.file.Name.End())
	return append(text[:end:end], append([]byte(added.String()), text[end:]...)...), nil
}
