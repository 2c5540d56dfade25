package platforms_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/platforms"
)

// A person says which of the platform's interests one of ours is; from then on
// campaigns are for those people. While one of several is missing none is said,
// because the campaign is for those people too.
func TestInterestsAreThoseThatAPersonChose(t *testing.T) {
	onBoth(t, interestsAreThoseThatAPersonChose)
}

func interestsAreThoseThatAPersonChose(t *testing.T, on platforms.Platform) {
	w := newWorld(t, on, 0)
	account := w.connect()
	campaign, d := w.draft("Summit")
	d.Targeting.Interests = []string{"410", "720"}
	w.drafts.put(campaign, *d)
	id := w.place(campaign, account.ID)
	said := func(want ...string) platforms.PlacementState {
		t.Helper()
		w.must(w.pusher.Tick(t.Context()))
		p := w.push(id, platforms.IsCurrent)
		got := w.sandbox.Interests(object(p, w.pick("ad_set", "ad_group")).External)
		if !slices.Equal(got, want) || slices.Contains(p.LeftOut, "interests") != (len(want) == 0) {
			t.Errorf("it is for people who like %v and leaves out %v, not %v", got, p.LeftOut, want)
		}
		return p
	}
	choose := func(interest, words string) {
		t.Helper()
		found, err := w.Interests(t.Context(), w.by.Partner, account.ID, words)
		w.must(err)
		if len(found) == 0 || found[0].ID == "" || found[0].Name == "" {
			t.Fatalf("%q finds %+v", words, found)
		}
		_, err = w.Means(t.Context(), w.by, account.ID, 0, interest, &found[0], false)
		w.must(err)
	}
	said()
	choose("410", "CLIMB")
	said()
	if left, err := w.Unnamed(t.Context(), w.by.Partner, account.ID); err != nil || !slices.Equal(left, []string{"720"}) {
		t.Errorf("to be named are %v: %v", left, err)
	}
	choose("720", "outdoor clo")
	said("Climbing", "Outdoor clothing")
	choose("720", "hiking bo")
	said("Climbing", "Hiking boots")
	// A change of other settings keeps what was chosen.
	state, err := w.Account(t.Context(), w.by.Partner, account.ID)
	w.must(err)
	settings := state.Settings
	settings.Interests = nil
	_, err = w.Change(t.Context(), w.by, account.ID, state.Revision, platforms.AccountPatch{Settings: &settings})
	w.must(err)
	said("Climbing", "Hiking boots")
	_, err = w.Means(t.Context(), w.by, account.ID, 0, "410", nil, false)
	w.must(err)
	said()
	choose("410", "Climbing")
	d.Category = campaigns.Housing // for which nobody may be chosen by what they like
	w.again(campaign, id, d)
	said()
}

func TestAnInterestThatIsNoneIsRefused(t *testing.T) {
	w := newWorld(t, platforms.Meta, 0)
	account := w.connect()
	for _, c := range []struct {
		interest string
		theirs   platforms.PlatformInterest
	}{{"nothing", platforms.PlatformInterest{ID: "1", Name: "x"}}, {"410", platforms.PlatformInterest{ID: "", Name: "x"}}, {"410", platforms.PlatformInterest{ID: "1'", Name: "x"}}, {"410", platforms.PlatformInterest{ID: "1"}}} {
		if _, err := w.Means(t.Context(), w.by, account.ID, 0, c.interest, &c.theirs, false); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := w.Means(t.Context(), w.by, account.ID, account.Revision+1, "410", &platforms.PlatformInterest{ID: "1", Name: "x"}, true); !errors.Is(err, platforms.ErrStale) {
		t.Errorf("stale: %v", err)
	}
	if _, err := w.Interests(t.Context(), w.by.Partner, account.ID, " a "); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("one letter: %v", err)
	}
}

// What was refused for a setting is tried again when the setting is another one.
func TestAChangedSettingIsFollowed(t *testing.T) {
	w := newWorld(t, platforms.Meta, 0)
	account := w.connect()
	_, err := w.Means(t.Context(), w.by, account.ID, 0, "410", &platforms.PlatformInterest{ID: "1", Name: "No interest of Meta's"}, false)
	w.must(err)
	campaign, _ := w.draft("Summit")
	id := w.place(campaign, account.ID)
	if p := w.push(id, platforms.IsRefused); object(p, "ad_set").Problem == nil {
		t.Errorf("refused: %+v", p)
	}
	_, err = w.Means(t.Context(), w.by, account.ID, 0, "410", nil, false)
	w.must(err)
	p := w.push(id, platforms.IsCurrent)
	state, err := w.Account(t.Context(), w.by.Partner, account.ID)
	w.must(err)
	state.Settings.Website = "https://andes-outdoor.example/boots"
	_, err = w.Change(t.Context(), w.by, account.ID, 0, platforms.AccountPatch{Settings: &state.Settings})
	w.must(err)
	w.must(w.pusher.Tick(t.Context()))
	if got := w.sandbox.Text(object(p, "ad:Summit").External, "creative"); !strings.Contains(got, "example/boots") {
		t.Errorf("the ad leads to %s", got)
	}
}
