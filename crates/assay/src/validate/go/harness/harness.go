// Package harness runs the tests of a suite in the process that the artifact
// lives in, and tells the supervisor of each test when it begins and how it ends.
package harness

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/internal/testdeps"
)

// channel is a socket to the supervisor, which keeps packets apart.
const channel = 3

var lock sync.Mutex

func init() {
	// Programs that the tests start have nothing to say to the supervisor.
	syscall.CloseOnExec(channel)
}

// ask sends the supervisor a line and returns its answer.
func ask(format string, arguments ...any) string {
	lock.Lock()
	defer lock.Unlock()
	answer := make([]byte, 1024)
	if _, err := syscall.Write(channel, fmt.Appendf(nil, format, arguments...)); err != nil {
		os.Exit(70)
	}
	for {
		count, err := syscall.Read(channel, answer)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || count <= 0 {
			os.Exit(70)
		}
		return string(answer[:count])
	}
}

// sentinels are two tests that show whether tests are still told apart: one
// must fail and one must pass. The supervisor names them and says before which
// of the real tests they run.
type sentinels struct {
	failing, passing string
	failAt, passAt   int
}

func (s sentinels) run(place int) {
	if place == s.failAt {
		alone(s.failing, func(t *testing.T) { t.Fail() })
	}
	if place == s.passAt {
		alone(s.passing, func(*testing.T) {})
	}
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
		token := ask("begin %s", name)
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
			ask("end %s %s %s", name, token, outcome)
		})
		body(t)
		returned = true
	}
}

// Run runs a suite as `go test` does and ends the process.
func Run(tests []testing.InternalTest, testMain func(*testing.M)) {
	var drawn sentinels
	answer := strings.NewReader(ask("start %d", len(tests)))
	if _, err := fmt.Fscan(answer, &drawn.failing, &drawn.failAt, &drawn.passing, &drawn.passAt); err != nil {
		os.Exit(70)
	}
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
