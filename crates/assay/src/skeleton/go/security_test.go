package security

import (
	"testing"

	"case.example/{{kebab}}/{{flat}}"
)

func TestItResistsTheAttack(t *testing.T) {
	t.Fatal("TO BE WRITTEN: attacks that are carried out, and whose effects are looked for")
	if result, err := {{flat}}.{{pascal}}("a value of an attacker"); err == nil {
		t.Errorf("%q", result)
	}
}
