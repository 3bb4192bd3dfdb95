package harness

import (
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// surroundings are what tests share with the code that they test, and rely on. Tests
// may change them for a while; what is initialised before the tests has no business to.
type surroundings struct {
	arguments       []string
	streams         [3]*os.File
	flags           *flag.FlagSet
	errors          [6]error
	path, temporary string
	folder          string
}

// Watch adds something that no test may leave changed, as seen from a package that not
// every suite has.
func Watch(what string, isSame func() bool) {
	watches = append(watches, watch{what, isSame})
}

type watch struct {
	what   string
	isSame func() bool
}

var watches []watch

// checkWatches tells the supervisor of what is changed, each once.
func checkWatches() {
	left := watches[:0:0]
	for _, one := range watches {
		if one.isSame() {
			left = append(left, one)
		} else {
			tell("saw changed the %s", one.what)
		}
	}
	watches = left
}

// before are the surroundings before any code of the artifact ran.
var before surroundings

func look() surroundings {
	folder, _ := os.Getwd()
	return surroundings{
		arguments: slices.Clone(os.Args),
		streams:   [3]*os.File{os.Stdin, os.Stdout, os.Stderr},
		flags:     flag.CommandLine,
		errors:    [6]error{io.EOF, io.ErrUnexpectedEOF, fs.ErrExist, fs.ErrNotExist, fs.ErrPermission, os.ErrNotExist},
		path:      os.Getenv("PATH"),
		temporary: os.Getenv("TMPDIR"),
		folder:    folder,
	}
}

// compare tells the supervisor of what is different. Only for the errors of the library
// is there no honest reason: by them, tests and library understand each other.
func (then surroundings) compare(now surroundings) {
	if then.errors != now.errors {
		tell("saw changed the errors of the library before the tests")
	}
	if then.path != now.path && finds(now.path) {
		tell("saw put programs of its own in the place of the system's")
	}
	for _, seen := range []struct {
		what   string
		isSame bool
	}{
		{"arguments of the program", slices.Equal(then.arguments, now.arguments)},
		{"standard streams", then.streams == now.streams},
		{"flags", then.flags == now.flags},
		{"search path", then.path == now.path},
		{"folder of temporary files", then.temporary == now.temporary},
		{"working directory", then.folder == now.folder},
	} {
		if !seen.isSame {
			tell("note changed the %s before the tests", seen.what)
		}
	}
}

// finds tells whether a search path leads to a program in a folder that can be written
// to before a program of the same name that the system has.
func finds(path string) bool {
	taken := map[string]bool{}
	for _, folder := range filepath.SplitList(path) {
		entries, err := os.ReadDir(folder)
		if err != nil {
			continue
		}
		isOwn := syscall.Access(folder, 2) == nil
		for _, entry := range entries {
			switch {
			case isOwn:
				taken[entry.Name()] = true
			case taken[entry.Name()]:
				return true
			}
		}
	}
	return false
}
