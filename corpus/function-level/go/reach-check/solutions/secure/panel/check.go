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

// command makes a tool's command of the fields. There is no shell, and checkHost keeps
// hosts from being options.
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
		return exec.CommandContext(ctx, "ping", "-c", strconv.Itoa(count), target), nil
	case "dig":
		kind := field("type")
		if kind == "" {
			kind = Types[0]
		}
		if !slices.Contains(Types, kind) {
			return nil, errors.New("this type is not known")
		}
		arguments := []string{target, kind}
		if server := field("server"); server != "" {
			if err := checkHost(server); err != nil {
				return nil, err
			}
			arguments = append([]string{"@" + server}, arguments...)
		}
		return exec.CommandContext(ctx, "dig", arguments...), nil
	}
	return nil, errors.New("this tool is not known")
}

// checkHost refuses what begins like an option, a server or a flag of dig.
func checkHost(host string) error {
	if host == "" || strings.ContainsAny(host[:1], "-+@") || strings.ContainsAny(host, " \t\r\n\x00") {
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
