package testenv

import (
	"os"
	"testing"
)

// Axe gives the script of axe-core, which run in a page finds what keeps people
// with a disability out of it.
func Axe(t testing.TB) string {
	t.Helper()
	script, err := os.ReadFile(axe.Need(t))
	if err != nil {
		t.Fatal(err)
	}
	return string(script)
}
