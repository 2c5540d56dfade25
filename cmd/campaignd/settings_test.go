package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// command runs the command line in this process.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestSettingsThatNothingKnowsAreReported(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte("addr: 127.0.0.1:9\nadress: typo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"file": {"config", "check", "--config", file},
		"flag": {"config", "check", "--adress", "x"},
	} {
		if code, _, stderr := command(t, args...); code == 0 || !strings.Contains(stderr, "adress") {
			t.Errorf("%s: exit %d, %s", name, code, stderr)
		}
	}
	t.Setenv("CAMPAIGND_ADRESS", "x")
	if code, _, stderr := command(t, "config", "check"); code == 0 || !strings.Contains(stderr, "CAMPAIGND_ADRESS") {
		t.Errorf("environment: exit %d, %s", code, stderr)
	}
}

func TestSettingsThatAreNotValidAreReported(t *testing.T) {
	for _, args := range [][]string{
		{"--database", "mysql://user:s3cret@host/db"}, {"--grace", "0s"}, {"--max-body", "10"}, {"--log-level", "LOUD"},
	} {
		code, _, stderr := command(t, append([]string{"config", "check"}, args...)...)
		if code == 0 || stderr == "" || strings.Contains(stderr, "s3cret") {
			t.Errorf("%v: exit %d, %s", args, code, stderr)
		}
	}
}

func TestFlagsWinOverTheEnvironmentAndThatOverTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte("grace: 0s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	check := func(want int, args ...string) {
		t.Helper()
		if code, _, stderr := command(t, append([]string{"config", "check", "--config", file}, args...)...); code != want {
			t.Errorf("%v: exit %d, %s", args, code, stderr)
		}
	}
	check(1)
	check(0, "--grace", "5s")
	t.Setenv("CAMPAIGND_GRACE", "5s")
	check(0)
	check(1, "--grace", "0s")
}

func TestTheDefaultsAreAFileThatIsRead(t *testing.T) {
	_, text, _ := command(t, "config", "default")
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := command(t, "config", "check", "--config", file); code != 0 {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if _, doc, _ := command(t, "config", "doc"); !strings.Contains(doc, "CAMPAIGND_DATABASE") {
		t.Errorf("the doc lacks a setting:\n%s", doc)
	}
}
