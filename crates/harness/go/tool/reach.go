package main

import (
	"go/ast"
	"go/types"
)

// reached returns the functions of a package that the tests can come to, and what each
// function is declared by. What only
// main calls is not linked into their program, so an artifact that is a command as
// well may read its arguments there.
func reached(files []*ast.File, info *types.Info, named map[string]bool) (map[*ast.FuncDecl]bool, map[types.Object]*ast.FuncDecl) {
	declared := map[types.Object]*ast.FuncDecl{}
	live := map[*ast.FuncDecl]bool{}
	var waiting []ast.Node
	reach := func(function *ast.FuncDecl) {
		if !live[function] && function.Body != nil {
			live[function] = true
			waiting = append(waiting, function)
		}
	}
	for _, file := range files {
		for _, declaration := range file.Decls {
			function, isFunction := declaration.(*ast.FuncDecl)
			if !isFunction {
				waiting = append(waiting, declaration)
				continue
			}
			declared[info.Defs[function.Name]] = function
			name := function.Name.Name
			if function.Recv != nil || name == "init" || named[name] {
				reach(function)
			}
		}
	}
	for len(waiting) > 0 {
		node := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		ast.Inspect(node, func(node ast.Node) bool {
			if name, isName := node.(*ast.Ident); isName {
				if function := declared[info.Uses[name]]; function != nil {
					reach(function)
				}
			}
			return true
		})
	}
	return live, declared
}
