// Package harness runs the tests of a suite in the process that the artifact
// lives in, and tells the supervisor of each test when it begins and how it ends.
//
// Every package of the project imports it, so it is initialised before them: what it
// is told here is gone from the channel before any code of the artifact runs.
package harness

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"testing/internal/testdeps"
)

// channel is a socket to the supervisor, which keeps packets apart. It comes as the
// first descriptor that a program is given, where honest code may look for one of its
// own, and is moved to a place that was drawn.
var channel = 3

// secrets is what the supervisor has told: the sentinels, and the keys that messages
// begin with, each good for one. It is kept in the bytes that it came in, which are not
// on the heap: whoever writes the heap to a file finds no key there.
var secrets struct {
	sync.Mutex
	sentinels sentinels
	keys      [][]byte
}

func init() {
	told, err := syscall.Mmap(-1, 0, 1<<18, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		os.Exit(70)
	}
	count, err := syscall.Read(channel, told)
	for err == syscall.EINTR {
		count, err = syscall.Read(channel, told)
	}
	words := bytes.Fields(told[:max(count, 0)])
	if err != nil || len(words) < 7 {
		os.Exit(70)
	}
	number := func(place int) int {
		number, err := strconv.Atoi(string(words[place]))
		if err != nil {
			os.Exit(70)
		}
		return number
	}
	secrets.sentinels = sentinels{
		failing: words[0], manner: number(1), failAt: number(2),
		passing: words[3], passAt: number(4),
	}
	secrets.keys = words[6:]
	// Programs that the tests start have nothing to say to the supervisor.
	syscall.CloseOnExec(channel)
	syscall.Shutdown(channel, syscall.SHUT_RD)
	if moved, _, failed := syscall.Syscall(syscall.SYS_FCNTL, uintptr(channel), syscall.F_DUPFD_CLOEXEC, uintptr(number(5))); failed == 0 {
		syscall.Close(channel)
		channel = int(moved)
	}
	hideFlags()
	scatter(number(1))
	before = look()
}

// scattered keeps what takes the first places on the heap.
var scattered [][]byte

// scatter takes a drawn number of places of each size, so that where a thing lies on the
// heap does not depend on the suite alone.
func scatter(drawn int) {
	for size := 8; size <= 1<<13; size *= 2 {
		for range drawn % 13 {
			scattered = append(scattered, make([]byte, size))
		}
		drawn = drawn*5/3 + size
	}
}

// NoTest is the name of what is only there to be counted.
const NoTest = "-"

// hideFlags gives the tests their settings, and the program flags of its own: like any
// program it has none but those that its packages declare.
func hideFlags() {
	testing.Init()
	for name, value := range map[string]string{"test.v": "true", "test.timeout": "10m0s", "test.skip": "^" + NoTest + "$"} {
		if err := flag.Set(name, value); err != nil {
			os.Exit(70)
		}
	}
	flag.CommandLine = flag.NewFlagSet(os.Args[0], flag.ExitOnError)
	flag.CommandLine.Usage = func() { flag.Usage() }
}

// tell sends the supervisor a message.
func tell(format string, arguments ...any) {
	secrets.Lock()
	defer secrets.Unlock()
	if len(secrets.keys) == 0 {
		os.Exit(70)
	}
	key := secrets.keys[0]
	secrets.keys = secrets.keys[1:]
	message := append(append(make([]byte, 0, 512), key...), ' ')
	message = fmt.Appendf(message, format, arguments...)
	_, err := syscall.Write(channel, message)
	for err == syscall.EINTR || err == syscall.EAGAIN {
		_, err = syscall.Write(channel, message)
	}
	if err != nil {
		os.Exit(70)
	}
	clear(key)
	clear(message)
}

// sentinels are two tests that show whether tests are still told apart: one
// must fail and one must pass. The supervisor names them and says before which
// of the real tests they run.
type sentinels struct {
	failing, passing []byte
	// Which of the ways to fail.
	manner         int
	failAt, passAt int
}

func (s sentinels) run(place int) {
	if place == s.failAt {
		alone(string(s.failing), manners[s.manner%len(manners)])
	}
	if place == s.passAt {
		alone(string(s.passing), func(t *testing.T) { t.Run("part", func(*testing.T) {}) })
	}
}

// manners are the ways in which a test fails.
var manners = []func(*testing.T){
	func(t *testing.T) { t.Fail() },
	func(t *testing.T) { t.FailNow() },
	func(t *testing.T) { t.Error("as it must") },
	func(t *testing.T) { t.Errorf("as it %s", "must") },
	func(t *testing.T) { t.Fatal("as it must") },
	func(t *testing.T) { t.Fatalf("as it %s", "must") },
	func(t *testing.T) { t.Run("part", func(t *testing.T) { t.Error("as it must") }) },
	func(t *testing.T) { t.Cleanup(func() { t.Error("as it must") }) },
	func(t *testing.T) {
		if !t.Run("part", func(t *testing.T) { t.FailNow() }) {
			t.Log("as it must")
		}
	},
}

// alone runs a test apart from the suite, whose output and status it leaves alone.
func alone(name string, body func(*testing.T)) {
	quiet, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		os.Exit(70)
	}
	output := os.Stdout
	os.Stdout = quiet
	testing.RunTests(testdeps.TestDeps{}.MatchString, []testing.InternalTest{{Name: name, F: watched(name, body)}})
	os.Stdout = output
	quiet.Close()
}

// watched is a test that reports itself.
func watched(name string, body func(*testing.T)) func(*testing.T) {
	return func(t *testing.T) {
		tell("begin %s", name)
		returned := false
		// The first clean-up registered is the last to run.
		t.Cleanup(func() {
			outcome := "failed"
			switch {
			case t.Failed():
			case t.Skipped():
				outcome = "skipped"
			case returned:
				outcome = "passed"
			}
			checkWatches()
			tell("end %s %s", name, outcome)
		})
		body(t)
		returned = true
	}
}

// Run runs a suite as `go test` does and ends the process.
func Run(tests []testing.InternalTest, testMain func(*testing.M)) {
	before.compare(look())
	checkWatches()
	drawn := secrets.sentinels
	suite := make([]testing.InternalTest, len(tests))
	for place, test := range tests {
		body := watched(test.Name, test.F)
		suite[place] = testing.InternalTest{Name: test.Name, F: func(t *testing.T) {
			drawn.run(place)
			body(t)
		}}
	}
	m := testing.MainStart(testdeps.TestDeps{}, suite, nil, nil, nil)
	if testMain == nil {
		os.Exit(m.Run())
	}
	testMain(m)
	os.Exit(int(reflect.ValueOf(m).Elem().FieldByName("exitCode").Int()))
}
