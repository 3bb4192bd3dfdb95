package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// memory is what a package does with pointers to bare memory. Most of it is safe: what
// comes out is of the type that went in, or numbers are read as other numbers. Only
// what could make a pointer to anything is a finding, since a program that has one can
// change the tests' results in its own memory.
type memory struct {
	sizes types.Sizes
	// What went in and came out elsewhere than in one expression.
	in  []types.Type
	out []conversion
	// A pointer that comes from neither.
	foreign bool
}

// conversion is a pointer made of bare memory.
type conversion struct {
	view  *view
	call  *ast.CallExpr
	to    types.Type
	reads bool
}

// judge finds the conversions that could be of something else than they say.
func (memory *memory) judge() {
	for _, made := range memory.out {
		// What comes from nowhere comes from somebody else.
		isSafe := !memory.foreign && len(memory.in) > 0
		for _, from := range memory.in {
			isSafe = isSafe && memory.isSafe(from, made.to, false)
		}
		if !isSafe {
			made.view.add(made.call.Pos(), "works on bare memory (a conversion)", "unsafe.Pointer")
		}
	}
}

// isSafe tells whether memory of one type can be taken for another: they are the same,
// or both are mere numbers and the other is no larger. What is only read may have had
// pointers in it.
func (memory *memory) isSafe(from, to types.Type, reads bool) bool {
	if hasParameter(from) || hasParameter(to) {
		return false
	}
	if types.Identical(from, to) {
		return true
	}
	return isPlain(to, 0) && (reads || isPlain(from, 0)) && memory.sizes.Sizeof(to) <= memory.sizes.Sizeof(from)
}

func hasParameter(of types.Type) bool {
	_, isParameter := of.(*types.TypeParam)
	return isParameter
}

// isPlain tells whether a type has no pointer in it.
func isPlain(of types.Type, depth int) bool {
	switch of := of.Underlying().(type) {
	case *types.Basic:
		return of.Info()&types.IsNumeric != 0 || of.Info()&types.IsBoolean != 0
	case *types.Array:
		return depth < 8 && isPlain(of.Elem(), depth+1)
	case *types.Struct:
		for place := range of.NumFields() {
			if depth >= 8 || !isPlain(of.Field(place).Type(), depth+1) {
				return false
			}
		}
		return true
	}
	return false
}

func isBare(of types.Type) bool {
	if of == nil {
		return false
	}
	basic, isBasic := of.Underlying().(*types.Basic)
	return isBasic && basic.Kind() == types.UnsafePointer
}

// mostRead is how many bytes may be read from where an element of a list is.
const mostRead = 8

// conversion looks at pointers made of bare memory, and at bare memory made of them. No
// name is needed for the first, as its type can be inferred.
func (view *view) conversion(call *ast.CallExpr, stack []ast.Node) {
	if len(call.Args) != 1 || !view.info.Types[call.Fun].IsType() {
		if isBare(view.info.TypeOf(call)) && !view.isOwnPointer(call) {
			view.memory.foreign = true
		}
		return
	}
	given, made := view.info.TypeOf(call.Args[0]), view.info.TypeOf(call.Fun)
	if given == nil || made == nil {
		return
	}
	if isBare(made) {
		view.wentIn(call, given, stack)
		return
	}
	target, isPointer := made.Underlying().(*types.Pointer)
	if !isBare(given) || !isPointer {
		return
	}
	reads := view.reads(call, stack)
	inner, isCall := ast.Unparen(call.Args[0]).(*ast.CallExpr)
	if isCall && len(inner.Args) == 1 && isBare(view.info.TypeOf(inner.Fun)) {
		source, isPointer := view.info.TypeOf(inner.Args[0]).Underlying().(*types.Pointer)
		switch {
		case !isPointer:
			// A number, which was found when it went in.
			return
		case view.memory.isSafe(source.Elem(), target.Elem(), reads), view.isKnown(inner.Args[0], source.Elem(), target.Elem(), reads):
			return
		case isBare(target.Elem()):
			if stored, isPointer := source.Elem().Underlying().(*types.Pointer); isPointer {
				view.memory.out = append(view.memory.out, conversion{view, call, stored.Elem(), false})
				view.memory.in = append(view.memory.in, stored.Elem())
				return
			}
		}
		view.add(call.Pos(), "works on bare memory (a conversion)", "unsafe.Pointer")
		return
	}
	view.memory.out = append(view.memory.out, conversion{view, call, target.Elem(), reads})
}

