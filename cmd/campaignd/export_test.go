package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestWhatIsExportedCanBeSentAgain exports from one service in both formats and
// sends it to the same service, where nothing counts twice, also after a whole
// round through a file.
func TestWhatIsExportedCanBeSentAgain(t *testing.T) {
	p := start(t, t.TempDir())
	partner, manager := p.partner()
	const n = 300
	id, other := manager.campaign("100.00", false), manager.campaign("100.00", false)
	var body strings.Builder
	for i := range n {
		campaign := map[bool]string{true: id, false: other}[i%3 > 0]
		fmt.Fprintf(&body, `{"event_id":"=e%d","campaign_id":%q,"occurred_at":%q,"channel":"'display","source":"-meta","metrics":{"impressions":%d,"spend":"0.10"},"custom":{"saves":1.5},"metadata":{"a":"b,\"c"},"restates":{"cause":"refund","reference":"@T"}}`+"\n",
			i, campaign, time.Now().Add(-time.Duration(i)*time.Hour).UTC().Format(time.RFC3339Nano), i)
	}
	if got := sendAgain(t, p.url, manager.key, "application/x-ndjson", strings.NewReader(body.String())); !strings.Contains(got, `"accepted":300`) {
		t.Fatal(got)
	}
	for format, media := range map[string]string{"ndjson": "application/x-ndjson", "csv": "text/csv"} {
		file := filepath.Join(t.TempDir(), "events")
		code, _, stderr := command(t, "export", "--url", p.url, "--key", manager.key, "--partner", partner, "--format", format, "-o", file)
		text, err := os.ReadFile(file)
		if code != 0 || err != nil {
			t.Fatalf("%s: exit %d %v\n%s", format, code, err, stderr)
		}
		if got := sendAgain(t, p.url, manager.key, media, bytes.NewReader(text)); !strings.Contains(got, `"accepted":0,"duplicates":300,"rejected":[]`) {
			t.Errorf("%s sent again: %s", format, got)
		}
		code, stdout, stderr := command(t, "export", "--url", p.url, "--key", manager.key, "--campaign", id, "--format", format)
		if lines := strings.Count(stdout, "\n"); code != 0 || lines != map[string]int{"ndjson": 200, "csv": 201}[format] {
			t.Errorf("%s of one campaign: exit %d, %d lines\n%s", format, code, lines, stderr)
		}
	}
	if code, _, stderr := command(t, "export", "--url", p.url, "--key", manager.key, "--campaign", partner); code == 0 || !strings.Contains(stderr, "campaign_not_found") {
		t.Errorf("of no campaign: exit %d %s", code, stderr)
	}
}

func sendAgain(t *testing.T, url, key, media string, body io.Reader) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/v1/metrics", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", media)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
