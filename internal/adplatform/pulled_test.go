package adplatform

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
)

// pulls is what a test says is pulled.
type pulls Pulled

func (p pulls) Pulled(context.Context, uuid.UUID, string) (Pulled, error) { return Pulled(p), nil }

func TestWhatIsPulledIsNotImportedAsWell(t *testing.T) {
	report := reports[2] // Microsoft Ads: three campaigns, 765 rows of the first
	table := text(t, report.file)
	w := newWorld(t)
	ours := uuid.New()
	w.ports.Pulls = pulls{Objects: map[string]uuid.UUID{"359751135": ours}}
	r := Request{Platform: MicrosoftAds, CreateMissing: true, Currency: "USD"}
	some := w.imported(t, r, table)
	if some.Progress.Rejected != 765 || some.Progress.Accepted != report.rows-765 || some.Rejections[0].Code != CodePulled || some.State != Completed {
		t.Errorf("%+v, %+v", some.Progress, some.Rejections[:1])
	}
	r.Force = true
	if all := w.imported(t, r, table); all.Progress.Accepted != 765 || all.Progress.Duplicates != report.rows-765 {
		t.Errorf("forced: %+v", all.Progress)
	}
}

// A row that names neither campaign nor ad is refused from the day on that its
// campaign is pulled.
func TestRowsOfAnAccountAreRefusedSinceThePull(t *testing.T) {
	ours := uuid.New()
	first := localday.Day(20_000)
	p := &place{Campaign: Campaign{ID: ours}}
	j := &job{Import: Import{Platform: GoogleAds}, pulled: Pulled{Objects: map[string]uuid.UUID{"9": ours}, Since: map[uuid.UUID]localday.Day{ours: first}}}
	row := func(campaign, ad string, day localday.Day) *Row {
		r := &Row{ExternalCampaign: campaign, Day: day}
		r.Event.Ad = ad
		return r
	}
	got := map[string]bool{
		"another campaign's":   j.doubled(row("7", "", first), p) != nil,
		"the pulled campaign":  j.doubled(row("9", "", first-100), p) != nil,
		"a pulled ad":          j.doubled(row("", "9", first-100), p) != nil,
		"the account, before":  j.doubled(row("", "", first-1), p) != nil,
		"the account, since":   j.doubled(row("", "", first), p) != nil,
		"another place's, too": j.doubled(row("", "", first), &place{}) != nil,
	}
	want := map[string]bool{
		"another campaign's": false, "the pulled campaign": true, "a pulled ad": true, "the account, before": false, "the account, since": true, "another place's, too": false,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
