package platforms_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/internal/market/sandbox"
	"github.com/hexabuilders/campaignd/platforms"
)

// A campaign goes to the platform, follows pause and resume, and its delivery
// comes back to the last micro, restatements included.
func TestACampaignRunsAtAPlatform(t *testing.T) { onBoth(t, aCampaignRunsAtAPlatform) }

func aCampaignRunsAtAPlatform(t *testing.T, on platforms.Platform) {
	w := newWorld(t, on, 0)
	account := w.connect()
	campaign, draft := w.draft("Summit", "Carousel")
	id := w.place(campaign, account.ID)
	p := w.push(id, platforms.IsCurrent)
	if len(p.Objects) < 4 || !p.Started || !slices.Contains(p.LeftOut, "interests") {
		t.Fatalf("placed as %+v", p)
	}
	w.pass(36 * time.Hour)
	w.must(w.puller.Tick(t.Context()))
	first := w.metrics.sums()
	if first.Spend == 0 || first.Impressions == 0 || first.Clicks == 0 {
		t.Fatalf("delivered %+v", first)
	}
	draft.Status = campaigns.Paused
	w.drafts.put(campaign, *draft)
	w.must(w.Touch(t.Context(), w.by.Partner, campaign))
	w.must(w.pusher.Tick(t.Context()))
	w.pass(72 * time.Hour)
	w.must(w.puller.Tick(t.Context()))
	after := w.metrics.sums()
	if after.Conversions <= first.Conversions {
		t.Errorf("no late conversions: %+v after %+v", after, first)
	}
	w.pass(72 * time.Hour)
	w.must(w.puller.Tick(t.Context()))
	if again := w.metrics.sums(); again.Spend != after.Spend {
		t.Errorf("spends while it is paused: %+v after %+v", again, after)
	}
	if got, want := w.metrics.sums(), w.sandbox.Delivered(w.at()); got != platforms.Figures(want) {
		t.Errorf("posted %+v of %+v", got, want)
	}
	if w.metrics.reused != 0 {
		t.Errorf("%d ids were used twice", w.metrics.reused)
	}
	draft.Status = campaigns.Active
	w.drafts.put(campaign, *draft)
	w.must(w.Touch(t.Context(), w.by.Partner, campaign))
	w.must(w.pusher.Tick(t.Context()))
	w.pass(24 * time.Hour)
	w.must(w.puller.Tick(t.Context()))
	if resumed := w.metrics.sums(); resumed.Spend <= after.Spend {
		t.Errorf("does not spend after it was resumed: %+v", resumed)
	}
}

// One answer in ten to a creating call is lost after the work was done. There
// are never two objects of one reference, and every one is found.
func TestLostAnswersMakeNoSecondCampaign(t *testing.T) { onBoth(t, lostAnswersMakeNoSecondCampaign) }

func lostAnswersMakeNoSecondCampaign(t *testing.T, on platforms.Platform) {
	w := newWorld(t, on, 0.1)
	account := w.connect()
	const campaignsPlaced = 40
	for range campaignsPlaced {
		campaign, _ := w.draft("Summit")
		id := w.place(campaign, account.ID)
		w.push(id, platforms.IsCurrent)
	}
	if w.sandbox.Drops() < 4 {
		t.Fatalf("only %d answers were lost: the fault did not happen", w.sandbox.Drops())
	}
	for _, kind := range []string{"campaign", w.pick("ad_set", "ad_group"), "ad"} {
		found := w.sandbox.Count(w.at(), kind)
		if len(found) != campaignsPlaced {
			t.Errorf("%d references of kind %s for %d campaigns", len(found), kind, campaignsPlaced)
		}
		for reference, n := range found {
			if n != 1 {
				t.Errorf("%s %s exists %d times", kind, reference, n)
			}
		}
	}
}

// A call that never arrived is unknown too, and is sent again only when the
// platform has not shown the object for long enough.
func TestAReleasedClaimIsSentAgain(t *testing.T) { onBoth(t, aReleasedClaimIsSentAgain) }

func aReleasedClaimIsSentAgain(t *testing.T, on platforms.Platform) {
	w := newWorld(t, on, 0)
	account := w.connect()
	w.sandbox.Order(sandbox.Fault{Kind: sandbox.DropBefore, Method: "POST", Path: w.pick("/campaigns", "googleAds:mutate"), Times: 1})
	campaign, _ := w.draft("Summit")
	id := w.place(campaign, account.ID)
	w.must(w.pusher.Tick(t.Context()))
	if p := w.placement(id); p.Progress != platforms.IsUnknown || object(p, "campaign").State != platforms.Open {
		t.Fatalf("after a lost call: %+v", p)
	}
	for range 5 {
		w.pass(20 * time.Second)
		w.must(w.pusher.Tick(t.Context()))
		if len(w.sandbox.Count(w.at(), "campaign")) != 0 {
			t.Fatal("sent again before the platform had time to show it")
		}
	}
	w.push(id, platforms.IsCurrent)
	if found := w.sandbox.Count(w.at(), "campaign"); len(found) != 1 {
		t.Errorf("campaigns: %v", found)
	}
}

