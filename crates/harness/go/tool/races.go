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

// races looks for goroutines that write the same, over and over and without a word to
// anybody, to values of more than one word that are not their own. Whoever works on
// his part of a list writes something else each time.
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
		changed := view.changedIn(body)
		view.unconditional(body, func(store *ast.AssignStmt) {
			for place, target := range store.Lhs {
				if len(store.Lhs) == len(store.Rhs) && view.isTearable(target, function) && view.isUnchanging(target, changed) && view.isUnchanging(store.Rhs[place], changed) {
					view.add(store.Pos(), "writes the same to a value over and over while others read it, which can tear it")
				}
			}
		})
	}
	if isRepeated {
		if view.isQuiet(function) {
			look(bodyOf(function))
			view.callees(bodyOf(function), declared, depth)
		}
		return
	}
	ast.Inspect(function, func(node ast.Node) bool {
		loop, body := loopOf(node)
		if loop != nil && view.isQuiet(loop) {
			look(body)
			view.callees(body, declared, depth)
			return false
		}
		return true
	})
}

// callees looks at the functions that a loop calls.
func (view *view) callees(body ast.Node, declared map[types.Object]*ast.FuncDecl, depth int) {
	ast.Inspect(body, func(node ast.Node) bool {
		if call, isCall := node.(*ast.CallExpr); isCall {
			view.writer(view.started(call, declared), true, declared, depth+1)
		}
		return true
	})
}

func bodyOf(function ast.Node) ast.Node {
	switch function := function.(type) {
	case *ast.FuncLit:
		return function.Body
	case *ast.FuncDecl:
		return function.Body
	}
	return function
}

// unconditional visits the assignments that a piece of code makes whatever happens. A
// result that is kept where something was found is honest.
func (view *view) unconditional(body ast.Node, visit func(*ast.AssignStmt)) {
	ast.Inspect(body, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.IfStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.FuncLit:
			return false
		case *ast.AssignStmt:
			if node.Tok == token.ASSIGN {
				visit(node)
			}
		}
		return true
	})
}

// changedIn collects the variables that a piece of code declares, or gives another
// value than one that stays.
func (view *view) changedIn(body ast.Node) map[types.Object]bool {
	changed := map[types.Object]bool{}
	ast.Inspect(body, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.Ident:
			if object := view.info.Defs[node]; object != nil {
				changed[object] = true
			}
		case *ast.IncDecStmt:
			if name, isName := node.X.(*ast.Ident); isName {
				changed[view.info.Uses[name]] = true
			}
		}
		return true
	})
	for range 4 {
		ast.Inspect(body, func(node ast.Node) bool {
			assignment, isAssignment := node.(*ast.AssignStmt)
			if !isAssignment {
				return true
			}
			for place, target := range assignment.Lhs {
				name, isName := target.(*ast.Ident)
				stays := len(assignment.Lhs) == len(assignment.Rhs) && assignment.Tok == token.ASSIGN && view.isUnchanging(assignment.Rhs[place], changed)
				if isName && (!stays || view.mentions(assignment.Rhs[min(place, len(assignment.Rhs)-1)], view.info.Uses[name])) {
					changed[view.info.Uses[name]] = true
				}
			}
			return true
		})
	}
	return changed
}

func (view *view) mentions(expression ast.Expr, object types.Object) bool {
	found := false
	ast.Inspect(expression, func(node ast.Node) bool {
		name, isName := node.(*ast.Ident)
		found = found || (isName && object != nil && view.info.Uses[name] == object)
		return !found
	})
	return found
}

// isUnchanging tells whether an expression is of the same value each time.
func (view *view) isUnchanging(expression ast.Expr, changed map[types.Object]bool) bool {
	stays := true
	ast.Inspect(expression, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.CallExpr:
			stays = stays && view.info.Types[node.Fun].IsType()
		case *ast.Ident:
			stays = stays && !changed[view.info.Uses[node]]
		}
		return stays
	})
	return stays
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
