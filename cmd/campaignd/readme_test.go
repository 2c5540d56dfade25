package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/internal/testenv"
)

var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// TestTheTourInTheREADME follows the README's tour word by word, in one shell,
// against a service of its own.
func TestTheTourInTheREADME(t *testing.T) {
	for _, program := range []string{"bash", "curl", "jq"} {
		testenv.Backend{Name: "tour", Programs: []string{program}, Install: "apt-get install curl jq"}.Need(t)
	}
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tour, found := strings.Cut(string(text), "## The tour")
	if !found {
		t.Fatal("the README has no tour")
	}
	p := start(t, t.TempDir())
	var script strings.Builder
	for _, block := range shellBlock.FindAllStringSubmatch(tour, -1) {
		if strings.Contains(block[1], "campaignd serve") {
			continue // it runs already
		}
		script.WriteString(strings.ReplaceAll(block[1], "http://127.0.0.1:8080", p.url))
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script.String())
	cmd.Env = append(os.Environ(), "CAMPAIGND_ADMIN_KEY="+adminKey)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, p.stderr)
	}
	for _, want := range []string{
		"creatives: ", "DRAFT", "SCHEDULED", `"status":"ACTIVE"`, `"accepted":1,"duplicates":0`, `"accepted":0,"duplicates":1`,
		`"overdelivery":{"amount":"4.50","currency":"USD"}`, "PAUSED", "The budget is exhausted",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the tour's output lacks %q", want)
		}
	}
	if t.Failed() {
		t.Logf("the tour's output:\n%s", out)
	}
}
