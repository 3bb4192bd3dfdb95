package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/scanner"
	"go/token"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// blind hides which suite is built: whatever an artifact could see of the tests has a
// name that is drawn anew for each build, of the same form in every suite. So there is
// nothing in a stack, a path or a name to tell one suite from the other by.
type blind struct {
	// What each drawn word stands for. The words are of one length and occur nowhere
	// else, so a text is put right word by word.
	Words map[string]string `json:"words"`
	// Longer texts that hold words too short to be told apart, and what they stand for.
	Texts map[string]string `json:"texts"`
	// For each drawn name of a file, the true line of each line that is shown.
	Lines map[string]map[int]int `json:"lines"`
	// The folder that the tests run in.
	Folder string `json:"folder"`
	// The folders to rename at the end.
	moves [][2]string
	// The words of the packages that run the tests, and what stands in their place.
	replaced map[string]string
	taken    map[string]bool
}

const wordLength = 10

// fewestLines is how many numbers the lines of a file are drawn from at least.
const fewestLines = 1 << 12

// draw draws a word that stands for another one.
func (blind *blind) draw(stands string) string {
	for {
		word := lowercase(wordLength)
		if first := stands[0]; first >= 'A' && first <= 'Z' {
			word = strings.ToUpper(word[:1]) + word[1:]
		}
		if blind.Words[word] == "" {
			blind.Words[word] = stands
			return word
		}
	}
}

func lowercase(length int) string {
	word := make([]byte, length)
	for place := range word {
		word[place] = byte('a' + rand.IntN(26))
	}
	return string(word)
}

// newBlind finds the folder of the tests and what to call it. It is renamed where
// nothing but the suite lies in it, and so are the folders around it.
func newBlind(request *request, units []*unit) (*blind, error) {
	blind := &blind{Words: map[string]string{}, Texts: map[string]string{}, Lines: map[string]map[int]int{}}
	if len(request.Tests) == 0 {
		return nil, fmt.Errorf("the suite has no file")
	}
	folder := filepath.Dir(request.Tests[0])
	isShared := false
	for _, unit := range units {
		isShared = isShared || (unit.directory == folder && !unit.isOfTests())
	}
	if !isShared && folder != request.Root {
		for inner := folder; inner != request.Root; inner = filepath.Dir(inner) {
			if inner != folder {
				entries, err := os.ReadDir(inner)
				if err != nil || len(entries) != 1 {
					break
				}
			}
			blind.moves = append(blind.moves, [2]string{inner, filepath.Join(filepath.Dir(inner), blind.draw(filepath.Base(inner)))})
		}
	}
	blind.Folder = blind.moved(folder)
	return blind, nil
}

// moved is where a path is once the folders are renamed.
func (blind *blind) moved(place string) string {
	for _, move := range blind.moves {
		if rest, found := strings.CutPrefix(place+"/", move[0]+"/"); found {
			place = strings.TrimSuffix(move[1]+"/"+rest, "/")
		}
	}
	return place
}

// move renames the folders, the inner ones first.
func (blind *blind) move() error {
	for _, move := range blind.moves {
		if err := os.Rename(move[0], move[1]); err != nil {
			return err
		}
	}
	return nil
}

// isOfTests tells whether nothing but tests is in a package.
func (unit *unit) isOfTests() bool {
	return !slices.ContainsFunc(unit.sources, func(source *source) bool { return !source.isTest })
}

// shown is a package as it is compiled: under names that say nothing where it is one
// of tests.
type shown struct {
	importPath, name string
	files            []string
	// What the names of the tests have become.
	renamed map[string]string
}

// unit writes the tests of a package as they are compiled.
func (blind *blind) unit(request *request, unit *unit, work string) (*shown, error) {
	made := &shown{importPath: unit.importPath, name: unit.name}
	if unit.hasTests() {
		made.renamed = blind.renamed(unit)
	}
	packageName := ""
	if unit.isOfTests() {
		packageName = blind.draw(unit.name)
		made.name = packageName
		relative, err := filepath.Rel(request.Root, blind.moved(unit.directory))
		if err != nil {
			return nil, err
		}
		made.importPath = path.Join(request.Module, filepath.ToSlash(relative))
		if blind.moved(unit.directory) == unit.directory {
			made.importPath += "/" + packageName
		}
	}
	for _, source := range unit.sources {
		if !source.isTest {
			made.files = append(made.files, "./"+filepath.Base(source.path))
			continue
		}
		stem := blind.draw(strings.TrimSuffix(filepath.Base(source.path), ".go"))
		place := filepath.Join(work, stem+".go")
		if err := os.WriteFile(place, blind.rewrite(source, made.renamed, packageName, stem), 0o644); err != nil {
			return nil, err
		}
		made.files = append(made.files, place)
	}
	return made, nil
}

