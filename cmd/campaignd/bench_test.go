package main

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestBenchIngestMeasuresAProgramOfItsOwn(t *testing.T) {
	t.Setenv(asProgram, "1") // for the program that it starts
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"bench", "ingest", "--duration", "300ms", "--json"}, &stdout, &stderr); code != 0 {
		t.Fatalf("exit %d: %s", code, &stderr)
	}
	var report struct {
		Rates []struct {
			Name   string
			Events int
		}
		OfBareStore float64 `json:"of_bare_store"`
	}
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
		t.Fatalf("%v: %s", err, &stdout)
	}
	if len(report.Rates) != 3 || report.OfBareStore <= 0 {
		t.Errorf("%+v", report)
	}
	for _, rate := range report.Rates {
		if rate.Events == 0 {
			t.Errorf("%s took nothing", rate.Name)
		}
	}
}
