// Command tool is what Assay runs of its own for Go cases: it builds a suite
// against prepared packages, supervises its run, and, when a case is prepared,
// lists what the prepared packages export.
package main

import (
	"fmt"
	"os"
)

func main() {
	commands := map[string]func([]string) error{
		"index":     index,
		"build":     build,
		"supervise": supervise,
	}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: tool index|build|supervise ARGUMENT...")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
