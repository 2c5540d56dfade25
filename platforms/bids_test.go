package platforms_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/platforms"
	"github.com/hexabuilders/campaignd/targeting"
)

// bid is a strategy with an amount in hundredths.
func bid(kind targeting.BidType, cents int64) *targeting.BidStrategy {
	amount := money.New(cents*money.Unit/100, "USD")
	return &targeting.BidStrategy{Type: kind, Amount: &amount}
}

// delivered is what a day brings with a bid.
func (w *world) delivered(c running, b *targeting.BidStrategy) platforms.Figures {
	w.Helper()
	c.draft.Targeting.BidStrategy = b
	w.again(c.campaign, c.placed, c.draft)
	before := w.sandbox.Delivered(w.at())
	w.pass(24 * time.Hour)
	after := w.sandbox.Delivered(w.at())
	return platforms.Figures{Impressions: after.Impressions - before.Impressions, Clicks: after.Clicks - before.Clicks, Spend: after.Spend - before.Spend}
}

// A bid that is changed here is another one at the platform: far below the going
// price it wins next to nothing, near it clicks are cheap, above it they cost what
// they cost without one.
func TestABidIsFollowed(t *testing.T) { onBoth(t, aBidIsFollowed) }

func aBidIsFollowed(t *testing.T, on platforms.Platform) {
	w := newWorld(t, on, 0)
	account := w.connect().ID
	for _, kind := range []targeting.BidType{targeting.BidManualCPC, targeting.BidTargetCPA, targeting.BidCap} {
		t.Run(string(kind), func(t *testing.T) {
			campaign, d := w.draft("Summit", "Valley")
			d.Targeting.BidStrategy = bid(kind, 100)
			w.drafts.put(campaign, *d)
			c := running{campaign, w.place(campaign, account), d}
			w.push(c.placed, platforms.IsCurrent)
			w.pass(time.Hour) // the ads are reviewed
			// What a result costs as it comes: a click 0.41 at Meta and 0.55 at Google,
			// a conversion 20.45 and 13.75.
			going := int64(50)
			if kind == targeting.BidTargetCPA || kind == targeting.BidCap && on == platforms.Meta {
				going = 1700
			}
			low, near, high := w.delivered(c, bid(kind, going/4)), w.delivered(c, bid(kind, going*9/10)), w.delivered(c, bid(kind, going*4))
			if low.Spend*20 > near.Spend || near.Clicks < 100 || high.Clicks < 100 {
				t.Fatalf("low %+v, near %+v, high %+v", low, near, high)
			}
			if a, b := float64(near.Spend)/float64(near.Clicks), float64(high.Spend)/float64(high.Clicks); a > b*0.95 {
				t.Errorf("a click costs %.0f near the going price and %.0f above it", a, b)
			}
			_, err := w.End(t.Context(), w.by, c.placed, 0, false)
			w.must(err)
			w.push(c.placed, platforms.IsEnded)
		})
	}
}

// running is a campaign that runs at a platform.
type running struct {
	campaign, placed uuid.UUID
	draft            *platforms.Draft
}

// A bid is for one of what the platform counts, or it is refused: taken for
// something else it could cost many times as much.
func TestABidForAnotherResultIsRefused(t *testing.T) {
	for _, c := range []struct {
		on      platforms.Platform
		bid     *targeting.BidStrategy
		change  func(*platforms.Draft)
		refused bool
		brings  string // the goal of the ad set
	}{
		{on: platforms.Meta, bid: bid(targeting.BidTargetCPA, 1700), brings: "OFFSITE_CONVERSIONS"},
		{on: platforms.Meta, bid: bid(targeting.BidTargetCPA, 1700), change: func(d *platforms.Draft) { d.Objective = campaigns.Traffic }, refused: true},
		{on: platforms.Meta, bid: bid(targeting.BidManualCPC, 50), brings: "LINK_CLICKS"},
		{on: platforms.Meta, bid: bid(targeting.BidManualCPM, 450), brings: "IMPRESSIONS"},
		{on: platforms.Google, bid: bid(targeting.BidManualCPM, 450), refused: true},
	} {
		w := newWorld(t, c.on, 0)
		campaign, d := w.draft("Summit", "Valley")
		d.Targeting.BidStrategy = c.bid
		d.Creatives[0].Share = 70
		if c.change != nil {
			c.change(d)
		}
		w.drafts.put(campaign, *d)
		p, err := w.Place(t.Context(), w.by, platforms.NewPlacement{Campaign: campaign, Account: w.connect().ID, Percent: 100})
		if refused := errors.Is(err, platforms.ErrUnfit); refused != c.refused {
			t.Errorf("%s at %s: %v", c.bid.Type, c.on, err)
		}
		if err != nil {
			continue
		}
		if !slices.Contains(p.LeftOut, "share_percent") {
			t.Errorf("shares of creatives are not left out: %v", p.LeftOut)
		}
		placed := w.push(p.ID, platforms.IsCurrent)
		if got := w.sandbox.Text(object(placed, "ad_set").External, "optimization_goal"); got != c.brings {
			t.Errorf("%s brings %s", c.bid.Type, got)
		}
	}
}
