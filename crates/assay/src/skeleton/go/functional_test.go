package functional

import (
	"testing"

	"case.example/{{kebab}}/{{flat}}"
)

func TestItDoesWhatTheBriefSays(t *testing.T) {
	t.Fatal("TO BE WRITTEN: a test for each thing that the brief says")
	if result, err := {{flat}}.{{pascal}}("value"); err != nil || result != "result" {
		t.Errorf("%q, %v", result, err)
	}
}
