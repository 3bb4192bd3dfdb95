package main

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

// concealed are the packages that only a program of tests has. Their functions and
// files are in every stack below a test, under these names.
var concealed = []string{"testing", harness}

// isConcealed is a name of a function or a file of one of them.
var isConcealed = regexp.MustCompile(`^(testing|assay/harness)[./]`)

// tell reports what was drawn so far.
func (blind *blind) tell(channel io.Writer) error {
	return json.NewEncoder(channel).Encode(map[string]any{"blind": blind})
}

// parts are the words of such a name.
var parts = regexp.MustCompile(`[A-Za-z]+`)

// conceal draws the names by which the packages that run the tests are shown, so that
// a stack looks like that of any program.
func (blind *blind) conceal() {
	for _, name := range concealed {
		for _, part := range parts.FindAllString(name, -1) {
			blind.same(part)
		}
	}
}

// same is a word of the same length in a word's place, the same each time. The
// suffix of files and what the compiler calls functions without a name stay.
func (blind *blind) same(word string) string {
	if word == "go" || word == "func" {
		return word
	}
	if blind.replaced == nil {
		blind.replaced, blind.taken = map[string]string{}, map[string]bool{}
	}
	if blind.replaced[word] == "" {
		made := ""
		// As long as there are enough, no two words have the same in their place.
		for range 1000 {
			made = lowercase(len(word))
			if first := word[0]; first >= 'A' && first <= 'Z' {
				made = strings.ToUpper(made[:1]) + made[1:]
			}
			if !blind.taken[made] {
				break
			}
		}
		blind.taken[made] = true
		blind.replaced[word] = made
	}
	return blind.replaced[word]
}

// rename gives the functions and files of the concealed packages their drawn names in
// a linked program. These stand in a table of the run-time system, each before a zero,
// and nothing but what shows them to somebody reads them.
func (blind *blind) rename(program string) error {
	file, err := elf.Open(program)
	if err != nil {
		return err
	}
	defer file.Close()
	section := file.Section(".gopclntab")
	if section == nil {
		return fmt.Errorf("%s has no table of its functions", program)
	}
	table, err := section.Data()
	if err != nil {
		return err
	}
	for _, name := range concealed {
		start := []byte("\x00" + name)
		for at := bytes.Index(table, start); at >= 0; {
			at++
			end := at + bytes.IndexByte(table[at:], 0)
			if text := string(table[at:end]); isConcealed.MatchString(text) {
				drawn := parts.ReplaceAllStringFunc(text, blind.same)
				copy(table[at:end], drawn)
				blind.Texts[drawn] = text
			}
			next := bytes.Index(table[end:], start)
			if next < 0 {
				break
			}
			at = end + next
		}
	}
	written, err := os.OpenFile(program, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer written.Close()
	_, err = written.WriteAt(table, int64(section.Offset))
	return err
}
