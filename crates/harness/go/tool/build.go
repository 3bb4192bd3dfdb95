package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"go/ast"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"
)

// request is what is asked of a build.
type request struct {
	settings
	// The folder of go.mod.
	Root string `json:"root"`
	// The suite's files, which lie in one folder.
	Tests []string `json:"tests"`
	// The files of the artifact.
	Artifact []string `json:"artifact"`
	// Whether the artifact was checked already, in the build with another suite.
	Checked bool `json:"checked"`
	// Words of the artifact that are words of the other suite too.
	Named []string `json:"named"`
	// The names of the tests of all suites.
	Suites []string `json:"suites"`
	// Whether imports are repaired first.
	Imports bool `json:"imports"`
	// The folder of the toolchain.
	Goroot string `json:"goroot"`
	// The prepared folder.
	Prepared string `json:"prepared"`
	// The program to make.
	Output string `json:"output"`
}

// settings are the ones that preparing has found out, in settings.json.
type settings struct {
	// The path of the module.
	Module string `json:"module"`
	// The version of the language: go1.24.
	Language string `json:"language"`
	// The settings of the run-time system that follow from go.mod.
	Godebug string `json:"godebug"`
	// The toolchain's version: 26 of go1.26.
	Minor        int    `json:"minor"`
	Architecture string `json:"architecture"`
}

// harness is the package that runs the tests of a suite. No code of the project
// can import it.
const harness = "assay/harness"

// findingsChannel is where signs of tampering are reported.
const findingsChannel = 3

// analyzers are those that `go test` runs before it builds: what they find is
// a failure of the build.
var analyzers = []string{"-atomic", "-bool", "-buildtags", "-directive", "-errorsas", "-ifaceassert", "-nilfunc", "-printf", "-slog", "-stringintconv", "-tests"}

// build REQUEST compiles the project with one suite and links them.
func build(arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("usage: tool build REQUEST")
	}
	request := &request{}
	if err := json.Unmarshal([]byte(arguments[0]), request); err != nil {
		return err
	}
	if err := readJSON(request.Prepared+"/settings.json", &request.settings); err != nil {
		return err
	}
	known, err := readCatalogue(request.Prepared)
	if err != nil {
		return err
	}
	units, err := read(request, known)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	blind, err := newBlind(request, units)
	if err != nil {
		return err
	}
	builder := &builder{request: request, known: known, work: work, blind: blind, shown: map[*unit]*shown{}}
	if err := builder.suite(units); err != nil {
		return err
	}
	// The suite has no use for its sources, and the artifact none that is good.
	for _, test := range request.Tests {
		if err := os.Remove(test); err != nil {
			return err
		}
	}
	return blind.move()
}

// needed leaves out the packages that no test reaches.
func needed(units []*unit) []*unit {
	wanted := map[string]bool{}
	var left []*unit
	for place := len(units) - 1; place >= 0; place-- {
		unit := units[place]
		if !unit.hasTests() && !wanted[unit.importPath] {
			continue
		}
		left = append(left, unit)
		for _, source := range unit.sources {
			for _, importPath := range source.imports {
				wanted[importPath] = true
			}
		}
	}
	slices.Reverse(left)
	return left
}

type builder struct {
	request *request
	known   *catalogue
	work    string
	blind   *blind
	// What became of each package.
	shown map[*unit]*shown
	// The import configuration: the prepared packages, then the project's.
	config []byte
}

func (builder *builder) suite(all []*unit) error {
	config, err := os.ReadFile(builder.request.Prepared + "/" + importConfig)
	if err != nil {
		return err
	}
	builder.config = fmt.Appendf(config, "packagefile %s=%s/harness.a\n", harness, builder.request.Prepared)
	for _, unit := range all {
		sort.Slice(unit.sources, func(i, j int) bool { return unit.sources[i].path < unit.sources[j].path })
	}
	checked := make(chan []finding, 1)
	prepared := readConfig(bytes.NewReader(builder.config))
	// What only another suite reaches is checked as well: that is done once.
	go func() { checked <- check(builder.request, builder.known, all, prepared) }()
	units := needed(all)
	findings := os.NewFile(findingsChannel, "findings")
	for _, unit := range units {
		shown, err := builder.blind.unit(builder.request, unit, builder.work)
		if err != nil {
			return err
		}
		builder.shown[unit] = shown
	}
	builder.blind.conceal()
	// Also what the compiler says is about names that were drawn.
	if err := builder.blind.tell(findings); err != nil {
		return err
	}
	main := testMain{real: map[string]string{}}
	for place, unit := range units {
		archive := filepath.Join(builder.work, strconv.Itoa(place)+".a")
		if err := builder.compile(unit, archive); err != nil {
			return err
		}
		if err := builder.vet(unit); err != nil {
			return err
		}
		builder.config = fmt.Appendf(builder.config, "packagefile %s=%s\n", builder.shown[unit].importPath, archive)
		main.add(unit, builder.shown[unit])
	}
	if len(main.Tests) == 0 {
		return fmt.Errorf("the suite has no test")
	}
	// How many there are stands in the stack of the first goroutine.
	for len(main.Tests)%fewestTests != 0 {
		main.Tests = append(main.Tests, "{Name: harness.NoTest}")
	}
	// These are of a program that compiles. It need not link: what code of a package
	// hides from others is refused only there.
	if err := report(<-checked, findings); err != nil {
		return err
	}
	if err := builder.link(&main); err != nil {
		return err
	}
	return builder.blind.tell(findings)
}