// Two objects with our reference are shown to a person, who takes one; the other
// is stopped.
func TestAConflictIsDecidedByAPerson(t *testing.T) { onBoth(t, aConflictIsDecidedByAPerson) }

func aConflictIsDecidedByAPerson(t *testing.T, on platforms.Platform) {
	w := newWorld(t, on, 0)
	account := w.connect()
	w.sandbox.Order(sandbox.Fault{Kind: sandbox.DropAfter, Method: "POST", Path: w.pick("/campaigns", "googleAds:mutate"), Times: 1})
	campaign, _ := w.draft("Summit")
	id := w.place(campaign, account.ID)
	w.must(w.pusher.Tick(t.Context()))
	w.sandbox.Duplicate(w.at(), "campaign") // somebody copied it by hand
	p := w.push(id, platforms.InConflict)
	if len(object(p, "campaign").Candidates) != 2 {
		t.Fatalf("candidates: %+v", object(p, "campaign"))
	}
	_, err := w.Resolve(t.Context(), w.by, id, 0, platforms.Resolution{Key: "campaign", Action: platforms.Adopt, External: "1"})
	if err == nil {
		t.Error("a stranger was adopted")
	}
	kept := object(p, "campaign").Candidates[0]
	if _, err = w.Resolve(t.Context(), w.by, id, 0, platforms.Resolution{Key: "campaign", Action: platforms.Adopt, External: kept}); err != nil {
		t.Fatal(err)
	}
	p = w.push(id, platforms.IsCurrent)
	if got := object(p, "campaign").External; got != kept {
		t.Errorf("adopted %s, not %s", got, kept)
	}
	if other := w.sandbox.Status(p.Objects[len(p.Objects)-1].External); other != "PAUSED" {
		t.Errorf("the other one is %s", other)
	}
}

// A token that expires in the middle of a pull stops it; what was read stands,
// and with a new token the rest comes, once.
func TestATokenExpiresInTheMiddleOfAPull(t *testing.T) { onBoth(t, aTokenExpiresInTheMiddleOfAPull) }

func aTokenExpiresInTheMiddleOfAPull(t *testing.T, on platforms.Platform) {
	w := newWorld(t, on, 0)
	account := w.connect()
	campaign, _ := w.draft("A", "B", "C", "D", "E", "F", "G", "H")
	w.push(w.place(campaign, account.ID), platforms.IsCurrent)
	w.pass(80 * time.Hour) // more than a page of rows
	w.sandbox.Order(sandbox.Fault{Kind: sandbox.BadToken, Path: w.pick("insights", "search"), After: 1})
	w.sandbox.Order(sandbox.Fault{Kind: sandbox.BadToken, Path: "token", After: 1})
	if err := w.puller.Pull(t.Context(), platforms.Ref{Partner: w.by.Partner, ID: account.ID}); err == nil {
		t.Fatal("the pull did not notice")
	}
	some := w.metrics.sums()
	state, err := w.Account(t.Context(), w.by.Partner, account.ID)
	w.must(err)
	if some.Spend == 0 || state.Status != platforms.TokenExpired || state.NextPullAt != nil || state.LastPull.Problem == nil {
		t.Fatalf("after %+v: %+v", some, state)
	}
	w.sandbox.Clear()
	secret := w.secret()
	if _, err := w.Change(t.Context(), w.by, account.ID, 0, platforms.AccountPatch{Secret: &secret}); err != nil {
		t.Fatal(err)
	}
	w.must(w.puller.Tick(t.Context()))
	if got, want := w.metrics.sums(), w.sandbox.Delivered(w.at()); got != platforms.Figures(want) || got.Spend <= some.Spend {
		t.Errorf("posted %+v of %+v", got, want)
	}
}

// What no account can have delivered is refused by row, and the other rows are
// taken.
func TestImpossibleFiguresAreRefused(t *testing.T) { onBoth(t, impossibleFiguresAreRefused) }

