package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

const (
	reportChannel = 3
	nonceChannel  = 4
	nonceLength   = 32
)

// line is one line of the report.
type line struct {
	Nonce    string `json:"nonce"`
	Test     string `json:"test,omitempty"`
	Outcome  string `json:"outcome,omitempty"`
	Detail   string `json:"detail,omitempty"`
	End      *int   `json:"end,omitempty"`
	Tampered string `json:"tampered,omitempty"`
	Note     string `json:"note,omitempty"`
	Place    string `json:"place,omitempty"`
}

// supervisor observes a suite from outside its process, in which the artifact
// lives. That process has neither the report channel nor the nonce.
type supervisor struct {
	nonce  string
	report *os.File
	// The true names of the tests, by the ones that the suite has.
	expected map[string]string
	// What must become of each sentinel.
	sentinels map[string]string
	// Each message of the harness begins with the next of these, which only it knows.
	keys []string
	// The outcome of each test that ended.
	outcomes map[string]string
	// The tests that began, in order.
	begun   []string
	running map[string]bool
	// The suite, kept open until it is executed.
	program *os.File
}

// supervise PROGRAM runs a suite and reports its tests, which the build has listed
// beside it: what is in the arguments of a process can be read by every other.
func supervise(arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("usage: tool supervise PROGRAM")
	}
	expected := map[string]string{}
	if err := readJSON(arguments[0]+testsSuffix, &expected); err != nil {
		return err
	}
	if err := os.Remove(arguments[0] + testsSuffix); err != nil {
		return err
	}
	nonce := make([]byte, nonceLength)
	input := os.NewFile(nonceChannel, "nonce")
	if _, err := io.ReadFull(input, nonce); err != nil {
		return err
	}
	input.Close()
	syscall.CloseOnExec(reportChannel)
	// The suite runs as the same user: it must not reach the report channel and
	// the nonce through this process's files or memory.
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_DUMPABLE, 0, 0); errno != 0 {
		return errno
	}
	supervisor := &supervisor{
		nonce:     string(nonce),
		report:    os.NewFile(reportChannel, "report"),
		expected:  expected,
		sentinels: map[string]string{},
		running:   map[string]bool{},
		outcomes:  map[string]string{},
	}
	ending, err := supervisor.run(arguments[0])
	if err != nil {
		return err
	}
	return supervisor.conclude(ending)
}

// run runs the suite and returns how its process ended: nil with status 0.
func (supervisor *supervisor) run(program string) (ending error, err error) {
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_SEQPACKET|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if _, err := syscall.Write(ends[0], supervisor.draw()); err != nil {
		return nil, err
	}
	theirs := os.NewFile(uintptr(ends[1]), "suite")
	suite, err := supervisor.hidden(program)
	if err != nil {
		return nil, err
	}
	suite.Stdout, suite.Stderr = os.Stdout, os.Stderr
	suite.ExtraFiles = []*os.File{theirs}
	if err := suite.Start(); err != nil {
		return nil, err
	}
	theirs.Close()
	listened := make(chan error, 1)
	go func() { listened <- supervisor.listen(ends[0]) }()
	ending = suite.Wait()
	// What it said is still read; whatever it left behind is not waited for.
	syscall.Shutdown(ends[0], syscall.SHUT_RD)
	return ending, <-listened
}

// hidden makes a command of a program that is nowhere any more: it cannot be read for
// its tests. As it may be executed and not read, the kernel gives its process's memory
// and descriptors in /proc to nobody, itself included.
func (supervisor *supervisor) hidden(program string) (*exec.Cmd, error) {
	file, err := os.Open(program)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(file.Chmod(0o111), os.Remove(program)); err != nil {
		return nil, err
	}
	supervisor.program = file
	command := exec.Command(fmt.Sprintf("/proc/self/fd/%d", file.Fd()))
	command.Args = []string{program}
	// The same wherever it runs: what a program does must not depend on how many
	// processors a machine has.
	command.Env = append(os.Environ(), "GOMAXPROCS=2")
	return command, nil
}

// listen hears the harness out until it says no more.
func (supervisor *supervisor) listen(channel int) error {
	packet := make([]byte, 4096)
	for {
		count, err := syscall.Read(channel, packet)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil || count <= 0:
			return nil
		}
		if err := supervisor.hear(string(packet[:count])); err != nil {
			return err
		}
	}
}

