// Package absent is run by the tests of testenv: it needs a backend that no
// machine has.
package absent

import (
	"testing"

	"github.com/hexabuilders/campaignd/internal/testenv"
)

var abacus = testenv.Backend{
	Name:     "abacus",
	Programs: []string{"abacus-that-nobody-has"},
	Install:  "apt-get install abacus",
}

func TestMain(m *testing.M) { testenv.Main(m) }

func TestNeedsAnAbacus(t *testing.T)      { abacus.Need(t); t.Fatal("there is an abacus") }
func TestNeedsAnAbacusAgain(t *testing.T) { abacus.Need(t); t.Fatal("there is an abacus") }
func TestNeedsNothing(*testing.T)         {}
