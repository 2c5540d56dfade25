package main

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/internal/testenv"
)

// rotated is a campaign with a suggestion to show one of two creatives more often.
type rotated struct{ campaign, suggestion string }

// rotating makes a campaign whose creatives differ beyond chance, and asks for its
// suggestion.
func (c caller) rotating(n int) rotated {
	c.t.Helper()
	id := c.campaign("1000.00", true)
	path := "/campaigns/" + id
	var creatives, events []any
	for i, name := range []string{"A", "B"} {
		creatives = append(creatives, map[string]any{"name": name, "format": "image", "url": "https://example.com/" + name + ".png", "channel": "display"})
		events = append(events, map[string]any{
			"event_id": fmt.Sprint("rotating-", n, "-", i), "campaign_id": id, "occurred_at": time.Now().AddDate(0, 0, -3).UTC().Format(time.RFC3339),
			"channel": "display", "source": "test", "creative": name,
			"metrics": map[string]any{"impressions": 100_000, "clicks": 5000, "conversions": 100 + 400*i, "spend": "100.00"},
		})
	}
	c.must("PUT", path+"/creatives", creatives, "If-Match", c.etag(path))
	c.must("POST", "/metrics", map[string]any{"events": events})
	of := rotated{campaign: id}
	eventually(c.t, "a suggestion to rotate", func() bool { // a look that came before the metrics counts for a minute
		items := c.must("GET", path+"/suggestions?type=CREATIVE_ROTATION", nil)["items"].([]any)
		if len(items) == 1 {
			of.suggestion = items[0].(map[string]any)["id"].(string)
		}
		return len(items) == 1
	})
	return of
}

// decide applies and rolls back what there is until the process is gone.
func (c caller) decide(all []rotated, stop *atomic.Bool, some bell) {
	for i := 0; !stop.Load(); i++ {
		of := all[i%len(all)]
		action := []string{"apply", "rollback"}[rand.IntN(2)]
		status, answer, err := c.try("POST", "/suggestions/"+of.suggestion+"/"+action, nil)
		switch {
		case err != nil:
			return
		case status == 200:
			some.ring()
		case status >= 500:
			c.t.Errorf("%s: %d %s", action, status, answer)
		}
	}
}

// whole holds what a suggestion says against what its campaign has, and reports
// whether it is settled.
func (c caller) whole(of rotated) bool {
	c.t.Helper()
	state := c.must("GET", "/suggestions/"+of.suggestion, nil)["state"].(string)
	if state == "applying" || state == "reverting" {
		return false
	}
	shares := []any{}
	for _, x := range c.must("GET", "/campaigns/"+of.campaign, nil)["creatives"].([]any) {
		shares = append(shares, x.(map[string]any)["share_percent"])
	}
	divided := shares[0] != nil && shares[1] != nil
	if divided != (state == "applied") {
		c.t.Fatalf("the suggestion is %s, the shares are %v", state, shares)
	}
	return true
}

// TestKilledAmidChanges kills the process between the steps of changes that
// suggestions make and take back. After the restart each stands whole or is
// undone, and the suggestion says which.
func TestKilledAmidChanges(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { killAmidChanges(t, nil) })
	if testing.Short() { // the conformance suite dies at every step, on both
		return
	}
	t.Run("postgres", func(t *testing.T) { killAmidChanges(t, []string{"--database", testenv.Postgres(t)}) })
}

func killAmidChanges(t *testing.T, args []string) {
	const each = 6 // changes of a round, each made and taken back once at most
	rounds := testenv.Runs(t, 20)
	dir := t.TempDir()
	p := start(t, dir, args...)
	_, manager := p.partner()
	all := make([]rotated, rounds*each)
	for i := range all {
		all[i] = manager.rotating(i)
	}
	amid := 0
	for round := range rounds {
		c, some, mine := p.as(manager.key), newBell(), all[round*each:][:each]
		var stop atomic.Bool
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() { c.decide(mine, &stop, some) })
		}
		<-some
		time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond)
		p.kill()
		stop.Store(true)
		group.Wait()
		p = start(t, dir, args...)
		for _, of := range mine {
			if !p.as(manager.key).whole(of) {
				amid++
			}
		}
	}
	t.Logf("%d of %d changes were between two steps", amid, len(all))
	c := p.as(manager.key)
	for _, of := range all {
		eventually(t, "the change of "+of.campaign+" is whole or undone", func() bool { return c.whole(of) })
	}
}
