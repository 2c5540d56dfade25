package platforms_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/internal/market/sandbox"
	"github.com/hexabuilders/campaignd/platforms"
)

// Whatever goes wrong while a campaign is placed, changed and taken back, in
// whatever order, and with a second node that pushes beside the first: of no
// object are there two, and once the faults are over the platform stands as the
// campaign does.
func TestNoFaultMakesASecondObject(t *testing.T) { onBoth(t, noFaultMakesASecondObject) }

func noFaultMakesASecondObject(t *testing.T, on platforms.Platform) {
	w := newWorld(t, on, 0)
	account := w.connect()
	other := platforms.NewPusher(w.Config, platforms.Usual)
	rapid.Check(t, func(r *rapid.T) {
		w.sandbox.Clear()
		campaign, d := w.draft("Summit", "Valley")
		d.Name = "Campaign " + campaign.String()
		if on == platforms.Meta { // where a video is one object more that can be lost
			d.Creatives[1].Format, d.Creatives[1].URL = "video", "https://cdn.example.com/valley.mp4"
		}
		w.drafts.put(campaign, *d)
		id := w.place(campaign, account.ID)
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			switch rapid.IntRange(0, 4).Draw(r, "step") {
			case 0, 1:
				w.sandbox.Order(drawFault(r))
			case 2:
				d.Status = rapid.SampledFrom([]campaigns.Status{campaigns.Active, campaigns.Paused}).Draw(r, "status")
				w.drafts.put(campaign, *d)
				w.must(w.Touch(t.Context(), w.by.Partner, campaign))
			case 3:
				_ = other.Tick(t.Context())
			}
			_ = w.pusher.Tick(t.Context())
			w.pass(time.Duration(rapid.IntRange(1, 180).Draw(r, "seconds")) * time.Second)
		}
		w.sandbox.Clear()
		p := w.push(id, platforms.IsCurrent)
		w.settled(r, p, d)
		_, err := w.End(t.Context(), w.by, id, 0, false)
		w.must(err)
		w.push(id, platforms.IsEnded) // and out of the next one's way
	})
}

func drawFault(r *rapid.T) sandbox.Fault {
	kinds := []sandbox.Kind{sandbox.DropAfter, sandbox.DropAfter, sandbox.DropBefore, sandbox.HTML, sandbox.ServerError, sandbox.Throttle}
	return sandbox.Fault{
		Kind: rapid.SampledFrom(kinds).Draw(r, "fault"), Times: rapid.IntRange(1, 3).Draw(r, "times"), After: rapid.IntRange(0, 3).Draw(r, "after"),
		Method: rapid.SampledFrom([]string{"", "POST"}).Draw(r, "method"),
	}
}

// settled holds what the platform has against the placement and the campaign.
func (w *world) settled(r *rapid.T, p platforms.PlacementState, d *platforms.Draft) {
	counts := map[string]map[string]int{}
	for _, o := range p.Objects {
		if counts[o.Kind] == nil {
			counts[o.Kind] = w.sandbox.Count(w.at(), o.Kind)
		}
		if n := counts[o.Kind][o.Reference]; o.State != platforms.Created || n != 1 {
			r.Fatalf("%s is %s and exists %d times", o.Key, o.State, n)
		}
	}
	want := map[bool]string{true: w.pick("ACTIVE", "ENABLED"), false: "PAUSED"}[d.Runs()]
	if got := w.sandbox.Status(object(p, "campaign").External); got != want {
		r.Fatalf("the campaign is %s and there %s", d.Status, fmt.Sprint(got))
	}
}
