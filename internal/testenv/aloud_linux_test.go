package testenv

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A log file is the hard case: two writers with a position each write over one
// another.
func TestMissingBackendIsSaidInALogFile(t *testing.T) {
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	if copied := duplicate(os.Getpid(), int(log.Fd())); copied == nil {
		t.Log("this system does not share descriptors; the note goes to terminals and pipes only")
		return
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "./testdata/absent")
	cmd.Env = append(os.Environ(), requireVar+"=", "GOFLAGS=")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(log.Name())
	if err != nil || !strings.Contains(string(text), "backend missing: abacus") || !strings.Contains(string(text), "ok  \t") {
		t.Errorf("%v, log:\n%s", err, text)
	}
}
