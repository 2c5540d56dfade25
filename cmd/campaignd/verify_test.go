package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestVerifyOfASoundFolder(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir)
	p.stop()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"verify", "--data", dir}, &stdout, &stderr); code != 0 || !strings.Contains(stdout.String(), "0 differences") {
		t.Errorf("%d %s %s", code, stdout.String(), stderr.String())
	}
	stdout.Reset()
	if code := run(t.Context(), []string{"verify", "--data", dir, "--partner", "x"}, &stdout, &stderr); code != 1 {
		t.Errorf("a partner that is no id: %d", code)
	}
}
