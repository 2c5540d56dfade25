package testenv

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestMain(m *testing.M) { Main(m) }

// goTest runs "go test" on testdata/absent the way a user does, with a package
// list, in which mode the go command drops what a passing test binary writes.
func goTest(t *testing.T, require string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "test", "./testdata/absent")
	cmd.Env = append(os.Environ(), requireVar+"="+require, "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestMissingBackendIsSaidAloudEveryTime(t *testing.T) {
	want := "backend missing: abacus (internal/testenv/testdata/absent, tests skipped: 2); install with: apt-get install abacus\n"
	for run := range 2 {
		out, err := goTest(t, "")
		if err != nil {
			t.Fatalf("run %d: %v\n%s", run, err, out)
		}
		if strings.Count(out, want) != 1 || strings.Contains(out, "(cached)") {
			t.Errorf("run %d does not say once, uncached, %q:\n%s", run, want, out)
		}
	}
}

func TestMissingBackendFailsWhereItIsRequired(t *testing.T) {
	for _, require := range []string{"abacus", "postgres, abacus", "all"} {
		out, err := goTest(t, require)
		if err == nil || !strings.Contains(out, "install it with: apt-get install abacus") {
			t.Errorf("%s=%q: err %v, output:\n%s", requireVar, require, err, out)
		}
	}
	if out, err := goTest(t, "postgres"); err != nil {
		t.Errorf("another backend is required: %v\n%s", err, out)
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
