package sqlstore

import (
	"fmt"
	"os"
	"testing"

	"github.com/hexabuilders/campaignd/internal/testenv"
)

func TestMain(m *testing.M) {
	if os.Getenv(writerURL) != "" { // started by the kill test
		if err := runWriter(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	if os.Getenv(deciderURL) != "" { // started by the kill test of decisions
		if err := runDecider(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	testenv.Main(m)
}
