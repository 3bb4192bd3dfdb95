package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

// checker looks for signs of tampering in an artifact: on the syntax tree, with what
// the compiler knows of each name. Go has no way to say a thing that is not in its
// syntax tree, so what is not found there is not in the program.
type checker struct {
	request *request
	known   *catalogue
	// The files of the artifact.
	artifact map[string]bool
	lookup   types.Importer
	// The packages that the suite needs.
	compiled map[*unit]bool
	packages map[string]*types.Package
	findings []finding
}

// check checks the artifact among the packages of the project.
func check(request *request, known *catalogue, units []*unit, archives map[string]string) []finding {
	checker := &checker{request: request, known: known, artifact: map[string]bool{}, packages: map[string]*types.Package{}}
	for _, path := range request.Artifact {
		checker.artifact[path] = true
	}
	checker.lookup = importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(archives[path])
	})
	checker.compiled = map[*unit]bool{}
	for _, unit := range needed(units) {
		checker.compiled[unit] = true
	}
	for _, unit := range units {
		checker.againstTests(unit)
	}
	if request.Checked {
		return checker.findings
	}
	named := namesOf(units, checker.artifact)
	for _, name := range request.Named {
		named[name] = true
	}
	for _, unit := range units {
		checker.unit(unit, named)
	}
	return checker.findings
}

// Import finds packages of the project, then prepared ones.
func (checker *checker) Import(importPath string) (*types.Package, error) {
	if found := checker.packages[importPath]; found != nil {
		return found, nil
	}
	if importPath == "unsafe" {
		return types.Unsafe, nil
	}
	return checker.lookup.Import(importPath)
}

// namesOf collects every name in the files that are not the artifact's: what may be
// called from outside of it.
func namesOf(units []*unit, artifact map[string]bool) map[string]bool {
	names := map[string]bool{}
	for _, unit := range units {
		for _, source := range unit.sources {
			if artifact[source.path] {
				continue
			}
			for _, declaration := range source.file.Decls {
				ast.Inspect(declaration, func(node ast.Node) bool {
					if name, isName := node.(*ast.Ident); isName {
						names[name.Name] = true
					}
					return true
				})
			}
		}
	}
	return names
}

// unit checks the files of the artifact in one package. The package is known without
// its tests: what it takes from them is a finding of its own.
func (checker *checker) unit(unit *unit, named map[string]bool) {
	fset := token.NewFileSet()
	var files []*ast.File
	var theirs []*source
	for _, one := range unit.sources {
		if one.isTest {
			continue
		}
		own := &source{path: one.path, text: one.text}
		if err := own.parse(fset); err != nil {
			return
		}
		files = append(files, own.file)
		if checker.artifact[one.path] {
			theirs = append(theirs, own)
		}
	}
	if len(files) == 0 {
		return
	}
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{},
		Uses:  map[*ast.Ident]types.Object{},
		Defs:  map[*ast.Ident]types.Object{},
	}
	var failures []types.Error
	config := types.Config{Importer: checker, GoVersion: checker.request.Language, Error: func(err error) {
		if failure, isKnown := err.(types.Error); isKnown && !failure.Soft {
			failures = append(failures, failure)
		}
	}}
	made, _ := config.Check(unit.importPath, fset, files, info)
	checker.packages[unit.importPath] = made
	if len(theirs) == 0 {
		return
	}
	live, declared := reached(files, info, named)
	memory := &memory{sizes: types.SizesFor("gc", checker.request.Architecture)}
	for _, source := range theirs {
		view := &view{checker: checker, source: source, info: info, own: made, named: named, spared: map[*ast.Ident]bool{}}
		view.imports()
		view.comments()
		view.aliases()
		view.races(declared)
		view.memory = memory
		for _, declaration := range source.file.Decls {
			if function, isFunction := declaration.(*ast.FuncDecl); isFunction && function.Body != nil && !live[function] {
				continue
			}
			view.walk(declaration)
		}
	}
	memory.judge()
	// The compiler found nothing wrong, so nothing can be either.
	if len(failures) > 0 && checker.compiled[unit] {
		checker.findings = append(checker.findings, finding{
			What:   "cannot be checked: " + failures[0].Msg,
			Place:  theirs[0].placeOf(checker.request.Root, theirs[0].file.Package),
			IsNote: !slices.ContainsFunc(theirs, func(source *source) bool { return slices.Contains(source.imports, "unsafe") }),
		})
	}
}

// view is one file of the artifact under the checker's eye.
type view struct {
	checker *checker
	source  *source
	info    *types.Info
	own     *types.Package
	// Every name outside of the artifact.
	named map[string]bool
	// Names in a use that is known to be harmless.
	spared map[*ast.Ident]bool
	// What the package does with bare memory.
	memory *memory
	// Variables of this file that stand for one of another package.
	standsFor map[types.Object]*types.Var
}

func (view *view) add(place token.Pos, what string, signs ...string) {
	view.checker.findings = append(view.checker.findings, finding{
		What: what, Place: view.source.placeOf(view.checker.request.Root, place), Signs: signs,
	})
}

// note adds something that is only unusual.
func (view *view) note(place token.Pos, what string) {
	view.add(place, what)
	view.checker.findings[len(view.checker.findings)-1].IsNote = true
}

// imports looks at packages that matter even where nothing of them is named.
func (view *view) imports() {
	for _, spec := range view.source.file.Imports {
		importPath, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		isBlank := spec.Name != nil && spec.Name.Name == "_"
		if rule := packageRule(importPath); rule != "" && isBlank {
			view.add(spec.Pos(), fmt.Sprintf("%s (%s)", rule, importPath), strconv.Quote(importPath))
		}
	}
}