func (builder *builder) compile(unit *unit, archive string) error {
	config := filepath.Join(builder.work, importConfig)
	if err := os.WriteFile(config, builder.config, 0o644); err != nil {
		return err
	}
	shown := builder.shown[unit]
	first, err := builder.harnessFirst(shown.name, archive+".go")
	if err != nil {
		return err
	}
	arguments := []string{"-o", archive, "-p", shown.importPath, "-lang=" + builder.request.Language, "-complete", "-dwarf=false", "-c=1", "-nolocalimports", "-importcfg", config, "-pack"}
	arguments = append(append(arguments, shown.files...), first)
	return builder.run(unit.directory, "compile", arguments...)
}

// harnessFirst writes a file that has a package import the harness: so the harness is
// initialised, and has its secrets, before any code of the package runs.
func (builder *builder) harnessFirst(name, place string) (string, error) {
	text := fmt.Sprintf("package %s\n\nimport _ %q\n", name, harness)
	return place, os.WriteFile(place, []byte(text), 0o644)
}

// vetConfig is what `vet` is told of a package.
type vetConfig struct {
	ID          string
	Compiler    string
	Dir         string
	ImportPath  string
	GoVersion   string
	GoFiles     []string
	ModulePath  string
	ImportMap   map[string]string
	PackageFile map[string]string
	Standard    map[string]bool
	PackageVetx map[string]string
	VetxOutput  string
}

func (builder *builder) vet(unit *unit) error {
	known := map[string]string{}
	for _, line := range strings.Split(string(builder.config), "\n") {
		line, found := strings.CutPrefix(line, "packagefile ")
		name, archive, whole := strings.Cut(line, "=")
		if found && whole {
			known[name] = archive
		}
	}
	config := vetConfig{
		ID:          unit.importPath,
		Compiler:    "gc",
		Dir:         unit.directory,
		ImportPath:  unit.importPath,
		GoVersion:   builder.request.Language,
		ModulePath:  builder.request.Module,
		ImportMap:   map[string]string{},
		PackageFile: map[string]string{},
		Standard:    map[string]bool{},
		PackageVetx: map[string]string{},
		VetxOutput:  filepath.Join(builder.work, "vet.out"),
	}
	for _, source := range unit.sources {
		config.GoFiles = append(config.GoFiles, source.path)
		for _, importPath := range source.imports {
			config.ImportMap[importPath] = importPath
			config.PackageFile[importPath] = known[importPath]
		}
	}
	text, err := json.Marshal(config)
	if err != nil {
		return err
	}
	place := filepath.Join(builder.work, "vet.cfg")
	if err := os.WriteFile(place, text, 0o644); err != nil {
		return err
	}
	return builder.run(unit.directory, "vet", append(append([]string{}, analyzers...), place)...)
}

// fewestTests is what the number of tests is a multiple of.
const fewestTests = 64

// testMain is what the program's main refers to.
type testMain struct {
	Imports []string
	Tests   []string
	Main    string
	// Whether tests ask servers by the defaults of net/http, which are shared by all.
	Web bool
	// The true name of each test.
	real map[string]string
}

// add finds the tests of a package, as `go test` does.
func (main *testMain) add(unit *unit, shown *shown) {
	for _, source := range unit.sources {
		main.Web = main.Web || (source.isTest && usesWeb(source))
	}
	if !unit.hasTests() {
		return
	}
	alias := "suite" + strconv.Itoa(len(main.Imports))
	found := false
	for _, source := range unit.sources {
		if !source.isTest {
			continue
		}
		for _, declaration := range source.file.Decls {
			function, isFunction := declaration.(*ast.FuncDecl)
			if !isFunction || function.Recv != nil {
				continue
			}
			name := function.Name.Name
			drawn := name
			if renamed := shown.renamed[name]; renamed != "" {
				drawn = renamed
			}
			switch {
			case name == "TestMain" && takes(function, "M"):
				main.Main = alias + "." + drawn
			case isTestName(name) && takes(function, "T"):
				found = true
				main.real[drawn] = name
				main.Tests = append(main.Tests, fmt.Sprintf("{%q, %s.%s}", drawn, alias, drawn))
			}
		}
	}
	if found || strings.HasPrefix(main.Main, alias+".") {
		main.Imports = append(main.Imports, fmt.Sprintf("%s %q", alias, shown.importPath))
	}
}

// usesWeb tells whether a file asks servers by the defaults of net/http.
func usesWeb(source *source) bool {
	uses := false
	ast.Inspect(source.file, func(node ast.Node) bool {
		if selector, isSelector := node.(*ast.SelectorExpr); isSelector {
			if qualifier, isName := selector.X.(*ast.Ident); isName && qualifier.Name == "http" {
				uses = uses || defaultsOfWeb[selector.Sel.Name]
			}
		}
		return true
	})
	return uses && slices.Contains(source.imports, "net/http")
}

