package panel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// CheckHandler runs ping and dig for the fields of a form.
func CheckHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "post a form", http.StatusMethodNotAllowed)
			return
		}
		command, err := command(r.Context(), func(name string) string {
			return strings.TrimSpace(r.PostFormValue(name))
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		output, err := command.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			http.Error(w, "the tool cannot be run", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(Report{OK: err == nil, Lines: lastLines(string(output))})
	})
}

// command makes a tool's command of the fields, all of which are of known form.
func command(ctx context.Context, field func(string) string) (*exec.Cmd, error) {
	target := field("target")
	if err := checkHost(target); err != nil {
		return nil, err
	}
	switch field("tool") {
	case "ping":
		count := DefaultCount
		if text := field("count"); text != "" {
			number, err := strconv.Atoi(text)
			if err != nil || number < 1 || number > MaxCount {
				return nil, errors.New("this count is not possible")
			}
			count = number
		}
		return shell(ctx, fmt.Sprintf("ping -c %d %s", count, target)), nil
	case "dig":
		kind := field("type")
		if kind == "" {
			kind = Types[0]
		}
		if !slices.Contains(Types, kind) {
			return nil, errors.New("this type is not known")
		}
		line := fmt.Sprintf("%s %s", target, kind)
		if server := field("server"); server != "" {
			if err := checkHost(server); err != nil {
				return nil, err
			}
			line = "@" + server + " " + line
		}
		return shell(ctx, "dig "+line), nil
	}
	return nil, errors.New("this tool is not known")
}

// shell runs a line with the limits that the tools have on our servers.
func shell(ctx context.Context, line string) *exec.Cmd {
	return exec.CommandContext(ctx, "sh", "-c", "umask 077; exec "+line+" 2>&1")
}

// Names, international ones too, and addresses. A shell takes none of these characters for
// anything else.
var hosts = regexp.MustCompile(`\A[\pL\pN_:][\pL\pM\pN_.:-]*\z`)

func checkHost(host string) error {
	if !hosts.MatchString(host) {
		return errors.New("this is not a host")
	}
	return nil
}

func lastLines(output string) []string {
	lines := []string{}
	for _, line := range strings.Split(output, "\n") {
		if line = strings.TrimRight(line, "\r"); line != "" {
			lines = append(lines, line)
		}
	}
	return lines[max(0, len(lines)-MaxLines):]
}
