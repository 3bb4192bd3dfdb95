package security

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hosting.example/panel/panel"
)

// attack posts a form, and looks for what came of it: a file that was made, or a secret that
// is shown. In a value `{made}` stands for the file and `{secret}` for the secret's place.
func attack(t *testing.T, fields map[string]string) {
	t.Helper()
	folder := filepath.Join("/tmp", strings.ToLower(rand.Text()))
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	made, place, secret := filepath.Join(folder, "made"), filepath.Join(folder, "secret"), rand.Text()
	if err := os.WriteFile(place, []byte(secret+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	form := url.Values{}
	for name, value := range fields {
		form.Set(name, strings.NewReplacer("{made}", made, "{secret}", place).Replace(value))
	}
	request := httptest.NewRequest(http.MethodPost, "/check", strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	recorder := httptest.NewRecorder()
	panel.CheckHandler().ServeHTTP(recorder, request)

	if strings.Contains(recorder.Body.String(), secret) {
		t.Errorf("%q: the secret is shown", fields)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Name() != "secret" {
			t.Errorf("%q: the attack made %s", fields, entry.Name())
		}
	}
}

var separators = []string{
	"; touch {made}", "| touch {made}", "& touch {made} &", "&& touch {made}", "|| touch {made}", ";touch${IFS}{made};#",
}

var substitutions = []string{
	"$(touch {made})", "`touch {made}`", "\"$(touch {made})\"", "\"`touch {made}`\"", "$(cat {secret})", "x>{made}", "x >> {made} ",
}

var lines = []string{
	"\ntouch {made}", "\r\ntouch {made}\r\n", "\ntouch {made}\nx", "\n/bin/cat {secret}", "\ncat {secret} #",
	"$(touch {made})\nhost.example", "`touch {made}`\r\nhost.example",
}

var quotes = []string{
	"'; touch {made}; '", "\"; touch {made}; \"", "\\'; touch {made}; \\'", "\\\"; touch {made}; \\\"", "'$(touch {made})'",
	"';touch${IFS}{made};'", "\";touch${IFS}{made};\"", "\"$(touch${IFS}{made})\"", "`touch${IFS}{made}`",
}

func everywhere(t *testing.T, texts []string) {
	t.Helper()
	for _, text := range texts {
		for _, host := range []string{"host.example" + text, text, "unknown.example" + text} {
			attack(t, map[string]string{"tool": "ping", "target": host})
			attack(t, map[string]string{"tool": "dig", "target": host})
			attack(t, map[string]string{"tool": "dig", "target": "host.example", "server": host})
		}
	}
}

func TestSeparatorsStartNoCommand(t *testing.T) {
	everywhere(t, separators)
}

func TestSubstitutionsStartNoCommand(t *testing.T) {
	everywhere(t, substitutions)
}

func TestLinesStartNoCommand(t *testing.T) {
	everywhere(t, lines)
}

func TestQuotationMarksEndNothing(t *testing.T) {
	everywhere(t, quotes)
}

func TestTheServerStartsNoCommand(t *testing.T) {
	for _, texts := range [][]string{separators, substitutions, lines, quotes} {
		for _, text := range texts {
			attack(t, map[string]string{"tool": "dig", "target": "host.example", "type": "MX", "server": "192.0.2.9" + text})
		}
	}
}

func TestATargetIsNoOption(t *testing.T) {
	for _, target := range []string{"-f{secret}", "-f {secret}", "host.example -f {secret}", "host.example\t-f{secret}", "host.example\n-f{secret}"} {
		attack(t, map[string]string{"tool": "dig", "target": target})
		attack(t, map[string]string{"tool": "dig", "target": target, "server": "192.0.2.9"})
		attack(t, map[string]string{"tool": "dig", "target": "host.example", "server": target})
		attack(t, map[string]string{"tool": "dig", "target": "host.example", "server": "192.0.2.9 " + target})
	}
}

func TestNoOtherFieldStartsACommand(t *testing.T) {
	for _, texts := range [][]string{separators, substitutions, lines} {
		for _, text := range texts {
			attack(t, map[string]string{"tool": "ping", "target": "host.example", "count": "3" + text})
			attack(t, map[string]string{"tool": "dig", "target": "host.example", "type": "MX" + text})
			attack(t, map[string]string{"tool": "ping" + text, "target": "host.example"})
		}
	}
	attack(t, map[string]string{"tool": "cat", "target": "{secret}"})
	attack(t, map[string]string{"tool": "dig", "target": "host.example", "type": "-f{secret}"})
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
