package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNobodyIsOnTheDiskInTheClear uploads people with the command line, forgets
// one of them, and looks for raw addresses in every byte that the program has
// written.
func TestNobodyIsOnTheDiskInTheClear(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir)
	_, manager := p.partner()
	made := manager.must("POST", "/audiences", `{"name":"Customers","minimum_size":1}`)
	id, _ := made["id"].(string)
	file := filepath.Join(t.TempDir(), "people.csv")
	var rows strings.Builder
	rows.WriteString("email,city\n")
	for i := range 2000 {
		fmt.Fprintf(&rows, "person%d@example.com,Lima\n", i)
	}
	if err := os.WriteFile(file, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := command(t, "audiences", "upload", "--url", p.url, "--key", manager.key, id, file)
	if code != 0 || !strings.Contains(stdout, "2000 lines taken") || !strings.Contains(stdout, "ready") {
		t.Fatalf("exit %d: %s%s", code, stdout, stderr)
	}
	var out bytes.Buffer
	erase := audiencesErase{client: client{URL: p.url, Key: manager.key}}
	if err := erase.erase(env{ctx: t.Context(), stdout: &out}, strings.NewReader(`{"email":"person7@example.com"}`+"\n")); err != nil || !strings.Contains(out.String(), "1 of 1 were known") {
		t.Fatalf("%v: %s", err, out.String())
	}
	if err := erase.erase(env{ctx: t.Context(), stdout: &out}, strings.NewReader("person8@example.com")); err == nil || strings.Contains(err.Error(), "person8") {
		t.Errorf("a line that is no object: %v", err)
	}
	p.stop() // the log of the store is merged into its file
	kept := sha256.Sum256([]byte("person9@example.com"))
	if !contains(t, dir, kept[:]) {
		t.Error("somebody who was not erased is not there: the search finds nothing at all")
	}
	for _, raw := range []string{"person7@example.com", "person9@example.com"} {
		gone := sha256.Sum256([]byte(raw))
		if contains(t, dir, []byte(raw)) || contains(t, dir, []byte(hex.EncodeToString(gone[:]))) {
			t.Errorf("%s is on the disk in the clear", raw)
		}
	}
}

// contains looks for bytes in every file of a folder.
func contains(t *testing.T, dir string, what []byte) (found bool) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			found = found || bytes.Contains(text, what)
		}
	}
	return found
}
