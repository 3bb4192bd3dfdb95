package mailer

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/mail"
	"os/exec"
	"strings"
)

// Send hands a circular to sendmail.
func Send(ctx context.Context, message Message) error {
	if err := check(message); err != nil {
		return err
	}
	lines := []string{
		"From: " + message.Sender,
		"To: undisclosed-recipients:;",
		"Subject: " + mime.BEncoding.Encode("utf-8", message.Subject),
		"MIME-Version: 1.0",
		"Content-Type: text/plain; charset=utf-8",
		"Content-Transfer-Encoding: 8bit",
		"",
		message.Body,
	}
	command := exec.CommandContext(ctx, "sendmail", "-i", "-f", message.Sender)
	command.Args = append(command.Args, message.Recipients...)
	command.Stdin = strings.NewReader(strings.Join(lines, "\n"))
	var complaint strings.Builder
	command.Stderr = &complaint
	err := command.Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("%w: %s (%v)", ErrDelivery, complaint.String(), exit)
	}
	return err
}

func check(message Message) error {
	if len(message.Recipients) == 0 || strings.ContainsAny(message.Subject, "\r\n") {
		return ErrMessage
	}
	if err := checkAddress(message.Sender); err != nil {
		return err
	}
	for _, recipient := range message.Recipients {
		if err := checkAddress(recipient); err != nil {
			return err
		}
	}
	return nil
}

func checkAddress(text string) error {
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Address != text || strings.ContainsAny(text, " \t\"<>()") {
		return fmt.Errorf("%q: %w", text, ErrAddress)
	}
	return nil
}
