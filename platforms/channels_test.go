package platforms_test

import (
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/platforms"
)

// Delivery is filed under the channel that the campaign has for the ad, because
// its budget is divided by that; the platform's own word is for when it has none.
func TestDeliveryIsFiledUnderTheCampaignsChannel(t *testing.T) {
	onBoth(t, deliveryIsFiledUnderTheCampaignsChannel)
}

func deliveryIsFiledUnderTheCampaignsChannel(t *testing.T, on platforms.Platform) {
	w := newWorld(t, on, 0)
	account := w.connect()
	want := map[string]string{} // by creative
	add := func(channels []string, creative, of, filed string) (d *platforms.Draft, again func()) {
		campaign, d := w.draft(creative)
		d.Channels, d.Creatives[0].Channel = channels, of
		w.drafts.put(campaign, *d)
		placed := w.place(campaign, account.ID)
		w.push(placed, platforms.IsCurrent)
		want[creative] = filed
		return d, func() { w.again(campaign, placed, d) }
	}
	edited, again := add([]string{"social", "video"}, "Summit film", "video", "video")
	add([]string{"branding"}, "Valley", "", "branding")
	add([]string{"display", "other"}, "Ridge", "", w.pick("social", "search"))
	pull := func() map[string]map[string]bool {
		w.pass(30 * time.Hour)
		w.must(w.pullNow(account.ID))
		got := map[string]map[string]bool{}
		for _, e := range w.metrics.posted {
			if got[e.Creative] == nil {
				got[e.Creative] = map[string]bool{}
			}
			got[e.Creative][e.Channel] = true
		}
		return got
	}
	check := func(when string) {
		t.Helper()
		for creative, channels := range pull() {
			if len(channels) != 1 || !channels[want[creative]] {
				t.Errorf("%s: %s is filed under %v, not under %s", when, creative, channels, want[creative])
			}
		}
	}
	check("at first")
	// What is restated later belongs where the first report went, or a channel
	// would be given back what another was charged.
	edited.Creatives = []campaigns.Creative{edited.Creatives[0]}
	edited.Creatives[0].Channel = "social"
	again()
	check("after the creative was moved")
	if got, want := w.metrics.sums(), w.sandbox.Delivered(w.at()); got != platforms.Figures(want) || len(w.metrics.posted) == 0 {
		t.Errorf("posted %+v of %+v", got, want)
	}
}
