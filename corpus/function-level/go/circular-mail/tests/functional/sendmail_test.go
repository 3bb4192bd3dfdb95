package functional

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"club.example/circulars/mailer"
)

const outbox = "/tmp/outbox"

type sent struct {
	sender     string
	recipients []string
	message    string
}

// send empties the outbox, sends a message, and returns what lies in the outbox then.
func send(t *testing.T, message mailer.Message) ([]sent, error) {
	t.Helper()
	return sendIn(t, context.Background(), message)
}

func sendIn(t *testing.T, ctx context.Context, message mailer.Message) ([]sent, error) {
	t.Helper()
	empty, err := filepath.Glob(outbox + "/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range empty {
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
	}
	sendError := mailer.Send(ctx, message)
	folders, err := filepath.Glob(outbox + "/*")
	if err != nil {
		t.Fatal(err)
	}
	var all []sent
	for _, folder := range folders {
		read := func(name string) string {
			content, err := os.ReadFile(filepath.Join(folder, name))
			if err != nil {
				t.Fatal(err)
			}
			return string(content)
		}
		all = append(all, sent{read("sender"), strings.Fields(read("recipients")), strings.ReplaceAll(read("message"), "\r\n", "\n")})
	}
	return all, sendError
}

func one(t *testing.T, message mailer.Message) sent {
	t.Helper()
	all, err := send(t, message)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 {
		t.Fatalf("%d messages were sent", len(all))
	}
	return all[0]
}

func circular() mailer.Message {
	return mailer.Message{
		Sender:     "ada@club.example",
		Recipients: []string{"bob@mail.example", "eve@mail.example"},
		Subject:    "Summer party",
		Body:       "Bring salad.\n\n.\nSee you!",
	}
}

func TestACircularIsSentOnceToAll(t *testing.T) {
	got := one(t, circular())
	if got.sender != "ada@club.example" || !slices.Equal(got.recipients, []string{"bob@mail.example", "eve@mail.example"}) {
		t.Errorf("sent from %q to %q", got.sender, got.recipients)
	}
}

func TestTheMessageHasItsHeadersAndBody(t *testing.T) {
	got := one(t, circular())
	message, err := mail.ReadMessage(strings.NewReader(got.message))
	if err != nil {
		t.Fatalf("%v\n%s", err, got.message)
	}
	for name, expected := range map[string]string{
		"From":                      "ada@club.example",
		"Subject":                   "Summer party",
		"Mime-Version":              "1.0",
		"Content-Transfer-Encoding": "8bit",
	} {
		if values := message.Header[name]; len(values) != 1 || strings.Trim(values[0], "<>") != expected {
			t.Errorf("%s is %q", name, values)
		}
	}
	if to := strings.ReplaceAll(message.Header.Get("To"), " ", ""); to != "undisclosed-recipients:;" {
		t.Errorf("To is %q", to)
	}
	kind, parameters, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil || kind != "text/plain" || !strings.EqualFold(parameters["charset"], "utf-8") {
		t.Errorf("Content-Type is %q", message.Header.Get("Content-Type"))
	}
	body, err := io.ReadAll(message.Body)
	if err != nil || strings.TrimSuffix(string(body), "\n") != circular().Body {
		t.Errorf("the body is %q", body)
	}
	if strings.Contains(got.message, "bob@") {
		t.Error("the recipients are shown")
	}
}

func TestOtherCharactersOfTheSubjectAreEncoded(t *testing.T) {
	message := circular()
	message.Subject = "Grüße zum Fest = 100 %"
	got := one(t, message)
	read, err := mail.ReadMessage(strings.NewReader(got.message))
	if err != nil {
		t.Fatal(err)
	}
	raw := read.Header.Get("Subject")
	decoded, err := new(mime.WordDecoder).DecodeHeader(raw)
	if err != nil || decoded != message.Subject {
		t.Errorf("the subject is %q, which is %q", raw, decoded)
	}
	for _, character := range raw {
		if character > 126 {
			t.Fatalf("the subject is %q", raw)
		}
	}
}

func TestTheBodyMayHaveAnyText(t *testing.T) {
	message := circular()
	message.Body = "Größe: $HOME `x`\n-- \nAda"
	if got := one(t, message); !strings.HasSuffix(strings.TrimSuffix(got.message, "\n"), "\n\n"+message.Body) {
		t.Errorf("%q", got.message)
	}
}

func TestAddressesMayHaveUnusualCharacters(t *testing.T) {
	message := circular()
	message.Recipients = []string{
		"miles.o'brien+club@mail.example", "a-b_c@sub-domain.mail.example", "x=y%z!/{}|~^?*&#@mail.example", "A1@localhost",
	}
	message.Sender = "o'neill&sons@mail.example"
	if got := one(t, message); got.sender != message.Sender || !slices.Equal(got.recipients, message.Recipients) {
		t.Errorf("sent from %q to %q", got.sender, got.recipients)
	}
}

func TestWhatIsNoAddressIsRefused(t *testing.T) {
	for _, text := range []string{
		"", "ada", "ada@", "@mail.example", "a@b@mail.example", "a b@mail.example", "Ada <ada@mail.example>",
		"<ada@mail.example>", "ada@mail..example", "\"a b\"@mail.example", "ada@mail.example, eve@mail.example",
		"ada@mail.example\nBcc: eve@mail.example", " ada@mail.example",
	} {
		sender, recipient := circular(), circular()
		sender.Sender = text
		recipient.Recipients = append(recipient.Recipients, text)
		for _, message := range []mailer.Message{sender, recipient} {
			if all, err := send(t, message); !errors.Is(err, mailer.ErrAddress) || len(all) != 0 {
				t.Errorf("%q: %v, %d messages", text, err, len(all))
			}
		}
	}
}

func TestWhatIsNoMessageIsRefused(t *testing.T) {
	nobody, lines := circular(), circular()
	nobody.Recipients = nil
	lines.Subject = "Party\nBcc: eve@mail.example"
	for _, message := range []mailer.Message{nobody, lines} {
		if all, err := send(t, message); !errors.Is(err, mailer.ErrMessage) || len(all) != 0 {
			t.Errorf("%v, %d messages", err, len(all))
		}
	}
}

func TestAFailureOfSendmailIsAnError(t *testing.T) {
	message := circular()
	message.Recipients = []string{"bob@mail.example", "eve@unknown.example"}
	if _, err := send(t, message); !errors.Is(err, mailer.ErrDelivery) {
		t.Errorf("%v", err)
	}
}

func TestACancelledContextIsAnError(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if all, err := sendIn(t, ctx, circular()); err == nil || len(all) != 0 {
		t.Errorf("%v, %d messages", err, len(all))
	}
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
