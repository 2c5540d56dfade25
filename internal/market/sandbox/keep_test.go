package sandbox

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// placeAd makes a campaign with an ad that runs, as its platform's call would.
func (s *Sandbox) placeAd(until time.Time) (ad *thing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts["meta:1000200030004000"]
	c := s.add(a, "campaign", nil, map[string]any{"name": "Boots cm-1", "status": "ACTIVE", "lifetime_budget": 300_000.0})
	set := s.add(a, "ad_set", c, map[string]any{"name": "Set cm-2", "status": "ACTIVE", "end_time": until.Format(time.RFC3339)})
	return s.add(a, "ad", set, map[string]any{"name": "Summit cm-3", "status": "ACTIVE"})
}

func TestASandboxIsRemembered(t *testing.T) {
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	config := Config{Seed: 1, Now: func() time.Time { return at }, Review: time.Minute}
	file := filepath.Join(t.TempDir(), "box.json")
	open := func() *Sandbox {
		s, err := Open(config, file)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := open()
	if !first.Fresh() {
		t.Error("a new sandbox has something")
	}
	first.Advance(-72 * time.Hour)
	first.placeAd(at.AddDate(0, 0, 7))
	first.CatchUp()
	delivered := first.Delivered("meta")
	if err := first.Save(); err != nil || delivered.Spend == 0 {
		t.Fatalf("delivered %+v: %v", delivered, err)
	}
	second := open()
	if second.Fresh() {
		t.Error("nothing was remembered")
	}
	if diff := cmp.Diff(delivered, second.Delivered("meta")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(first.Count("meta", "ad"), second.Count("meta", "ad")); diff != "" {
		t.Error(diff)
	}
	at = at.Add(24 * time.Hour)
	if more := second.Delivered("meta"); more.Spend <= delivered.Spend {
		t.Errorf("it does not go on: %d, then %d", delivered.Spend, more.Spend)
	}
	if err := os.WriteFile(file, []byte(`{"Things":[{"Account":"meta:gone"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(config, file); err == nil {
		t.Error("a file of other accounts was taken")
	}
}
