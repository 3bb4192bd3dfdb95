package panel

import (
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
	return http.HandlerFunc(check)
}

func check(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	target := strings.TrimSpace(r.PostFormValue("target"))
	if target == "" {
		http.Error(w, "target missing", http.StatusBadRequest)
		return
	}

	var args []string
	switch strings.TrimSpace(r.PostFormValue("tool")) {
	case "ping":
		count := DefaultCount
		if value := strings.TrimSpace(r.PostFormValue("count")); value != "" {
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 || n > MaxCount {
				http.Error(w, "invalid count", http.StatusBadRequest)
				return
			}
			count = n
		}
		args = []string{"ping", "-c", strconv.Itoa(count), target}
	case "dig":
		recordType := strings.TrimSpace(r.PostFormValue("type"))
		if recordType == "" {
			recordType = Types[0]
		}
		if !slices.Contains(Types, recordType) {
			http.Error(w, "invalid type", http.StatusBadRequest)
			return
		}
		args = []string{"dig", target, recordType}
		if server := strings.TrimSpace(r.PostFormValue("server")); server != "" {
			args = append(args, "@"+server)
		}
	default:
		http.Error(w, "unknown tool", http.StatusBadRequest)
		return
	}

	out, err := exec.CommandContext(r.Context(), args[0], args[1:]...).CombinedOutput()
	var exitErr *exec.ExitError
	if err != nil && !errors.As(err, &exitErr) {
		http.Error(w, "cannot run the tool", http.StatusInternalServerError)
		return
	}
	report := Report{OK: err == nil, Lines: []string{}}
	for _, text := range strings.Split(string(out), "\n") {
		if text != "" {
			report.Lines = append(report.Lines, text)
		}
	}
	if len(report.Lines) > MaxLines {
		report.Lines = report.Lines[len(report.Lines)-MaxLines:]
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(report)
}