var defaultsOfWeb = map[string]bool{"Get": true, "Head": true, "Post": true, "PostForm": true, "Client": true, "DefaultClient": true, "DefaultTransport": true}

func isTestName(name string) bool {
	rest, found := strings.CutPrefix(name, "Test")
	if !found {
		return false
	}
	first, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || !unicode.IsLower(first)
}

// takes tells whether a function has one parameter, a pointer to such a type.
func takes(function *ast.FuncDecl, name string) bool {
	parameters := function.Type.Params.List
	if len(parameters) != 1 || len(parameters[0].Names) > 1 {
		return false
	}
	pointer, isPointer := parameters[0].Type.(*ast.StarExpr)
	if !isPointer {
		return false
	}
	switch pointed := pointer.X.(type) {
	case *ast.Ident:
		return pointed.Name == name
	case *ast.SelectorExpr:
		return pointed.Sel.Name == name
	}
	return false
}

var mainTemplate = template.Must(template.New("main").Parse(`package main

import (
{{if .Web}}	"net/http"
{{end}}	"testing"

	"assay/harness"
{{range .Imports}}	{{.}}
{{end}})

func main() {
{{if .Web}}	harness.Watch("default client of net/http", func() bool { return http.DefaultClient.Transport == nil })
	harness.Watch("default transport of net/http", func() bool { _, isOwn := http.DefaultTransport.(*http.Transport); return isOwn })
{{end}}	harness.Run([]testing.InternalTest{
{{range .Tests}}		{{.}},
{{end}}	}, {{if .Main}}{{.Main}}{{else}}nil{{end}})
}
`))

func (builder *builder) link(main *testMain) error {
	var text bytes.Buffer
	if err := mainTemplate.Execute(&text, main); err != nil {
		return err
	}
	program := filepath.Join(builder.work, "main.go")
	config := filepath.Join(builder.work, importConfig)
	object := filepath.Join(builder.work, "main.a")
	request := builder.request
	if err := os.WriteFile(program, text.Bytes(), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(config, builder.config, 0o644); err != nil {
		return err
	}
	err := builder.run(builder.work, "compile", "-trimpath="+builder.work+"=>/work", "-o", object, "-p", "main", "-lang="+request.Language, "-complete", "-dwarf=false", "-c=1", "-importcfg", config, "-pack", "main.go")
	if err != nil {
		return err
	}
	settings := "randautoseed=0"
	if request.Godebug != "" {
		settings = request.Godebug + "," + settings
	}
	// The order of functions is drawn too, and where they begin: addresses say nothing
	// of the suite.
	arguments := []string{
		"-o", request.Output, "-s", "-w", "-importcfg", config, "-buildmode=exe", "-extld=gcc",
		"-X=runtime.godebugDefault=" + settings,
		fmt.Sprintf("-randlayout=%d", 1+rand.IntN(1<<30)),
		fmt.Sprintf("-T=%d", 0x401000+rand.IntN(1<<14)<<12),
	}
	if request.Architecture == "amd64" {
		arguments = append(arguments, "-E="+harness+".entry")
	}
	if err := os.WriteFile(config, fmt.Appendf(builder.config, "modinfo %q\n", builder.information()), 0o644); err != nil {
		return err
	}
	if err := builder.run(builder.work, "link", append(arguments, object)...); err != nil {
		return err
	}
	if err := builder.blind.rename(request.Output); err != nil {
		return err
	}
	if err := settleMaps(request.Output); err != nil {
		return err
	}
	tests, err := json.Marshal(main.real)
	if err != nil {
		return err
	}
	return os.WriteFile(request.Output+testsSuffix, tests, 0o600)
}

// information is what a program can read of how it was built, between the marks by
// which the run-time system finds it.
func (builder *builder) information() string {
	const start, end = "3077af0c9274080241e1c107e6d618e6", "f932433186182072008242104116d8f2"
	mark := func(digits string) string {
		bytes, _ := hex.DecodeString(digits)
		return string(bytes)
	}
	module := builder.request.Module
	return mark(start) + fmt.Sprintf("path\t%s\nmod\t%s\t(devel)\t\n", module, module) + mark(end)
}

// testsSuffix makes the name of a program that of the list of its tests, by drawn name.
const testsSuffix = ".tests"

// run runs a program of the toolchain.
func (builder *builder) run(directory, program string, arguments ...string) error {
	request := builder.request
	command := exec.Command(request.Goroot+"/pkg/tool/linux_"+request.Architecture+"/"+program, arguments...)
	command.Dir = directory
	// A compilation is over before collecting garbage would pay; one that is not
	// stays within the limit of memory.
	command.Env = append(os.Environ(), "GOROOT="+request.Goroot, "GOGC=off", "GOMEMLIMIT=1GiB")
	command.Stdout = os.Stderr
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s failed: %w", program, err)
	}
	return nil
}
