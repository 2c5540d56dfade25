package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestBenchForecastJudgesAFolder(t *testing.T) {
	dir := t.TempDir()
	var train, test strings.Builder
	train.WriteString("series,index,value\n")
	test.WriteString("series,index,value\n")
	for i := range 24 * 15 {
		part := &train
		if i >= 24*14 {
			part = &test
		}
		_, _ = fmt.Fprintf(part, "h1,%d,%.3f\n", i, 100+30*math.Sin(float64(i)/24*2*math.Pi)+float64(i%7))
	}
	for name, text := range map[string]string{"train.csv": train.String(), "test.csv": test.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, stdout, stderr := command(t, "bench", "forecast", dir, "--season", "24", "--horizon", "24", "--json")
	var report struct{ OWA float64 }
	if err := json.Unmarshal([]byte(stdout), &report); code != 0 || err != nil || report.OWA <= 0 {
		t.Fatalf("exit %d, %v\n%s\n%s", code, err, stdout, stderr)
	}
	if code, stdout, _ := command(t, "bench", "forecast", dir, "--season", "24", "--horizon", "24"); code != 0 || !strings.Contains(stdout, "OWA") {
		t.Fatalf("exit %d\n%s", code, stdout)
	}
}

func TestBenchNABScoresAFolder(t *testing.T) {
	dir := t.TempDir()
	var b strings.Builder
	b.WriteString("timestamp,value\n")
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 24 * 60 {
		value := 50 + 10*math.Sin(float64(i)/24*2*math.Pi) + float64(i*7%5)
		if i == 24*50 {
			value = 500
		}
		_, _ = fmt.Fprintf(&b, "%s,%.2f\n", start.Add(time.Duration(i)*time.Hour).Format(time.DateTime), value)
	}
	windows := `{"ads/spike.csv":[["2026-02-19 12:00:00.000000","2026-02-20 12:00:00.000000"]]}`
	if err := os.Mkdir(filepath.Join(dir, "ads"), 0o750); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"ads/spike.csv": b.String(), "combined_windows.json": windows} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, stdout, stderr := command(t, "bench", "nab", dir, "--json")
	if code != 0 || !json.Valid([]byte(stdout)) {
		t.Fatalf("exit %d\n%s\n%s", code, stdout, stderr)
	}
	if code, stdout, _ := command(t, "bench", "nab", dir); code != 0 || !strings.Contains(stdout, "spike") {
		t.Fatalf("exit %d\n%s", code, stdout)
	}
}

func TestBenchLookalikeTellsAGroupApart(t *testing.T) {
	var b strings.Builder
	b.WriteString("age, job, pay, income\n")
	for i := range 600 {
		age, job, income := 20+i*7%50, []string{"Sales", "?", "Craft"}[i*11%3], "<=50K"
		if age > 40 && job == "Sales" || i%10 == 0 {
			income = ">50K"
		}
		_, _ = fmt.Fprintf(&b, "%d, %s, %d, %s\n", age, job, i*13%90, income)
	}
	file := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := command(t, "bench", "lookalike", file, "--label", "income", "--positive", ">50K", "--json")
	var report struct {
		AUC    float64 `json:"auc"`
		Spread float64 `json:"auc_sd"`
		Used   int
	}
	if err := json.Unmarshal([]byte(stdout), &report); code != 0 || err != nil || report.AUC < 0.7 || report.Spread <= 0 || report.Used != 600 {
		t.Fatalf("exit %d, %v\n%s\n%s", code, err, stdout, stderr)
	}
	if code, stdout, _ := command(t, "bench", "lookalike", file, "--label", "income", "--positive", ">50K"); code != 0 || !strings.HasPrefix(stdout, "AUC") {
		t.Fatalf("exit %d\n%s", code, stdout)
	}
	if code, _, stderr := command(t, "bench", "lookalike", file, "--label", "wealth", "--positive", "x"); code == 0 || !strings.Contains(stderr, "age, job, pay, income") {
		t.Fatalf("exit %d\n%s", code, stderr)
	}
}

func TestBenchAllocateDividesATotal(t *testing.T) {
	var b strings.Builder
	b.WriteString("date,search,display,conversions\n")
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 90 {
		search, display := 100+float64(i*37%91), 100+float64(i*53%97)
		_, _ = fmt.Fprintf(&b, "%s,%.2f,%.2f,%.2f\n", start.AddDate(0, 0, i).Format(time.DateOnly), search, display, 90*search/(200+search)+15*display/(200+display)+float64(i%3))
	}
	file := filepath.Join(t.TempDir(), "spend.csv")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := command(t, "bench", "allocate", file, "--total", "300", "--json")
	var report struct {
		Split    map[string]float64
		Expected float64
	}
	if err := json.Unmarshal([]byte(stdout), &report); code != 0 || err != nil || len(report.Split) != 2 {
		t.Fatalf("exit %d, %v\n%s\n%s", code, err, stdout, stderr)
	}
	if sum := report.Split["search"] + report.Split["display"]; math.Abs(sum-300) > 1e-9 || report.Split["search"] < 180 || report.Expected < 50 {
		t.Errorf("%s", stdout)
	}
	if code, stdout, _ := command(t, "bench", "allocate", file, "--total", "300"); code != 0 || !strings.Contains(stdout, "search") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
	if code, _, stderr := command(t, "bench", "allocate", file, "--total", "9000"); code == 0 || !strings.Contains(stderr, "bounds_exclude_total") {
		t.Errorf("a total far beyond what was spent: exit %d\n%s", code, stderr)
	}
}

func TestBenchOptimiseJudgesTheOptimiser(t *testing.T) {
	code, stdout, stderr := command(t, "bench", "optimise", "--runs", "1", "--seed", "3", "--json")
	var report struct {
		Runs     int
		Seed     uint64
		Off      float64 `json:"cost_off"`
		On       float64 `json:"cost_on"`
		Better   float64
		Moves    int
		Improved float64
	}
	if err := json.Unmarshal([]byte(stdout), &report); code != 0 || err != nil {
		t.Fatalf("exit %d, %v\n%s\n%s", code, err, stdout, stderr)
	}
	if report.Runs != 1 || report.Seed != 3 || report.Off <= 0 || report.On <= 0 || math.Abs(report.Better-(1-report.On/report.Off)) > 1e-9 {
		t.Errorf("%s", stdout)
	}
	_, again, _ := command(t, "bench", "optimise", "--runs", "1", "--seed", "3", "--json")
	if again != stdout {
		t.Errorf("the same seed gives\n%s\nand\n%s", stdout, again)
	}
	if code, _, stderr := command(t, "bench", "optimise", "--runs", "many"); code == 0 || !strings.Contains(stderr, "runs") {
		t.Errorf("exit %d\n%s", code, stderr)
	}
}
