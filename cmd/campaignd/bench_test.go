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

func TestBenchQueryHoldsAnswersAgainstAReplay(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"bench", "query", "--events", "20000", "--campaigns", "3", "--triples", "30", "--json"}, &stdout, &stderr); code != 0 {
		t.Fatalf("exit %d: %s", code, &stderr)
	}
	var report struct {
		Events, Checked int
		Asked           []struct {
			Name   string
			P99    float64 `json:"p99_ms"`
			Replay float64 `json:"replay_ms"`
		}
		PerEvent float64 `json:"bytes_per_event"`
	}
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
		t.Fatalf("%v: %s", err, &stdout)
	}
	if report.Events < 20_000 || report.Checked < 20 || report.PerEvent <= 0 || len(report.Asked) != 9 {
		t.Errorf("%+v", report)
	}
	for _, asked := range report.Asked {
		if asked.P99 <= 0 || asked.Replay <= 0 {
			t.Errorf("%+v", asked)
		}
	}
}

func TestBenchBudgetGrantsNothingBeyondTheLimit(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"bench", "budget", "--duration", "200ms", "--budgets", "20", "--json"}, &stdout, &stderr); code != 0 {
		t.Fatalf("exit %d: %s", code, &stderr)
	}
	var report struct {
		Loads []struct {
			Name      string
			Decisions int
			Over      int `json:"over_the_limit"`
		}
		TimesPlain float64 `json:"times_plain"`
	}
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
		t.Fatalf("%v: %s", err, &stdout)
	}
	if len(report.Loads) != 4 || report.TimesPlain <= 1 {
		t.Errorf("%+v", report)
	}
	for _, load := range report.Loads {
		if load.Decisions == 0 || load.Over != 0 {
			t.Errorf("%+v", load)
		}
	}
}

func TestBenchAudienceUploadsThroughHTTP(t *testing.T) {
	t.Setenv(asProgram, "1") // for the program that it starts
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"bench", "audience", "--members", "20000", "--audiences", "3", "--attributes", "--json"}, &stdout, &stderr); code != 0 {
		t.Fatalf("exit %d: %s", code, &stderr)
	}
	var report struct {
		Members, People int64
		PerPerson       float64 `json:"bytes_per_person"`
		Times           float64 `json:"times_plain"`
		Overlaps        []struct{ Audiences, Union int64 }
	}
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
		t.Fatalf("%v: %s", err, &stdout)
	}
	// Two more lists of 2 000, half in the large one; of the second's new people
	// a tenth are not in the first.
	if report.Members != 20_000 || report.People != 21_100 || report.PerPerson <= 0 || report.Times <= 0 {
		t.Errorf("%+v", report)
	}
	if len(report.Overlaps) != 2 || report.Overlaps[0].Union != 21_000 || report.Overlaps[1].Audiences != 3 {
		t.Errorf("%+v", report.Overlaps)
	}
	if !bytes.Contains(stderr.Bytes(), []byte("20000 rows received,       20000 taken in")) {
		t.Errorf("no progress: %s", &stderr)
	}
	if code := run(t.Context(), []string{"bench", "audience", "--audiences", "11"}, &stdout, &stderr); code == 0 {
		t.Error("eleven audiences were compared")
	}
}

func TestBenchStreamMeasuresBothWaysIn(t *testing.T) {
	t.Setenv(asProgram, "1") // for the program that it starts
	for _, tt := range []struct {
		more   []string
		events int // from the stream; 0: as many as the time allows
	}{
		{},
		{more: []string{"--backlog", "9"}, events: 90},
	} {
		var stdout, stderr bytes.Buffer
		args := append([]string{"bench", "stream", "--duration", "100ms", "--rounds", "1", "--campaigns", "3", "--batch", "10", "--together", "4", "--json"}, tt.more...)
		if code := run(t.Context(), args, &stdout, &stderr); code != 0 {
			t.Fatalf("exit %d: %s", code, &stderr)
		}
		var report struct {
			Rates  []struct{ Events int }
			OfHTTP float64 `json:"of_http"`
		}
		if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
			t.Fatalf("%v: %s", err, &stdout)
		}
		if len(report.Rates) != 2 || report.Rates[0].Events == 0 || report.Rates[1].Events == 0 || report.OfHTTP <= 0 {
			t.Errorf("%v: %+v", tt.more, report)
		} else if tt.events != 0 && report.Rates[1].Events != tt.events {
			t.Errorf("%v: %d events from the stream, not %d", tt.more, report.Rates[1].Events, tt.events)
		}
	}
}

func TestBenchRelayMeasuresTheCatchUp(t *testing.T) {
	t.Setenv(asProgram, "1") // for the program that clients change campaigns at
	for _, more := range [][]string{{}, {"--clients", "3"}, {"--clients", "3", "--create"}} {
		var stdout, stderr bytes.Buffer
		args := append([]string{"bench", "relay", "--catch-up", "300ms", "--partners", "2", "--json"}, more...)
		if code := run(t.Context(), args, &stdout, &stderr); code != 0 {
			t.Fatalf("%v: exit %d: %s", more, code, &stderr)
		}
		var report struct {
			Backlog int
			Live    struct{ Events int }
		}
		if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
			t.Fatalf("%v: %v: %s", more, err, &stdout)
		}
		if report.Backlog == 0 || report.Live.Events == 0 {
			t.Errorf("%v: %s", more, &stdout)
		}
	}
}