func impossibleFiguresAreRefused(t *testing.T, on platforms.Platform) {
	for _, kind := range []sandbox.Kind{sandbox.HugeNumber, sandbox.Negative, sandbox.Currency} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t, on, 0)
			account := w.connect()
			campaign, _ := w.draft("Summit")
			w.push(w.place(campaign, account.ID), platforms.IsCurrent)
			w.pass(5 * time.Hour)
			w.sandbox.Order(sandbox.Fault{Kind: kind, Times: 1})
			w.must(w.puller.Tick(t.Context()))
			state, err := w.Account(t.Context(), w.by.Partner, account.ID)
			w.must(err)
			pull := state.LastPull
			if pull.Refused != 1 || len(pull.Refusals) != 1 || pull.Posted != pull.Rows-1 || pull.Posted < 3 {
				t.Fatalf("pull: %+v", pull)
			}
			w.pass(15 * time.Minute)
			w.must(w.puller.Tick(t.Context()))
			if got, want := w.metrics.sums(), w.sandbox.Delivered(w.at()); got != platforms.Figures(want) {
				t.Errorf("posted %+v of %+v", got, want)
			}
		})
	}
}

// HTML, a failing server, throttling and an empty page end a pull, change nothing
// and are gone with the next one.
func TestAPullSurvivesWhatPlatformsAnswer(t *testing.T) { onBoth(t, aPullSurvivesWhatPlatformsAnswer) }

func aPullSurvivesWhatPlatformsAnswer(t *testing.T, on platforms.Platform) {
	for _, kind := range []sandbox.Kind{sandbox.HTML, sandbox.ServerError, sandbox.Throttle, sandbox.DropBefore, sandbox.EmptyPage} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t, on, 0)
			account := w.connect()
			campaign, _ := w.draft("Summit")
			w.push(w.place(campaign, account.ID), platforms.IsCurrent)
			w.pass(5 * time.Hour)
			w.sandbox.Order(sandbox.Fault{Kind: kind, Path: w.pick("insights", "search"), Times: 5})
			err := w.puller.Pull(t.Context(), platforms.Ref{Partner: w.by.Partner, ID: account.ID})
			var f *platforms.Failure
			if !errors.As(err, &f) {
				t.Fatalf("the pull says %v", err)
			}
			if w.metrics.sums() != (platforms.Figures{}) {
				t.Error("something was posted")
			}
			w.sandbox.Clear()
			w.pass(2 * time.Hour)
			w.must(w.puller.Tick(t.Context()))
			if got, want := w.metrics.sums(), w.sandbox.Delivered(w.at()); got != platforms.Figures(want) || got.Spend == 0 {
				t.Errorf("posted %+v of %+v", got, want)
			}
		})
	}
}

// A display campaign needs pictures that the account has; then it is made,
// delivers on its own channel and is pulled as such.
func TestDisplayCampaignsRunAtGoogle(t *testing.T) {
	w := newWorld(t, platforms.Google, 0.1)
	campaign, d := w.draft("Summit", "Valley")
	d.Type, d.Channels = campaigns.Display, campaigns.Display.Channels()
	for i := range d.Creatives {
		d.Creatives[i].Channel = ""
	}
	w.drafts.put(campaign, *d)
	account := w.connect()
	if _, err := w.Place(t.Context(), w.by, platforms.NewPlacement{Campaign: campaign, Account: account.ID, Percent: 100}); !errors.Is(err, platforms.ErrUnfit) {
		t.Fatalf("placed without pictures: %v", err)
	}
	settings := account.Settings
	settings.Landscape, settings.Square = sandbox.LandscapeAsset, sandbox.SquareAsset
	_, err := w.Change(t.Context(), w.by, account.ID, account.Revision, platforms.AccountPatch{Settings: &settings})
	w.must(err)
	p := w.push(w.place(campaign, account.ID), platforms.IsCurrent)
	if p.Problem != nil || len(w.sandbox.Count("google", "ad")) != 2 || len(w.sandbox.Count("google", "keyword")) != 0 {
		t.Errorf("%+v, ads %v", p.Problem, w.sandbox.Count("google", "ad"))
	}
	w.pass(26 * time.Hour)
	w.must(w.pullNow(account.ID))
	if got := w.metrics.sums(); got.Impressions == 0 {
		t.Error("nothing was pulled")
	}
	for _, e := range w.metrics.posted {
		if e.Channel != "display" {
			t.Fatalf("delivery on %s", e.Channel)
		}
	}
}

// pullNow pulls an account as the puller would.
func (w *world) pullNow(account uuid.UUID) error {
	return w.puller.Pull(w.Context(), platforms.Ref{Partner: w.by.Partner, ID: account})
}
