package testenv

import (
	"os"
	"testing"
)

// Full is the environment variable that makes tests of faults do all of their
// stated work, as before a release: CAMPAIGND_TEST_FULL=1 go test -timeout 30m.
const Full = "CAMPAIGND_TEST_FULL"

// Runs is how often a test tries a fault that is stated n times: a tenth of it
// every day, a hundredth under -short, and all of it when Full is set. It is at
// least one.
func Runs(t testing.TB, n int) int {
	t.Helper()
	runs := n / 10
	switch {
	case Thorough():
		runs = n
	case testing.Short():
		runs = n / 100
	}
	t.Logf("%d of %d runs", max(1, runs), n)
	return max(1, runs)
}

// Thorough reports whether tests are to do all of their stated work.
func Thorough() bool { return os.Getenv(Full) != "" }
