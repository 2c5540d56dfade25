package main

import (
	"database/sql"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// TestVerifySaysByItsExitCodeWhatItFound: 0 all agrees, 1 something differed, 2
// it could not look.
func TestVerifySaysByItsExitCodeWhatItFound(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir)
	p.stop()
	if code, stdout, stderr := command(t, "verify", "--data", dir); code != 0 || !strings.Contains(stdout, "0 differences") {
		t.Errorf("a sound store: %d %s %s", code, stdout, stderr)
	}
	for _, args := range [][]string{{"--partner", "x"}, {"--data", filepath.Join(dir, "elsewhere")}} {
		if code, stdout, stderr := command(t, append([]string{"verify", "--data", dir}, args...)...); code != 2 || stdout != "" || stderr == "" {
			t.Errorf("%s: %d %s %s", args, code, stdout, stderr)
		}
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "campaignd.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	result, err := db.ExecContext(t.Context(), `UPDATE log_heads SET seq = seq + 1`)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%d heads: %v", n, err)
	}
	code, stdout, stderr := command(t, "verify", "--data", dir, "--json")
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	var d struct{ Check, Where, Column, Stored, True string }
	var end struct{ Partners, Differences, Repaired int }
	if err := json.Unmarshal([]byte(lines[0]), &d); code != 1 || err != nil || d.Check != "log" || d.Where != "head" || d.Stored == d.True {
		t.Errorf("%d %s %s %v", code, stdout, stderr, err)
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &end); err != nil || end.Partners == 0 || end.Differences != len(lines)-1 || end.Repaired != 0 {
		t.Errorf("%s %v", stdout, err)
	}
}