// renamed draws a name for all that the tests of a package declare and that nobody
// else can mean. What also names a field stays, as does what the rest of the package
// declares or uses.
func (blind *blind) renamed(unit *unit) map[string]string {
	kept := map[string]bool{"init": true, "_": true}
	var names []string
	for _, source := range unit.sources {
		if !source.isTest {
			for name := range source.file.Scope.Objects {
				kept[name] = true
			}
			for _, used := range source.file.Unresolved {
				// An artifact has no business with names of the tests.
				kept[used.Name] = kept[used.Name] || !source.isArtifact
			}
			continue
		}
		for name := range source.file.Scope.Objects {
			names = append(names, name)
		}
		ast.Inspect(source.file, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.KeyValueExpr:
				if key, isName := node.Key.(*ast.Ident); isName {
					kept[key.Name] = true
				}
			case *ast.StructType:
				for _, field := range node.Fields.List {
					if embedded, isName := base(field.Type).(*ast.Ident); isName && len(field.Names) == 0 {
						kept[embedded.Name] = true
					}
				}
			case *ast.Comment:
				// These name what is declared.
				for _, word := range strings.Fields(node.Text) {
					kept[word] = kept[word] || strings.HasPrefix(node.Text, "//go:")
				}
			}
			return true
		})
	}
	sort.Strings(names)
	renamed := map[string]string{}
	for _, name := range slices.Compact(names) {
		if !kept[name] {
			renamed[name] = blind.draw(name)
		}
	}
	return renamed
}

// edit puts a text in the place of another.
type edit struct {
	offset, length int
	text           string
}

// rewrite is the text of tests under drawn names, in lines whose numbers are drawn.
func (blind *blind) rewrite(source *source, renamed map[string]string, packageName, stem string) []byte {
	var edits []edit
	if packageName != "" {
		edits = append(edits, edit{source.offset(source.file.Name.Pos()), len(source.file.Name.Name), packageName})
	}
	unresolved := map[*ast.Ident]bool{}
	for _, name := range source.file.Unresolved {
		unresolved[name] = true
	}
	ast.Inspect(source.file, func(node ast.Node) bool {
		name, isName := node.(*ast.Ident)
		if !isName || name == source.file.Name {
			return true
		}
		drawn, isRenamed := renamed[name.Name]
		isOurs := unresolved[name] || (name.Obj != nil && name.Obj == source.file.Scope.Objects[name.Name])
		if isRenamed && isOurs {
			edits = append(edits, edit{source.offset(name.Pos()), len(name.Name), drawn})
		}
		return true
	})
	edits = append(edits, blind.lines(source, stem)...)
	sort.SliceStable(edits, func(i, j int) bool {
		if edits[i].offset != edits[j].offset {
			return edits[i].offset < edits[j].offset
		}
		return edits[i].length < edits[j].length
	})
	var text []byte
	end := 0
	for _, edit := range edits {
		if edit.offset < end {
			continue
		}
		text = append(append(text, source.text[end:edit.offset]...), edit.text...)
		end = edit.offset + edit.length
	}
	return append(text, source.text[end:]...)
}

// lines gives each line of a file the number that is drawn for it.
func (blind *blind) lines(source *source, stem string) []edit {
	set := token.NewFileSet()
	file := set.AddFile(source.path, -1, len(source.text))
	var scan scanner.Scanner
	scan.Init(file, source.text, nil, 0)
	shown := filepath.ToSlash(blind.moved(filepath.Dir(source.path))) + "/" + stem + ".go"
	most := fewestLines
	for most < bytes.Count(source.text, []byte("\n"))+1 {
		most *= 2
	}
	numbers := rand.Perm(most)
	trueLines := map[int]int{}
	var edits []edit
	last := 0
	for {
		place, kind, literal := scan.Scan()
		if kind == token.EOF {
			break
		}
		at := set.PositionFor(place, false)
		if at.Line == last || (kind == token.SEMICOLON && literal == "\n") {
			continue
		}
		last = at.Line
		number := numbers[len(edits)] + 1
		trueLines[number] = at.Line
		edits = append(edits, edit{at.Offset, 0, fmt.Sprintf("/*line %s:%d:%d*/", shown, number, at.Column)})
	}
	blind.Lines[stem] = trueLines
	return edits
}