// wentIn looks at what is made bare memory.
func (view *view) wentIn(call *ast.CallExpr, given types.Type, stack []ast.Node) {
	pointer, isPointer := given.Underlying().(*types.Pointer)
	switch {
	case view.spared[view.nameOf(call.Fun)] || isBare(given) || given == types.Typ[types.UntypedNil]:
	case !isPointer:
		view.add(call.Pos(), "works on bare memory (a number)", "unsafe.Pointer")
	default:
		// What is converted on at once is looked at there.
		if len(stack) > 1 {
			if outer, isCall := stack[len(stack)-2].(*ast.CallExpr); isCall && len(outer.Args) == 1 && outer.Args[0] == call && view.info.Types[outer.Fun].IsType() {
				return
			}
		}
		view.memory.in = append(view.memory.in, pointer.Elem())
	}
}

// isKnown are conversions that every reader knows: bytes that become a text, and a
// number that is read from a list of bytes.
func (view *view) isKnown(pointer ast.Expr, from, to types.Type, reads bool) bool {
	if !reads {
		return false
	}
	slice, isSlice := from.Underlying().(*types.Slice)
	if isSlice && isByte(slice.Elem()) && to.Underlying() == types.Typ[types.String] {
		return true
	}
	address, isAddress := ast.Unparen(pointer).(*ast.UnaryExpr)
	if !isAddress || address.Op != token.AND {
		return false
	}
	_, isElement := address.X.(*ast.IndexExpr)
	return isElement && isPlain(from, 0) && isPlain(to, 0) && view.memory.sizes.Sizeof(to) <= mostRead
}

func isByte(of types.Type) bool {
	basic, isBasic := of.Underlying().(*types.Basic)
	return isBasic && basic.Kind() == types.Byte
}

// reads tells whether a pointer is only read from, once.
func (view *view) reads(call *ast.CallExpr, stack []ast.Node) bool {
	place := len(stack) - 2
	for place >= 0 {
		if _, isParenthesis := stack[place].(*ast.ParenExpr); !isParenthesis {
			break
		}
		place--
	}
	if place < 1 {
		return false
	}
	var read ast.Expr
	switch outer := stack[place].(type) {
	case *ast.StarExpr:
		read = outer
	default:
		return false
	}
	switch outer := stack[place-1].(type) {
	case *ast.AssignStmt:
		for _, target := range outer.Lhs {
			if target == read {
				return false
			}
		}
		return true
	case *ast.ReturnStmt, *ast.ValueSpec, *ast.BinaryExpr, *ast.KeyValueExpr, *ast.CompositeLit, *ast.CallExpr, *ast.IfStmt:
		return true
	}
	return false
}

// isOwnPointer tells whether a call returns bare memory that the package made itself:
// the function is its own, says so, and is no method of an interface. What sync/atomic
// returns was given to it.
func (view *view) isOwnPointer(call *ast.CallExpr) bool {
	name := view.nameOf(call.Fun)
	if name == nil {
		return false
	}
	function, isFunction := view.info.Uses[name].(*types.Func)
	if !isFunction || function.Pkg() == nil {
		return false
	}
	if function.Pkg().Path() == "sync/atomic" {
		return true
	}
	signature := function.Origin().Signature()
	if receiver := signature.Recv(); receiver != nil && types.IsInterface(receiver.Type()) {
		return false
	}
	return function.Pkg() == view.own && signature.Results().Len() == 1 && isBare(signature.Results().At(0).Type())
}

func (view *view) nameOf(function ast.Expr) *ast.Ident {
	switch function := ast.Unparen(function).(type) {
	case *ast.Ident:
		return function
	case *ast.SelectorExpr:
		return function.Sel
	}
	return nil
}

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

// spareCall spares lists and texts of as many elements as there are, and pointers to
// what was asked for its address with its own type.
func (view *view) spareCall(call *ast.CallExpr) {
	if len(call.Args) != 2 {
		return
	}
	if function, known := view.isFrom(call.Fun, "reflect", "NewAt"); known && view.isOwnAddress(call.Args[0], call.Args[1]) {
		view.spared[function] = true
		return
	}
	for _, name := range []string{"String", "Slice"} {
		function, known := view.isFrom(call.Fun, "unsafe", name)
		if !known {
			continue
		}
		if view.isWhole(call.Args[0], call.Args[1]) {
			view.spared[function] = true
		}
	}
}

