package nab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	report, err := Run(t.Context(), os.DirFS("testdata"))
	if err != nil {
		t.Fatal(err)
	}
	if report.Series != 2 || report.Rows != 4032+4032 || report.Windows != 3 {
		t.Errorf("%d series, %d rows, %d windows", report.Series, report.Rows, report.Windows)
	}
	if len(report.Categories) != 2 || report.Categories[0].Name != "artificialNoAnomaly" {
		t.Fatalf("categories %+v", report.Categories)
	}
	if report.Categories[0].Scores[0].Score != nil {
		t.Error("a category without windows has a score")
	}
	for i, least := range []float64{80, 75, 80} {
		if got := report.Overall[i]; got.Score == nil || *got.Score < least {
			t.Errorf("%s: %v, want at least %v", got.Profile, *got.Score, least)
		}
		if *report.Best[i].Score < *report.Overall[i].Score-1e-9 {
			t.Errorf("%s: the best threshold is worse than the built-in", report.Best[i].Profile)
		}
	}
	again, err := Run(t.Context(), os.DirFS("testdata"))
	if err != nil || !reflect.DeepEqual(report, again) {
		t.Errorf("a second run differs (%v)", err)
	}
}

func TestReportIsReadable(t *testing.T) {
	report, err := Run(t.Context(), os.DirFS("testdata"))
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := report.Text(&text); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"standard", "reward_low_FP_rate", "realKnownCause", "ec2_request_latency", "per series and week"} {
		if !strings.Contains(text.String(), part) {
			t.Errorf("no %q in\n%s", part, &text)
		}
	}
	raw, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"profile":"standard","threshold":0.5,"score":`, `"score":null`, `"false_alarms_per_week":`} {
		if !bytes.Contains(raw, []byte(part)) {
			t.Errorf("no %s in %s", part, raw)
		}
	}
}

func TestTextReportsAFailedWriter(t *testing.T) {
	full := errors.New("disk full")
	if err := (Report{}).Text(failing{full}); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestRunStopsWhenItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, os.DirFS("testdata")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestWrongCorpusSaysWhatIsWrong(t *testing.T) {
	const rows = "timestamp,value\n2026-01-01 00:00:00,1\n2026-01-01 00:05:00,2\n"
	for _, c := range []struct{ name, labels, rows, want string }{
		{"no labels", "", rows, "combined_windows.json"},
		{"labels of another shape", `[1]`, rows, "want {"},
		{"a file that is not there", `{"a/other.csv": []}`, rows, "a/other.csv"},
		{"a file outside", `{"../a/s.csv": []}`, rows, "../a/s.csv"},
		{"a window without rows", `{"a/s.csv": [["2027-01-01 00:00:00.000000", "2027-01-02 00:00:00.000000"]]}`, rows, "no row lies in the window"},
		{"a window that is no time", `{"a/s.csv": [["soon", "later"]]}`, rows, "soon"},
		{"a value that is no number", `{"a/s.csv": []}`, rows + "2026-01-01 00:10:00,many\n", "line 4"},
		{"a third column", `{"a/s.csv": []}`, rows + "2026-01-01 00:10:00,1,2\n", "line 4"},
	} {
		dir := t.TempDir()
		if c.labels != "" {
			write(t, dir, "combined_windows.json", c.labels)
		}
		write(t, dir, "a/s.csv", c.rows)
		if _, err := Run(t.Context(), os.DirFS(dir)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", c.name, err, c.want)
		}
	}
}

func TestWindowsIncludeBothEndsAndComeInOrder(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "combined_windows.json", `{"a/s.csv": [
		["2026-01-01 03:00:00.000000", "2026-01-01 03:59:00.000000"],
		["2026-01-01 01:00:00.000000", "2026-01-01 02:00:00.000000"]]}`)
	write(t, dir, "a/s.csv", "timestamp,value\n2026-01-01 00:00:00,1\n2026-01-01 01:00:00,1\n2026-01-01 02:00:00,1\n2026-01-01 03:00:00,1\n")
	all, err := read(t.Context(), os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := all[0].windows, []window{{1, 2}, {3, 3}}; !reflect.DeepEqual(got, want) {
		t.Errorf("windows %v, want %v", got, want)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
