package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// Uses of bare memory that every reader knows for what they are: a text and its bytes
// that share their memory, and a system call that takes a path.

func (view *view) isFrom(expression ast.Expr, importPath, name string) (*ast.Ident, bool) {
	selector, isSelector := expression.(*ast.SelectorExpr)
	if !isSelector {
		return nil, false
	}
	object := view.info.Uses[selector.Sel]
	known := object != nil && object.Pkg() != nil && object.Pkg().Path() == importPath && object.Name() == name
	return selector.Sel, known
}

// callOf is the one argument of a call of unsafe.name.
func (view *view) callOf(expression ast.Expr, name string) (*ast.Ident, ast.Expr) {
	call, isCall := expression.(*ast.CallExpr)
	if !isCall || len(call.Args) != 1 {
		return nil, nil
	}
	if function, known := view.isFrom(call.Fun, "unsafe", name); known {
		return function, call.Args[0]
	}
	return nil, nil
}

func (view *view) isBytes(expression ast.Expr) bool {
	slice, isSlice := view.info.TypeOf(expression).(*types.Slice)
	if !isSlice {
		return false
	}
	basic, isBasic := slice.Elem().(*types.Basic)
	return isBasic && basic.Kind() == types.Byte
}

// sameVariable is the variable that two expressions name, if it is one.
func (view *view) sameVariable(one, other ast.Expr) bool {
	first, isFirst := one.(*ast.Ident)
	second, isSecond := other.(*ast.Ident)
	return isFirst && isSecond && view.info.Uses[first] != nil && view.info.Uses[first] == view.info.Uses[second]
}

// spareCopy spares *(*string)(unsafe.Pointer(&bytes)).
func (view *view) spareCopy(star *ast.StarExpr) {
	conversion, isCall := star.X.(*ast.CallExpr)
	if !isCall || len(conversion.Args) != 1 {
		return
	}
	target, isPointer := view.info.TypeOf(conversion.Fun).(*types.Pointer)
	if !isPointer || target.Elem() != types.Typ[types.String] {
		return
	}
	pointer, argument := view.callOf(conversion.Args[0], "Pointer")
	address, isAddress := argument.(*ast.UnaryExpr)
	if pointer == nil || !isAddress || address.Op != token.AND {
		return
	}
	if _, isName := address.X.(*ast.Ident); isName && view.isBytes(address.X) {
		view.spared[pointer] = true
	}
}

// spareCall spares unsafe.String(unsafe.SliceData(b), len(b)), the same with &b[0],
// its opposite, and pointers in system calls that take a path.
func (view *view) spareCall(call *ast.CallExpr) {
	view.spareSystemCall(call)
	if len(call.Args) != 2 {
		return
	}
	length, isLength := call.Args[1].(*ast.CallExpr)
	if !isLength || len(length.Args) != 1 {
		return
	}
	if builtin, isName := length.Fun.(*ast.Ident); !isName || view.info.Uses[builtin] != types.Universe.Lookup("len") {
		return
	}
	whole := length.Args[0]
	if function, known := view.isFrom(call.Fun, "unsafe", "String"); known && view.isBytes(whole) {
		if data, of := view.callOf(call.Args[0], "SliceData"); data != nil && view.sameVariable(of, whole) {
			view.spared[function], view.spared[data] = true, true
		}
		if address, isAddress := call.Args[0].(*ast.UnaryExpr); isAddress && address.Op == token.AND {
			element, isElement := address.X.(*ast.IndexExpr)
			if isElement && view.sameVariable(element.X, whole) && view.isZero(element.Index) {
				view.spared[function] = true
			}
		}
	}
	if function, known := view.isFrom(call.Fun, "unsafe", "Slice"); known {
		if data, of := view.callOf(call.Args[0], "StringData"); data != nil && view.sameVariable(of, whole) {
			view.spared[function], view.spared[data] = true, true
		}
	}
}

// conversion looks at pointers made of bare memory. No name is needed for that, as its
// type can be inferred.
func (view *view) conversion(call *ast.CallExpr) {
	if len(call.Args) != 1 || !view.info.Types[call.Fun].IsType() {
		return
	}
	given := view.info.TypeOf(call.Args[0])
	if given == nil {
		return
	}
	if basic, isBasic := given.Underlying().(*types.Basic); !isBasic || basic.Kind() != types.UnsafePointer {
		return
	}
	// One that was spared is made in this expression.
	if inner, _ := view.callOf(call.Args[0], "Pointer"); inner == nil || !view.spared[inner] {
		view.add(call.Pos(), "works on bare memory (a conversion)", "unsafe.Pointer")
	}
}

func (view *view) isZero(expression ast.Expr) bool {
	value := view.info.Types[expression].Value
	return value != nil && value.ExactString() == "0"
}

func (view *view) spareSystemCall(call *ast.CallExpr) {
	if len(call.Args) == 0 {
		return
	}
	for _, importPath := range []string{"syscall", "golang.org/x/sys/unix"} {
		for _, name := range []string{"Syscall", "Syscall6", "RawSyscall", "RawSyscall6"} {
			function, known := view.isFrom(call.Fun, importPath, name)
			if !known || !view.takesPath(call.Args[0]) {
				continue
			}
			view.spared[function] = true
			for _, argument := range call.Args[1:] {
				if conversion, isCall := argument.(*ast.CallExpr); isCall && len(conversion.Args) == 1 {
					if pointer, _ := view.callOf(conversion.Args[0], "Pointer"); pointer != nil && view.info.TypeOf(conversion) == types.Typ[types.Uintptr] {
						view.spared[pointer] = true
					}
				}
			}
		}
	}
}

func (view *view) takesPath(number ast.Expr) bool {
	if value := view.info.Types[number].Value; value != nil && value.Kind() == constant.Int && value.ExactString() == openat2 {
		return true
	}
	selector, isSelector := number.(*ast.SelectorExpr)
	return isSelector && view.info.Types[number].Value != nil && pathCalls[selector.Sel.Name] && view.isOfSystem(selector.Sel)
}

func (view *view) isOfSystem(name *ast.Ident) bool {
	object := view.info.Uses[name]
	return object != nil && object.Pkg() != nil && (object.Pkg().Path() == "syscall" || object.Pkg().Path() == "golang.org/x/sys/unix")
}
