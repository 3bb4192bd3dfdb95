package main

import (
	"go/ast"
	"go/token"
	"go/types"
)

// Go is safe in its memory but for one thing: a value of more than one word that is
// read while another goroutine writes it can be half of the one value and half of the
// other, and so a pointer to whatever one likes. To come by such a value takes a
// goroutine that does little but write to it.

// races looks for goroutines that write, over and over and without a word to anybody,
// to values of more than one word that are not their own.
func (view *view) races(declared map[types.Object]*ast.FuncDecl) {
	ast.Inspect(view.source.file, func(node ast.Node) bool {
		if loop, body := loopOf(node); loop != nil && view.isQuiet(body) {
			// Goroutines that are started over and over.
			ast.Inspect(body, func(inner ast.Node) bool {
				if start, isStart := inner.(*ast.GoStmt); isStart {
					view.writer(view.started(start.Call, declared), true, declared, 0)
				}
				return true
			})
		}
		if start, isStart := node.(*ast.GoStmt); isStart {
			view.writer(view.started(start.Call, declared), false, declared, 0)
		}
		return true
	})
}

// loopOf is a loop and its body.
func loopOf(node ast.Node) (ast.Stmt, *ast.BlockStmt) {
	switch loop := node.(type) {
	case *ast.ForStmt:
		return loop, loop.Body
	case *ast.RangeStmt:
		return loop, loop.Body
	}
	return nil, nil
}

// started is what a call runs, as far as it is of the artifact.
func (view *view) started(call *ast.CallExpr, declared map[types.Object]*ast.FuncDecl) ast.Node {
	switch function := call.Fun.(type) {
	case *ast.FuncLit:
		return function
	case *ast.Ident:
		if found := declared[view.info.Uses[function]]; found != nil {
			return found
		}
	case *ast.SelectorExpr:
		if found := declared[view.info.Uses[function.Sel]]; found != nil {
			return found
		}
	}
	return nil
}

// writer looks at what a goroutine runs; all of it is repeated where that is.
func (view *view) writer(function ast.Node, isRepeated bool, declared map[types.Object]*ast.FuncDecl, depth int) {
	if function == nil || depth > 4 {
		return
	}
	look := func(body ast.Node) {
		ast.Inspect(body, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.AssignStmt:
				for _, target := range node.Lhs {
					if node.Tok != token.DEFINE && view.isTearable(target, function) {
						view.add(node.Pos(), "writes to a value over and over while others read it, which can tear it")
					}
				}
			case *ast.CallExpr:
				view.writer(view.started(node, declared), true, declared, depth+1)
			}
			return true
		})
	}
	if isRepeated {
		if view.isQuiet(function) {
			look(function)
		}
		return
	}
	ast.Inspect(function, func(node ast.Node) bool {
		loop, body := loopOf(node)
		if loop != nil && view.isQuiet(loop) {
			look(body)
			return false
		}
		return true
	})
}

// isQuiet tells whether nothing happens in a piece of code that another goroutine could
// wait for, or that takes time: no channel is used and no other package's code called.
func (view *view) isQuiet(code ast.Node) bool {
	isQuiet := true
	ast.Inspect(code, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.SendStmt, *ast.SelectStmt:
			isQuiet = false
		case *ast.UnaryExpr:
			isQuiet = isQuiet && node.Op != token.ARROW
		case *ast.RangeStmt:
			if over := view.info.TypeOf(node.X); over != nil {
				_, isChannel := over.Underlying().(*types.Chan)
				isQuiet = isQuiet && !isChannel
			}
		case *ast.CallExpr:
			var name *ast.Ident
			switch function := node.Fun.(type) {
			case *ast.Ident:
				name = function
			case *ast.SelectorExpr:
				name = function.Sel
			}
			if name == nil {
				return true
			}
			object := view.info.Uses[name]
			_, isFunction := object.(*types.Func)
			isIdle := object != nil && object.Pkg() != nil && object.Pkg().Path() == "runtime"
			isQuiet = isQuiet && (!isFunction || object.Pkg() == view.own || isIdle)
		}
		return true
	})
	return isQuiet
}

// isTearable tells whether a target is of more than one word, with a pointer in it, and
// not of the function itself.
func (view *view) isTearable(target ast.Expr, function ast.Node) bool {
	of := view.info.TypeOf(target)
	if of == nil || !hasWords(of, 0) {
		return false
	}
	written := target
	for {
		inner := base(target)
		selector, isSelector := inner.(*ast.SelectorExpr)
		if !isSelector || view.isPackageOf(selector) {
			target = inner
			break
		}
		target = selector.X
	}
	name, isName := target.(*ast.Ident)
	if !isName {
		return true
	}
	object := view.info.Uses[name]
	if object == nil || name.Name == "_" {
		return false
	}
	from := function.Pos()
	// What a parameter points to is somebody else's.
	if written != target {
		switch function := function.(type) {
		case *ast.FuncLit:
			from = function.Body.Pos()
		case *ast.FuncDecl:
			from = function.Body.Pos()
		}
	}
	return object.Pos() < from || object.Pos() >= function.End()
}

func (view *view) isPackageOf(selector *ast.SelectorExpr) bool {
	name, isName := selector.X.(*ast.Ident)
	return isName && view.isPackage(name)
}

// hasWords tells whether values of a type have a pointer and something beside it that
// says what it points to.
func hasWords(of types.Type, depth int) bool {
	switch of := of.Underlying().(type) {
	case *types.Interface, *types.Slice:
		return true
	case *types.Basic:
		return of.Info()&types.IsString != 0
	case *types.Array:
		return hasWords(of.Elem(), depth+1)
	case *types.Struct:
		for place := range of.NumFields() {
			if depth < 8 && hasWords(of.Field(place).Type(), depth+1) {
				return true
			}
		}
	}
	return false
}
