package panel

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os/exec"
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

// The scripts get hosts as parameters, which a shell does not read again.
const (
	pingScript = `exec ping -c "$1" -- "$2" 2>&1`
	digScript  = `exec dig -q "$1" -t "$2" ${3:+"@$3"} 2>&1`
)

// command makes a tool's command of the fields.
func command(ctx context.Context, field func(string) string) (*exec.Cmd, error) {
	target := field("target")
	if target == "" {
		return nil, errors.New("there is no target")
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
		return script(ctx, pingScript, strconv.Itoa(count), target), nil
	case "dig":
		kind := field("type")
		if kind == "" {
			kind = Types[0]
		}
		if !slices.Contains(Types, kind) {
			return nil, errors.New("this type is not known")
		}
		return script(ctx, digScript, target, kind, field("server")), nil
	}
	return nil, errors.New("this tool is not known")
}

func script(ctx context.Context, text string, parameters ...string) *exec.Cmd {
	for i, parameter := range parameters {
		parameters[i] = strings.ReplaceAll(parameter, "\x00", "")
	}
	return exec.CommandContext(ctx, "sh", append([]string{"-c", text, "sh"}, parameters...)...)
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