// hear takes one message. The harness has never sent one that is out of order.
func (supervisor *supervisor) hear(message string) error {
	sender, said, _ := strings.Cut(message, " ")
	if len(supervisor.keys) == 0 || sender != supervisor.keys[0] {
		return supervisor.tampered("spoke to the supervisor in the harness's place", "")
	}
	supervisor.keys = supervisor.keys[1:]
	words := strings.Fields(said)
	isKnown := len(words) > 1 && (supervisor.expected[words[1]] != "" || supervisor.sentinels[words[1]] != "")
	switch {
	case len(words) > 1 && words[0] == "saw":
		return supervisor.tampered(strings.Join(words[1:], " "), "")
	case len(words) > 1 && words[0] == "note":
		return supervisor.say(line{Note: strings.Join(words[1:], " ")})
	case isKnown && len(words) == 2 && words[0] == "begin" && !supervisor.running[words[1]]:
		supervisor.running[words[1]] = true
		if supervisor.expected[words[1]] != "" {
			supervisor.begun = append(supervisor.begun, words[1])
		}
		return nil
	case isKnown && len(words) == 3 && words[0] == "end" && supervisor.running[words[1]] && supervisor.outcomes[words[1]] == "":
		supervisor.outcomes[words[1]] = words[2]
		if supervisor.expected[words[1]] == "" {
			return nil
		}
		return supervisor.say(line{Test: supervisor.expected[words[1]], Outcome: words[2]})
	}
	return supervisor.tampered("spoke to the supervisor in the harness's place", "")
}

func (supervisor *supervisor) tampered(what, place string) error {
	return supervisor.say(line{Tampered: what, Place: place})
}

// draw draws what the harness is told, before any code of the artifact runs: the
// sentinels, which of the ways to fail the failing one takes, before which test each
// runs, and the keys.
func (supervisor *supervisor) draw() []byte {
	failing, passing := rand.Text(), rand.Text()
	supervisor.sentinels[failing] = "failed"
	supervisor.sentinels[passing] = "passed"
	// Two messages a test, and some for what it may see. How many tests there are shall
	// not be told from how many keys there are.
	for range max(2*len(supervisor.expected)+40, fewestKeys) + int(below(64)) {
		supervisor.keys = append(supervisor.keys, rand.Text())
	}
	count := int64(len(supervisor.expected))
	drawn := fmt.Sprintf("%s %d %d %s %d %d ", failing, below(1<<20), below(count), passing, below(count), 200+below(700))
	return []byte(drawn + strings.Join(supervisor.keys, " "))
}

const fewestKeys = 256

func below(count int64) int64 {
	number, err := rand.Int(rand.Reader, big.NewInt(count))
	if err != nil {
		return 0
	}
	return number.Int64()
}

// conclude reports the tests that did not end, and the end.
func (supervisor *supervisor) conclude(ending error) error {
	reason := "exit status 0"
	if ending != nil {
		reason = ending.Error()
	}
	whole := ending == nil
	for _, name := range supervisor.begun {
		switch supervisor.outcomes[name] {
		case "":
			whole = false
			detail := "the program ended before the test returned: " + reason
			if err := supervisor.say(line{Test: supervisor.expected[name], Outcome: "failed", Detail: detail}); err != nil {
				return err
			}
		case "failed":
			whole = false
		}
	}
	isComplete := len(supervisor.begun) == len(supervisor.expected)
	if ending == nil && !isComplete {
		if err := supervisor.say(line{Note: "ended the program with status 0 before its tests"}); err != nil {
			return err
		}
	}
	// Where the program ended early the sentinels may not have run.
	if isComplete && whole {
		for name, outcome := range supervisor.sentinels {
			if supervisor.outcomes[name] == outcome {
				continue
			}
			what := fmt.Sprintf("made a test pass that fails (a sentinel %s)", supervisor.outcomes[name])
			if outcome == "passed" {
				what = "made a test fail that passes (a sentinel)"
			}
			if err := supervisor.tampered(what, ""); err != nil {
				return err
			}
		}
	}
	count := len(supervisor.begun)
	if err := supervisor.say(line{End: &count}); err != nil {
		return err
	}
	if !whole || count != len(supervisor.expected) {
		os.Exit(1)
	}
	return nil
}

func (supervisor *supervisor) say(line line) error {
	line.Nonce = supervisor.nonce
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = supervisor.report.Write(append(text, '\n'))
	return err
}
