package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"path"
	"strconv"
	"strings"
)

// foreign is the variable of another package that an expression begins with, and the
// first field of it that is meant.
func (view *view) foreign(expression ast.Expr) (*types.Var, string) {
	field := ""
	for {
		var name *ast.Ident
		switch inner := base(expression).(type) {
		case *ast.Ident:
			name = inner
		case *ast.SelectorExpr:
			name = inner.Sel
			if qualifier, isName := inner.X.(*ast.Ident); !isName || !view.isPackage(qualifier) {
				field = inner.Sel.Name
				expression = inner.X
				continue
			}
		default:
			return nil, ""
		}
		object := view.info.Uses[name]
		if stood := view.standsFor[object]; stood != nil && object != nil {
			return stood, field
		}
		variable, isVariable := object.(*types.Var)
		if !isVariable || variable.Pkg() == nil || variable.Pkg() == view.own || variable.Parent() != variable.Pkg().Scope() {
			return nil, ""
		}
		return variable, field
	}
}

func (view *view) isPackage(name *ast.Ident) bool {
	_, isPackage := view.info.Uses[name].(*types.PkgName)
	return isPackage
}

// aliases finds the variables that are given a pointer to another package's.
func (view *view) aliases() {
	view.standsFor = map[types.Object]*types.Var{}
	give := func(target ast.Expr, value ast.Expr) {
		name, isName := target.(*ast.Ident)
		if !isName {
			return
		}
		object := view.info.Defs[name]
		if object == nil {
			object = view.info.Uses[name]
		}
		switch value.(type) {
		case *ast.Ident, *ast.SelectorExpr, *ast.TypeAssertExpr, *ast.ParenExpr:
		default:
			return
		}
		if variable, field := view.foreign(value); variable != nil && object != nil && field == "" {
			if given := view.info.TypeOf(value); given != nil {
				if _, isPointer := given.Underlying().(*types.Pointer); isPointer {
					view.standsFor[object] = variable
				}
			}
		}
	}
	ast.Inspect(view.source.file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.AssignStmt:
			for place, target := range node.Lhs {
				if len(node.Lhs) == len(node.Rhs) || place == 0 {
					give(target, node.Rhs[min(place, len(node.Rhs)-1)])
				}
			}
		case *ast.ValueSpec:
			for place, target := range node.Names {
				if place < len(node.Values) {
					give(target, node.Values[place])
				}
			}
		}
		return true
	})
}

// target looks at something that is written to, or whose address is taken: what
// belongs to a package that the tests use as well is not the artifact's to change.
func (view *view) target(expression ast.Expr) {
	if name, isName := expression.(*ast.Ident); isName && view.standsFor[view.info.Uses[name]] != nil {
		return
	}
	if _, isLiteral := expression.(*ast.CompositeLit); isLiteral {
		return
	}
	variable, field := view.foreign(expression)
	if variable == nil {
		return
	}
	importPath, name := variable.Pkg().Path(), variable.Name()
	if strings.HasPrefix(importPath+"/", view.checker.request.Module+"/") {
		return
	}
	isStandard := !strings.Contains(strings.Split(importPath, "/")[0], ".")
	switch {
	case importPath == "flag" && name == "Usage":
		return
	case importPath == "net/http" && (name == "DefaultClient" || name == "DefaultTransport") && !replaceable[field]:
		return
	case !isStandard && !view.named[name]:
		// The settings of a library are there to be set.
		return
	}
	what := fmt.Sprintf("changes what its tests use too (%s.%s)", path.Base(importPath), name)
	view.add(expression.Pos(), what)
}

// call looks at the arguments of calls: numbers of descriptors that nobody gave to the
// artifact, processes that it did not start, and paths that lead to its own process.
func (view *view) call(call *ast.CallExpr) {
	var called *ast.Ident
	switch function := call.Fun.(type) {
	case *ast.SelectorExpr:
		called = function.Sel
	case *ast.Ident:
		called = function
	default:
		return
	}
	object := view.info.Uses[called]
	if object == nil || object.Pkg() == nil || object.Pkg() == view.own || len(call.Args) == 0 {
		return
	}
	importPath := object.Pkg().Path()
	name := strings.Replace(key(object), "golang.org/x/sys/unix.", "syscall.", 1)
	if descriptorCalls[name] && view.isChosen(call.Args[0], 3) {
		view.add(call.Pos(), fmt.Sprintf("uses a descriptor that it was not given (%s)", name), strconv.Quote(importPath), object.Name())
	}
	if name == "syscall.Kill" || name == "os.FindProcess" {
		if number := view.number(call.Args[0]); number != nil && *number <= 1 {
			view.add(call.Pos(), fmt.Sprintf("reaches for processes that it did not start (%s)", name), strconv.Quote(importPath), object.Name())
		}
	}
	if pathReaders[importPath] {
		for _, argument := range call.Args {
			text, isWhole := view.beginning(argument)
			if found := ownProcess.FindString(text); found != "" && (isWhole || !ownDescriptor.MatchString(text)) {
				view.add(argument.Pos(), fmt.Sprintf("looks into its process (%s)", text), found)
			}
		}
	}
}

