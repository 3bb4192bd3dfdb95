package harness

import (
	"flag"
	"io"
	"io/fs"
	"os"
	"slices"
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

// compare tells the supervisor of what is different.
func (then surroundings) compare(now surroundings) {
	for _, seen := range []struct {
		what   string
		isSame bool
	}{
		{"arguments of the program", slices.Equal(then.arguments, now.arguments)},
		{"standard streams", then.streams == now.streams},
		{"flags", then.flags == now.flags},
		{"errors of the library", then.errors == now.errors},
		{"search path", then.path == now.path},
		{"folder of temporary files", then.temporary == now.temporary},
		{"working directory", then.folder == now.folder},
	} {
		if !seen.isSame {
			tell("saw changed the %s before the tests", seen.what)
		}
	}
}
