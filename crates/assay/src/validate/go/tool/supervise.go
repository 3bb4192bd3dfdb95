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
	// The exit status when a sentinel did not come out as it must.
	betrayed = 71
)

// line is one line of the report.
type line struct {
	Nonce   string `json:"nonce"`
	Test    string `json:"test,omitempty"`
	Outcome string `json:"outcome,omitempty"`
	Detail  string `json:"detail,omitempty"`
	End     *int   `json:"end,omitempty"`
}

// supervisor observes a suite from outside its process, in which the artifact
// lives. That process has neither the report channel nor the nonce.
type supervisor struct {
	nonce  string
	report *os.File
	// The expected tests.
	expected map[string]bool
	// What must become of each sentinel.
	sentinels map[string]string
	// The token of each test that runs, and the outcome of each that ended.
	running  map[string]string
	outcomes map[string]string
	// The tests that began, in order.
	begun []string
}

// supervise PROGRAM TEST... runs a suite and reports its tests.
func supervise(arguments []string) error {
	if len(arguments) < 2 {
		return fmt.Errorf("usage: tool supervise PROGRAM TEST...")
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
		expected:  map[string]bool{},
		sentinels: map[string]string{},
		running:   map[string]string{},
		outcomes:  map[string]string{},
	}
	for _, test := range arguments[1:] {
		supervisor.expected[test] = true
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
	theirs := os.NewFile(uintptr(ends[1]), "suite")
	suite := exec.Command(program, "-test.paniconexit0", "-test.v=true", "-test.timeout=10m0s")
	suite.Stdout, suite.Stderr = os.Stdout, os.Stderr
	suite.ExtraFiles = []*os.File{theirs}
	if err := suite.Start(); err != nil {
		return nil, err
	}
	theirs.Close()
	answered := make(chan error, 1)
	go func() { answered <- supervisor.serve(ends[0]) }()
	ending = suite.Wait()
	// What it said is still read; whatever it left behind is not waited for.
	syscall.Shutdown(ends[0], syscall.SHUT_RD)
	return ending, <-answered
}

// serve answers the suite until it says no more.
func (supervisor *supervisor) serve(channel int) error {
	packet := make([]byte, 4096)
	for {
		count, err := syscall.Read(channel, packet)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil || count <= 0:
			return nil
		}
		answer, err := supervisor.answer(strings.Fields(string(packet[:count])))
		if err != nil {
			return err
		}
		for errors.Is(syscall.Sendto(channel, []byte(answer), syscall.MSG_NOSIGNAL, nil), syscall.EINTR) {
		}
	}
}

// answer answers one packet; none that is out of order.
func (supervisor *supervisor) answer(words []string) (string, error) {
	switch {
	case len(words) == 2 && words[0] == "start" && len(supervisor.sentinels) == 0:
		return supervisor.draw(), nil
	case len(words) == 2 && words[0] == "begin":
		name := words[1]
		_, isSentinel := supervisor.sentinels[name]
		if supervisor.running[name] != "" || (!supervisor.expected[name] && !isSentinel) {
			return "-", nil
		}
		supervisor.running[name] = rand.Text()
		if !isSentinel {
			supervisor.begun = append(supervisor.begun, name)
		}
		return supervisor.running[name], nil
	case len(words) == 4 && words[0] == "end":
		name, token, outcome := words[1], words[2], words[3]
		known := outcome == "passed" || outcome == "failed" || outcome == "skipped"
		if supervisor.outcomes[name] != "" || token != supervisor.running[name] || !known {
			return "-", nil
		}
		supervisor.outcomes[name] = outcome
		if !supervisor.expected[name] {
			return "+", nil
		}
		return "+", supervisor.say(line{Test: name, Outcome: outcome})
	}
	return "-", nil
}

// draw draws the sentinels: their names, and before which test each runs.
func (supervisor *supervisor) draw() string {
	failing, passing := "Test"+rand.Text(), "Test"+rand.Text()
	supervisor.sentinels[failing] = "failed"
	supervisor.sentinels[passing] = "passed"
	return fmt.Sprintf("%s %d %s %d", failing, supervisor.place(), passing, supervisor.place())
}

func (supervisor *supervisor) place() int64 {
	place, err := rand.Int(rand.Reader, big.NewInt(int64(len(supervisor.expected))))
	if err != nil {
		return 0
	}
	return place.Int64()
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
			if err := supervisor.say(line{Test: name, Outcome: "failed", Detail: detail}); err != nil {
				return err
			}
		case "failed":
			whole = false
		}
	}
	// Where the program ended early the sentinels may not have run.
	if len(supervisor.begun) == len(supervisor.expected) && whole {
		for name, outcome := range supervisor.sentinels {
			if supervisor.outcomes[name] != outcome {
				fmt.Fprintln(os.Stderr, "a sentinel did not come out as it must")
				os.Exit(betrayed)
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
