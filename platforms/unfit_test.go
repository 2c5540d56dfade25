package platforms_test

import (
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/platforms"
)

// A type of campaign that a platform does not run is refused before anything is
// sent, with what it is, why, and where it can go.
func TestATypeThatAPlatformDoesNotRunIsRefused(t *testing.T) {
	for on, types := range map[platforms.Platform]map[campaigns.Type][]string{
		platforms.Google: {
			campaigns.Video: {"VIDEO", "no video campaigns", "Place it at Meta"}, campaigns.Social: {"SOCIAL", "Place it at Meta"},
			campaigns.Retargeting: {"RETARGETING", "Customer Match"}, campaigns.Email: {"EMAIL", "No ad platform"},
		},
		platforms.Meta: {campaigns.Search: {"SEARCH", "Place it at Google Ads"}, campaigns.Affiliate: {"AFFILIATE", "No ad platform"}},
	} {
		w := newWorld(t, on, 0)
		account := w.connect()
		for kind, says := range types {
			campaign, d := w.draft("Summit")
			d.Type = kind
			w.drafts.put(campaign, *d)
			_, err := w.Place(t.Context(), w.by, platforms.NewPlacement{Campaign: campaign, Account: account.ID, Percent: 100})
			f := fault.As(err)
			if f == nil || f.Code != platforms.ErrUnfit.Code || f.Fix == "" {
				t.Errorf("%s at %s: %v", kind, on, err)
				continue
			}
			for _, part := range says {
				if !strings.Contains(f.Detail, part) {
					t.Errorf("%s at %s says %q, without %q", kind, on, f.Detail, part)
				}
			}
		}
		if made := w.sandbox.Count(w.at(), "campaign"); len(made) != 0 {
			t.Errorf("%d campaigns were made", len(made))
		}
	}
}
