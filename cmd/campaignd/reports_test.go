package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// order asks for a report and waits until it is ready.
func (c caller) order(t *testing.T, body string) map[string]any {
	t.Helper()
	id := c.must("POST", "/reports", body)["id"].(string)
	var r map[string]any
	eventually(t, "the report is made", func() bool {
		r = c.must("GET", "/reports/"+id, nil)
		return r["state"] != "queued" && r["state"] != "running"
	})
	if r["state"] != "ready" {
		t.Fatalf("%v", r)
	}
	return r
}

func (c caller) file(t *testing.T, r map[string]any) []byte {
	t.Helper()
	status, body, err := c.try("GET", strings.TrimPrefix(r["file"].(string), "/api/v1"), nil)
	if err != nil || status != http.StatusOK {
		t.Fatalf("%d %v %s", status, err, body)
	}
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != r["sha256"] || len(body) != int(r["size"].(float64)) {
		t.Fatalf("the file is not what the report says: %d bytes", len(body))
	}
	return body
}

// A report asked for again with its known_at is the same to the byte, in every
// format, after restatements, a renaming and a restart, killed in the middle.
func TestReportsAreTheSameToTheByte(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir)
	_, manager := p.partner()
	id := manager.campaign("5000.00", true)
	for i := range 20 {
		manager.must("POST", "/metrics", fmt.Sprintf(`{"events":[{"event_id":%q,"campaign_id":%q,"occurred_at":%q,"channel":%q,
			"metrics":{"impressions":1000,"clicks":%d,"conversions":2,"spend":"%d.25","revenue":"40.00"}}]}`,
			uuid.NewString(), id, time.Now().AddDate(0, 0, -i).UTC().Format(time.RFC3339), []string{"search", "=cmd"}[i%2], 20+i, 10+i))
	}
	first := map[string]map[string]any{}
	for _, format := range []string{"json", "csv", "html", "pdf"} {
		first[format] = manager.order(t, fmt.Sprintf(`{"scope":"campaign:%s","period":"last_30_days","format":%q,"lang":"es"}`, id, format))
	}
	bodies := map[string][]byte{}
	for format, r := range first {
		bodies[format] = manager.file(t, r)
	}
	if !json.Valid(bodies["json"]) || !strings.Contains(string(bodies["csv"]), "\r\n") || !strings.Contains(string(bodies["csv"]), ",'=cmd,") == strings.Contains(string(bodies["csv"]), "channel") ||
		!strings.Contains(string(bodies["html"]), "<svg") || !strings.HasPrefix(string(bodies["pdf"]), "%PDF") {
		t.Errorf("%.300s\n%.300s", bodies["csv"], bodies["html"])
	}
	for range 5 { // what was known changes, and so do the names
		manager.must("POST", "/metrics", fmt.Sprintf(`{"events":[{"event_id":%q,"campaign_id":%q,"occurred_at":%q,"channel":"search","metrics":{"clicks":-1,"spend":"-0.10"}}]}`,
			uuid.NewString(), id, time.Now().AddDate(0, 0, -3).UTC().Format(time.RFC3339)))
	}
	path := "/campaigns/" + id
	manager.must("PATCH", path, map[string]any{"name": "Another name"}, "If-Match", manager.etag(path))
	p.kill()
	p = start(t, dir)
	manager = p.as(manager.key)
	for format, before := range first {
		again := manager.order(t, fmt.Sprintf(`{"scope":{"type":"campaign","ids":[%q]},"period":"last_30_days","format":%q,"lang":"es","known_at":%q}`, id, format, before["known_at"]))
		if again["sha256"] != before["sha256"] {
			t.Errorf("%s differs: %v bytes, then %v", format, before["size"], again["size"])
		}
		manager.file(t, again)
	}
	if now := manager.order(t, fmt.Sprintf(`{"scope":"campaign:%s","period":"last_30_days","format":"csv","lang":"es"}`, id)); now["sha256"] == first["csv"]["sha256"] {
		t.Error("what is known now says nothing new")
	}
}
