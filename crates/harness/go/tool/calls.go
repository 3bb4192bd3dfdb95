package main

import (
	"go/ast"
	"go/constant"
	"go/types"
	"strings"
)

// systemCall is the rule for a use of a function of syscall or golang.org/x/sys/unix.
// The call is the innermost one that the function is named in.
func (view *view) systemCall(name string, stack []ast.Node) string {
	var call *ast.CallExpr
	for place := len(stack) - 1; place >= 0 && call == nil; place-- {
		call, _ = stack[place].(*ast.CallExpr)
	}
	isCalled := call != nil && view.nameOf(call.Fun) == stack[len(stack)-1]
	switch {
	case strings.HasPrefix(name, "Ptrace"):
		return "looks into other processes"
	case bareCalls[name]:
		if !isCalled || len(call.Args) == 0 || !view.isHarmlessCall(call) {
			return "makes bare system calls"
		}
	case name == "Prctl" || name == "PrctlRetInt":
		if !isCalled || len(call.Args) == 0 || !view.isHarmlessSetting(call.Args[0]) {
			return "makes its memory readable"
		}
	case name == "Mprotect":
		for _, importPath := range view.source.imports {
			if importPath == "unsafe" {
				return "works on bare memory"
			}
		}
	}
	return systemCalls[name]
}

// isHarmlessCall tells whether a bare system call can do no more than its kind.
func (view *view) isHarmlessCall(call *ast.CallExpr) bool {
	number := call.Args[0]
	value := view.info.Types[number].Value
	if value == nil {
		return false
	}
	if value.Kind() == constant.Int && value.ExactString() == openat2 {
		return true
	}
	name := view.nameOf(number)
	if name == nil || !view.isOfSystem(name) {
		return false
	}
	if plainCalls[name.Name] {
		return true
	}
	if !writingCalls[name.Name] {
		return false
	}
	for place, argument := range call.Args[1:] {
		if place > 0 && !view.isOnTheSpot(argument) {
			return false
		}
	}
	return true
}

// isOnTheSpot tells whether an argument is a constant, a length, or the address of a
// variable.
func (view *view) isOnTheSpot(argument ast.Expr) bool {
	if view.info.Types[argument].Value != nil {
		return true
	}
	call, isCall := ast.Unparen(argument).(*ast.CallExpr)
	if !isCall || len(call.Args) != 1 {
		return false
	}
	if builtin, isName := call.Fun.(*ast.Ident); isName && view.info.Uses[builtin] == types.Universe.Lookup("len") {
		return true
	}
	if name, of := view.callOf(call, "Pointer"); name != nil {
		address, isAddress := ast.Unparen(of).(*ast.UnaryExpr)
		return isAddress && address.X != nil
	}
	return view.info.Types[call.Fun].IsType() && view.isOnTheSpot(call.Args[0])
}

// isHarmlessSetting tells whether a setting of the process is not the one that hides
// its memory from its own files in /proc.
func (view *view) isHarmlessSetting(setting ast.Expr) bool {
	const dumpable = "4"
	value := view.info.Types[setting].Value
	return value != nil && value.ExactString() != dumpable
}

func (view *view) isOfSystem(name *ast.Ident) bool {
	object := view.info.Uses[name]
	return object != nil && object.Pkg() != nil && (object.Pkg().Path() == "syscall" || object.Pkg().Path() == "golang.org/x/sys/unix")
}
