package security

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"club.example/circulars/mailer"
)

// attack sends to an address in which `{made}` stands for the path of a file that an attack
// would make, and looks for what came of it. Whether the address is refused or written to
// does not matter.
func attack(t *testing.T, address string) {
	t.Helper()
	for _, place := range []func(*mailer.Message, string){
		func(m *mailer.Message, text string) { m.Sender = text },
		func(m *mailer.Message, text string) { m.Recipients = []string{text} },
		func(m *mailer.Message, text string) { m.Recipients = []string{"bob@mail.example", text} },
		func(m *mailer.Message, text string) {
			m.Recipients = []string{"bob@mail.example", text, "eve@mail.example"}
		},
	} {
		folder := filepath.Join("/tmp", strings.ToLower(rand.Text()))
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(address, "{made}", filepath.Join(folder, "made"))
		message := mailer.Message{Sender: "ada@club.example", Recipients: []string{"bob@mail.example"}, Subject: "Party", Body: "Hello"}
		place(&message, text)
		_ = mailer.Send(context.Background(), message)

		found, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range found {
			t.Errorf("from %q to %q: the attack made %s", message.Sender, message.Recipients, file.Name())
		}
		servers, err := filepath.Glob("/tmp/outbox/*/server")
		if err != nil {
			t.Fatal(err)
		}
		for _, server := range servers {
			if content, err := os.ReadFile(server); err != nil || string(content) != "localhost" {
				t.Errorf("from %q to %q: it went to the server %q", message.Sender, message.Recipients, content)
			}
			os.RemoveAll(filepath.Dir(server))
		}
	}
}

func TestNoAddressIsAnOptionThatRunsACommand(t *testing.T) {
	attack(t, "--passwordeval=touch${IFS}{made}@mail.example")
	attack(t, "--passwordeval=touch$IFS{made}#@mail.example")
}

func TestNoAddressIsAnOptionThatWritesALog(t *testing.T) {
	attack(t, "-X{made}@mail.example")
	attack(t, "--logfile={made}@mail.example")
}

func TestNoAddressIsAnOptionThatNamesAServer(t *testing.T) {
	attack(t, "--host=relay@mail.example")
}

func TestNoAddressIsReadByAShell(t *testing.T) {
	for _, address := range []string{
		"`touch${IFS}{made}`@mail.example",
		"a`touch${IFS}{made}`@mail.example",
		"'`touch${IFS}{made}`'@mail.example",
		"a|touch${IFS}{made}|x@mail.example",
		"a&touch${IFS}{made}&x@mail.example",
		"'&touch${IFS}{made}&'@mail.example",
		"'|touch${IFS}{made}|'@mail.example",
		"$(touch {made})@mail.example",
		"\"$(touch {made})\"@mail.example",
		"a@mail.example; touch {made}",
		"a@mail.example\ntouch {made}\n",
		"a@mail.example' ; touch {made} ; '",
		"a@mail.example\" ; touch {made} ; \"",
		"\"; touch {made} ;\"@mail.example",
	} {
		attack(t, address)
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
