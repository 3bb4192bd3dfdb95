package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"path"
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
	isStandard := !strings.Contains(strings.Split(importPath, "/")[0], ".")
	if !isStandard || strings.HasPrefix(importPath+"/", view.checker.request.Module+"/") {
		// The settings of a library are there to be set.
		return
	}
	isShared := view.named[name] || (importPath == "crypto/rand" && view.named["rand"])
	isError := types.Identical(variable.Type(), types.Universe.Lookup("error").Type())
	what := fmt.Sprintf("changes what its tests use too (%s.%s)", path.Base(importPath), name)
	switch {
	case isError || (isShared && field == "" && !settable[importPath+"."+name]):
		view.add(expression.Pos(), what)
	case !settable[importPath+"."+name]:
		view.note(expression.Pos(), fmt.Sprintf("changes what belongs to the library (%s.%s)", path.Base(importPath), name))
	}
}

// call looks at the arguments of calls: at paths that lead to the own process.
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
	if object == nil || object.Pkg() == nil || object.Pkg() == view.own || !pathReaders[object.Pkg().Path()] {
		return
	}
	for _, argument := range call.Args {
		text, _ := view.beginning(argument)
		found := ownProcess.FindString(text)
		switch {
		case found == "":
		case strings.Contains(object.Name(), "hmod"):
			view.add(argument.Pos(), fmt.Sprintf("makes the program of its tests readable (%s)", text), found)
		default:
			view.note(argument.Pos(), fmt.Sprintf("looks into its process (%s)", text))
		}
	}
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