func (view *view) number(expression ast.Expr) *int64 {
	value := view.info.Types[expression].Value
	if value == nil {
		return nil
	}
	number, exact := constant.Int64Val(constant.ToInt(value))
	if !exact {
		return nil
	}
	return &number
}

// isChosen tells whether a number was written down or counted, and is at least this.
func (view *view) isChosen(expression ast.Expr, least int64) bool {
	if number := view.number(expression); number != nil {
		return *number >= least
	}
	switch outer := expression.(type) {
	case *ast.ParenExpr:
		return view.isChosen(outer.X, least)
	case *ast.BinaryExpr:
		return view.number(outer.X) != nil || view.number(outer.Y) != nil
	case *ast.CallExpr:
		// A conversion.
		return len(outer.Args) == 1 && view.info.Types[outer.Fun].IsType() && view.isChosen(outer.Args[0], least)
	case *ast.Ident:
		return view.isCounted(view.info.Uses[outer], least)
	}
	return false
}

// isCounted tells whether a variable of this file ever gets such a number.
func (view *view) isCounted(variable types.Object, least int64) bool {
	if variable == nil {
		return false
	}
	is := func(expression ast.Expr) bool {
		name, isName := expression.(*ast.Ident)
		return isName && (view.info.Defs[name] == variable || view.info.Uses[name] == variable)
	}
	chosen := func(value ast.Expr) bool {
		number := view.number(value)
		return number != nil && *number >= least
	}
	found := false
	ast.Inspect(view.source.file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.IncDecStmt:
			found = found || is(node.X)
		case *ast.AssignStmt:
			for place, target := range node.Lhs {
				if is(target) && len(node.Lhs) == len(node.Rhs) {
					found = found || chosen(node.Rhs[place]) || (node.Tok != token.ASSIGN && node.Tok != token.DEFINE)
				}
			}
		case *ast.ValueSpec:
			for place, name := range node.Names {
				found = found || (is(name) && place < len(node.Values) && chosen(node.Values[place]))
			}
		case *ast.RangeStmt:
			found = found || (node.Key != nil && is(node.Key)) || (node.Value != nil && is(node.Value) && view.rangesOverNumbers(node.X))
		}
		return true
	})
	return found
}

// rangesOverNumbers tells whether what is ranged over was written down.
func (view *view) rangesOverNumbers(over ast.Expr) bool {
	_, isLiteral := over.(*ast.CompositeLit)
	return isLiteral
}

// beginning is the text that an expression begins with as far as it is known, and
// whether that is all of it.
func (view *view) beginning(expression ast.Expr) (string, bool) {
	if value := view.info.Types[expression].Value; value != nil && value.Kind() == constant.String {
		return constant.StringVal(value), true
	}
	switch outer := expression.(type) {
	case *ast.ParenExpr:
		return view.beginning(outer.X)
	case *ast.BinaryExpr:
		left, isWhole := view.beginning(outer.X)
		if !isWhole || outer.Op != token.ADD {
			return left, false
		}
		right, isWhole := view.beginning(outer.Y)
		return left + right, isWhole
	case *ast.CallExpr:
		selector, isSelector := outer.Fun.(*ast.SelectorExpr)
		if !isSelector || len(outer.Args) == 0 {
			return "", false
		}
		object := view.info.Uses[selector.Sel]
		if object == nil || object.Pkg() == nil {
			return "", false
		}
		switch key(object) {
		case "fmt.Sprintf":
			text, _ := view.beginning(outer.Args[0])
			return text, false
		case "path.Join", "path/filepath.Join":
			joined := ""
			for place, argument := range outer.Args {
				text, isWhole := view.beginning(argument)
				if place > 0 {
					joined += "/"
				}
				joined += text
				if !isWhole {
					return joined, false
				}
			}
			return path.Clean(joined), true
		}
	}
	return "", false
}