// isOwnAddress is v.Type(), unsafe.Pointer(v.UnsafeAddr()).
func (view *view) isOwnAddress(ofType, address ast.Expr) bool {
	outer, pointer := view.callOf(address, "Pointer")
	first, isFirst := ofType.(*ast.CallExpr)
	second, isSecond := pointer.(*ast.CallExpr)
	if outer == nil || !isFirst || !isSecond {
		return false
	}
	left, isLeft := first.Fun.(*ast.SelectorExpr)
	right, isRight := second.Fun.(*ast.SelectorExpr)
	if !isLeft || !isRight || left.Sel.Name != "Type" || right.Sel.Name != "UnsafeAddr" || types.ExprString(left.X) != types.ExprString(right.X) {
		return false
	}
	view.spared[outer] = true
	return true
}

// isWhole tells whether a count of elements is how many there are behind a pointer: as
// many as in the list or text that it points into, or as a variable is large.
func (view *view) isWhole(pointer, count ast.Expr) bool {
	element, isPointer := view.info.TypeOf(pointer).Underlying().(*types.Pointer)
	if !isPointer || hasParameter(element.Elem()) || !isPlain(element.Elem(), 0) {
		return false
	}
	inner := pointer
	if call, isCall := pointer.(*ast.CallExpr); isCall && len(call.Args) == 1 && view.info.Types[call.Fun].IsType() {
		if name, within := view.callOf(call.Args[0], "Pointer"); name != nil {
			inner = within
		}
	}
	size := view.memory.sizes.Sizeof(element.Elem())
	if value := view.info.Types[count].Value; value != nil {
		// A variable, by its size.
		address, isAddress := inner.(*ast.UnaryExpr)
		number, exact := constant.Int64Val(constant.ToInt(value))
		if !isAddress || address.Op != token.AND || !exact {
			return false
		}
		of := view.info.TypeOf(address.X)
		return of != nil && !hasParameter(of) && isPlain(of, 0) && number*size <= view.memory.sizes.Sizeof(of)
	}
	times := int64(1)
	length := count
	if product, isProduct := count.(*ast.BinaryExpr); isProduct && product.Op == token.MUL {
		length = product.X
		value := view.info.Types[product.Y].Value
		if value == nil {
			length, value = product.Y, view.info.Types[product.X].Value
		}
		if value == nil {
			return false
		}
		times, _ = constant.Int64Val(constant.ToInt(value))
	}
	call, isCall := length.(*ast.CallExpr)
	if !isCall || len(call.Args) != 1 {
		return false
	}
	if builtin, isName := call.Fun.(*ast.Ident); !isName || view.info.Uses[builtin] != types.Universe.Lookup("len") {
		return false
	}
	list := view.listOf(inner)
	if list == nil || !view.sameVariable(list, call.Args[0]) {
		return false
	}
	held := int64(1)
	if slice, isSlice := view.info.TypeOf(list).Underlying().(*types.Slice); isSlice {
		if !isPlain(slice.Elem(), 0) {
			return false
		}
		held = view.memory.sizes.Sizeof(slice.Elem())
	}
	return times*size <= held
}

// listOf is the list or text that a pointer is to the first element of.
func (view *view) listOf(pointer ast.Expr) ast.Expr {
	for _, name := range []string{"SliceData", "StringData"} {
		if function, of := view.callOf(pointer, name); function != nil {
			return of
		}
	}
	address, isAddress := pointer.(*ast.UnaryExpr)
	if !isAddress || address.Op != token.AND {
		return nil
	}
	element, isElement := address.X.(*ast.IndexExpr)
	if !isElement || view.info.Types[element.Index].Value == nil || view.info.Types[element.Index].Value.ExactString() != "0" {
		return nil
	}
	return element.X
}

// sameVariable tells whether two expressions name the same variable.
func (view *view) sameVariable(one, other ast.Expr) bool {
	first, isFirst := one.(*ast.Ident)
	second, isSecond := other.(*ast.Ident)
	return isFirst && isSecond && view.info.Uses[first] != nil && view.info.Uses[first] == view.info.Uses[second]
}
