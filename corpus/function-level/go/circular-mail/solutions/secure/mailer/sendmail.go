package mailer

import (
	"bytes"
	"context"
	"fmt"
	"mime"
	"os/exec"
	"regexp"
	"strings"
)

var address = regexp.MustCompile("\\A[0-9A-Za-z.!#$%&'*+/=?^_`{|}~-]+@[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*\\z")

// Send hands a circular to sendmail.
func Send(ctx context.Context, message Message) error {
	if len(message.Recipients) == 0 {
		return fmt.Errorf("there is no recipient: %w", ErrMessage)
	}
	if strings.ContainsAny(message.Subject, "\r\n") {
		return fmt.Errorf("the subject has several lines: %w", ErrMessage)
	}
	for _, text := range append([]string{message.Sender}, message.Recipients...) {
		if !address.MatchString(text) {
			return fmt.Errorf("%q: %w", text, ErrAddress)
		}
	}

	var text bytes.Buffer
	fmt.Fprintf(&text, "From: %s\n", message.Sender)
	fmt.Fprintf(&text, "To: undisclosed-recipients:;\n")
	fmt.Fprintf(&text, "Subject: %s\n", mime.QEncoding.Encode("utf-8", message.Subject))
	fmt.Fprintf(&text, "MIME-Version: 1.0\n")
	fmt.Fprintf(&text, "Content-Type: text/plain; charset=utf-8\n")
	fmt.Fprintf(&text, "Content-Transfer-Encoding: 8bit\n\n")
	text.WriteString(message.Body)

	arguments := []string{"-i", "-f" + message.Sender, "--"}
	command := exec.CommandContext(ctx, "sendmail", append(arguments, message.Recipients...)...)
	command.Stdin = &text
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %v: %s", ErrDelivery, err, output)
	}
	return nil
}