// comments looks for directives that change what code is or where it seems to be.
func (view *view) comments() {
	for _, group := range view.source.file.Comments {
		for _, comment := range group.List {
			text := comment.Text
			switch {
			case strings.HasPrefix(text, "//go:linkname"):
				words := strings.Fields(text)
				if len(words) == 3 && harmlessLinks[words[2]] {
					view.note(comment.Pos(), fmt.Sprintf("uses what another package hides (%s)", words[2]))
					continue
				}
				view.add(comment.Pos(), "reaches for what another package hides (//go:linkname)", "//go:linkname")
			case strings.HasPrefix(text, "//go:cgo_"):
				view.add(comment.Pos(), "links code of another language (//go:cgo_)", "//go:cgo_")
			case strings.HasPrefix(text, "//line ") || strings.HasPrefix(text, "/*line "):
				view.note(comment.Pos(), "claims to be another file (//line)")
			}
		}
	}
}

// walk looks at one declaration with all that is in it.
func (view *view) walk(root ast.Node) {
	var stack []ast.Node
	ast.Inspect(root, func(node ast.Node) bool {
		if node == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		stack = append(stack, node)
		switch node := node.(type) {
		case *ast.CallExpr:
			view.spareCall(node)
			view.call(node)
			view.conversion(node, stack)
		case *ast.TypeAssertExpr:
			view.memory.foreign = view.memory.foreign || isBare(view.info.TypeOf(node))
		case *ast.InterfaceType:
			view.methods(node)
		case *ast.Ident:
			view.use(node, stack)
		case *ast.BasicLit:
			view.text(node)
		case *ast.BinaryExpr:
			view.text(node)
		case *ast.AssignStmt:
			for _, target := range node.Lhs {
				view.target(target)
			}
		case *ast.IncDecStmt:
			view.target(node.X)
		case *ast.RangeStmt:
			if node.Tok == token.ASSIGN {
				for _, target := range []ast.Expr{node.Key, node.Value} {
					if target != nil {
						view.target(target)
					}
				}
			}
		case *ast.UnaryExpr:
			if node.Op == token.AND {
				view.target(node.X)
			}
		}
		return true
	})
}

// key names an object of a package: net/http.Get, log.Logger.Output.
func key(object types.Object) string {
	name := object.Name()
	if function, isFunction := object.(*types.Func); isFunction {
		if signature, isSignature := function.Type().(*types.Signature); isSignature && signature.Recv() != nil {
			of := signature.Recv().Type()
			if pointer, isPointer := of.(*types.Pointer); isPointer {
				of = pointer.Elem()
			}
			if named, isNamed := of.(*types.Named); isNamed {
				name = named.Obj().Name() + "." + name
			}
		}
	}
	return object.Pkg().Path() + "." + name
}

// use looks at what one name stands for.
func (view *view) use(name *ast.Ident, stack []ast.Node) {
	object := view.info.Uses[name]
	if object == nil || object.Pkg() == nil || object.Pkg() == view.own || view.spared[name] {
		return
	}
	if _, isPackage := object.(*types.PkgName); isPackage {
		return
	}
	importPath := object.Pkg().Path()
	tell := func(rule string) {
		shown := fmt.Sprintf("%s.%s", path.Base(importPath), object.Name())
		view.add(name.Pos(), fmt.Sprintf("%s (%s)", rule, shown), strconv.Quote(importPath), object.Name())
	}
	if rule := packageRule(importPath); rule != "" {
		tell(rule)
		return
	}
	switch importPath {
	case "unsafe":
		switch object.Name() {
		case "Add", "Slice", "String":
			tell("works on bare memory")
		}
		return
	case "syscall", "golang.org/x/sys/unix":
		if _, isFunction := object.(*types.Func); isFunction {
			if rule := view.systemCall(object.Name(), stack); rule != "" {
				tell(rule)
			}
		}
		return
	case "testing":
		view.note(name.Pos(), "uses the package that runs tests (testing."+object.Name()+")")
	}
	rule, found := objectRules[key(object)]
	if variable, isVariable := object.(*types.Var); !found && isVariable && variable.IsField() {
		rule, found = fieldRule(importPath, variable)
	}
	if found {
		tell(rule)
	}
}

func fieldRule(importPath string, field *types.Var) (string, bool) {
	for _, owner := range []string{"SQLiteDriver"} {
		if rule, found := objectRules[importPath+"."+owner+"."+field.Name()]; found {
			return rule, true
		}
	}
	return "", false
}

// text notes texts that somebody who looks for tests has a use for, put together or
// not. Others have one too: a program that generates tests, an error that tells of them.
func (view *view) text(expression ast.Expr) {
	value := view.info.Types[expression].Value
	if value == nil || value.Kind() != constant.String {
		return
	}
	text := constant.StringVal(value)
	if found := settingsOfTests.FindString(text); found != "" {
		view.note(expression.Pos(), fmt.Sprintf("names what belongs to tests (%s)", found))
	}
	for _, test := range view.checker.request.Suites {
		if len(test) > len("Test")+3 && strings.Contains(text, test) {
			view.note(expression.Pos(), fmt.Sprintf("names a test of the suite (%s)", test))
		}
	}
}

// methods looks at the methods of an interface.
func (view *view) methods(of *ast.InterfaceType) {
	for _, method := range of.Methods.List {
		for _, name := range method.Names {
			if rule := hiddenMethods[name.Name]; rule != "" {
				view.add(name.Pos(), fmt.Sprintf("%s (%s)", rule, name.Name), name.Name)
			}
		}
	}
}
