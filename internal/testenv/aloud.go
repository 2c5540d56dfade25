package testenv

import (
	"fmt"
	"os"
	"strings"
)

// aloud writes a message that the person who ran the tests sees.
//
// "go test ./..." drops everything a passing test binary writes, so a note on
// our own stderr is lost exactly when it matters: all is green and a backend
// was not there. Where the parent is the go command, the note is therefore
// written to the go command's stderr as well. hidden says that our own output
// will be dropped (the tests pass and -v is not given).
func aloud(message string, hidden bool) {
	fmt.Fprint(os.Stderr, message)
	if !hidden {
		return
	}
	if seen := goCommandStderr(); seen != nil {
		_, _ = seen.WriteString(message) // nothing is left to say a failure to
		_ = seen.Close()
	}
}

// neverCache keeps "go test" from caching this run. A cached pass would repeat
// neither the tests once the backend is installed nor the note that it is
// missing.
//
// The go command hashes the folders that a test opened, provided that their
// names begin with the module's folder, and reruns the test when the hash has
// changed. The name used here begins so and climbs out again to the go
// command's own list of threads, which no two go commands share. It must be
// opened while the tests run: when m.Run returns the log is closed.
func neverCache() {
	dir, err := os.Getwd()
	if err != nil {
		return
	}
	climb := strings.Repeat("/..", strings.Count(dir, "/"))
	if file, err := os.Open(dir + climb + "/proc/self/task"); err == nil {
		_ = file.Close()
	}
}
