package testenv

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestMain(m *testing.M) { Main(m) }

// goTest prepares "go test" on testdata/absent the way a user runs it, with a
// package list, in which mode the go command drops what a passing test binary
// writes.
func goTest(t *testing.T, require string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "test", "-vet=off", "./testdata/absent")
	cmd.Env = append(os.Environ(), requireVar+"="+require, "GOFLAGS=")
	return cmd
}

// The other passing run is in aloud_linux_test.go: between them they show that
// the go command does not answer from its cache.
func TestMissingBackendIsSaidAloud(t *testing.T) {
	want := "backend missing: abacus (internal/testenv/testdata/absent, tests skipped: 2); install with: apt-get install abacus\n"
	out, err := goTest(t, "postgres").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if strings.Count(string(out), want) != 1 || strings.Contains(string(out), "(cached)") {
		t.Errorf("does not say once, uncached, %q:\n%s", want, out)
	}
}

func TestMissingBackendFailsWhereItIsRequired(t *testing.T) {
	out, err := goTest(t, "all").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "install it with: apt-get install abacus") {
		t.Errorf("err %v, output:\n%s", err, out)
	}
}

func TestRequired(t *testing.T) {
	b := Backend{Name: "abacus"}
	for list, want := range map[string]bool{
		"": false, "postgres": false, "abacuses": false,
		"abacus": true, "postgres, abacus": true, "all": true,
	} {
		if got := b.required(list); got != want {
			t.Errorf("%s=%q: required %v", requireVar, list, got)
		}
	}
}

func TestFindResolvesLinksAndTakesTheNewest(t *testing.T) {
	root := filepath.Join(t.TempDir(), "opt")
	for _, version := range []string{"9.6", "14", "15"} {
		bin := filepath.Join(root, version, "bin")
		if err := os.MkdirAll(bin, 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(bin, "abacus"), nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	b := Backend{Name: "abacus", Programs: []string{"abacus"}, Folders: []string{filepath.Join(root, "*", "bin")}}
	if got, _ := b.find(); got != filepath.Join(root, "15", "bin", "abacus") {
		t.Errorf("found %q, want the one of 15", got)
	}
	links := t.TempDir()
	if err := os.Symlink(filepath.Join(root, "14", "bin", "abacus"), filepath.Join(links, "abacus")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", links)
	if got, _ := b.find(); got != filepath.Join(root, "14", "bin", "abacus") {
		t.Errorf("found %q, want what the link in PATH leads to", got)
	}
}

func TestAtExitRunsTheLastStepFirstAndOnce(t *testing.T) {
	var a atExit
	var got strings.Builder
	a.add(func() { got.WriteString("1") })
	a.add(func() { got.WriteString("2") })
	a.run()
	a.run()
	if got.String() != "21" {
		t.Errorf("ran %q, want 21", got.String())
	}
}
