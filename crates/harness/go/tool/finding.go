package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/token"
	"io"
	"path/filepath"
	"sort"
	"strings"
)

// finding is a sign that an artifact reaches for the process it shares with its
// tests, for the tests themselves, or for what both of them use.
type finding struct {
	// A phrase such as "walks the stack of its callers (runtime.Callers)".
	What string `json:"what"`
	// The file and the line.
	Place string `json:"place"`
	// Texts: a file of the case itself that holds all of them does the same, so the
	// artifact may.
	Signs []string `json:"signs"`
	// Whether it is only unusual, and decides nothing.
	IsNote bool `json:"note"`
}

// The most findings that are reported, and the longest phrase: an artifact decides
// how many there are and what it calls things.
const (
	mostFindings  = 50
	longestPhrase = 200
)

// report writes the findings in the order of their places, each once.
func report(findings []finding, channel io.Writer) error {
	sort.SliceStable(findings, func(i, j int) bool {
		return findings[i].Place+findings[i].What < findings[j].Place+findings[j].What
	})
	written := map[string]bool{}
	for _, found := range findings {
		if len(found.What) > longestPhrase {
			found.What = strings.ToValidUTF8(found.What[:longestPhrase], "") + " ..."
		}
		if written[found.What] || len(written) == mostFindings {
			continue
		}
		written[found.What] = true
		text, err := json.Marshal(found)
		if err != nil {
			return err
		}
		if _, err := channel.Write(append(text, '\n')); err != nil {
			return err
		}
	}
	return nil
}

// placeOf is where a node stands, whatever line directives say.
func (source *source) placeOf(root string, place token.Pos) string {
	name, err := filepath.Rel(root, source.path)
	if err != nil {
		name = source.path
	}
	return fmt.Sprintf("%s:%d", filepath.ToSlash(name), source.fset.PositionFor(place, false).Line)
}

// base takes away what stands around the expression that names something: the x.f of
// *(x.f)[i].
func base(expression ast.Expr) ast.Expr {
	for {
		switch outer := expression.(type) {
		case *ast.ParenExpr:
			expression = outer.X
		case *ast.StarExpr:
			expression = outer.X
		case *ast.IndexExpr:
			expression = outer.X
		case *ast.SliceExpr:
			expression = outer.X
		case *ast.TypeAssertExpr:
			expression = outer.X
		default:
			return expression
		}
	}
}
