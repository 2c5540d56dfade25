package testenv

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A log file is the hard case: two writers with a position each write over one
// another. Where the system does not let us share the go command's position,
// the note goes to terminals and pipes only.
func TestMissingBackendIsSaidInALogFile(t *testing.T) {
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	cmd := goTest(t, "postgres")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(log.Name())
	if err != nil || !strings.Contains(string(text), "ok  \t") || strings.Contains(string(text), "(cached)") {
		t.Errorf("%v, log:\n%s", err, text)
	}
	shared := duplicate(os.Getpid(), int(log.Fd()))
	if shared == nil {
		t.Log("this system does not share descriptors")
		return
	}
	_ = shared.Close()
	if !strings.Contains(string(text), "backend missing: abacus") {
		t.Errorf("the note was lost, log:\n%s", text)
	}
}
