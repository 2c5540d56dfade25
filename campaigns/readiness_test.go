package campaigns_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
)

var everyCheck = []string{
	"goals", "targeting", "targeting_fits_type", "creatives", "creatives_cover_channels", "schedule",
	"budget", "budget_funded", "contract", "funded", "active_campaigns_limit", "daily_budget_limit", "monthly_budget_limit",
}

// TestTheListIsWhole: whatever fails, every check is listed, and each that does
// not hold says what to do.
func TestTheListIsWhole(t *testing.T) {
	w := newWorld(t)
	empty := must(t)(w.Create(ctx, by, spring(t))).State().ID
	w.standing = campaigns.Standing{MaxActive: ptr(0), DailyLimit: ptr(usd(1)), MonthlyLimit: ptr(usd(1)), Prepaid: true}
	w.settled = usd(1000)
	r, err := w.Readiness(ctx, by, empty)
	if err != nil || r.Ready {
		t.Fatal(r, err)
	}
	var names, failing []string
	for _, c := range r.Checks {
		names = append(names, c.Check)
		if !c.OK {
			failing = append(failing, c.Check)
		}
		if c.Detail == "" || (c.Fix == "") != c.OK {
			t.Errorf("%+v", c)
		}
	}
	if !slices.Equal(names, everyCheck) {
		t.Errorf("checks %v", names)
	}
	if want := slices.DeleteFunc(slices.Clone(everyCheck), func(s string) bool { return s == "goals" || s == "budget" }); !slices.Equal(failing, want) {
		t.Errorf("failing %v, want %v", failing, want)
	}
}

func TestADraftIsReadyButForItsSchedule(t *testing.T) {
	w := newWorld(t)
	id := w.draft()
	if r, err := w.Readiness(ctx, by, id); err != nil || strings.Join(failing(r.Checks), " ") != "schedule" {
		t.Error(r, err)
	}
	must(t)(w.do(id, campaigns.Schedules))
	if r, err := w.Readiness(ctx, by, id); err != nil || !r.Ready || len(failing(r.Checks)) != 0 {
		t.Error(r, err)
	}
}

func failing(checks []campaigns.Check) (names []string) {
	for _, c := range checks {
		if !c.OK {
			names = append(names, c.Check)
		}
	}
	return names
}

// TestEachCheckHoldsALaunchBack breaks one thing of a ready campaign at a time.
func TestEachCheckHoldsALaunchBack(t *testing.T) {
	for _, c := range []struct {
		check string
		broke func(*world)
	}{
		{"schedule", func(w *world) { w.now = dates.End.Add(48 * 3600e9) }},
		{"budget_funded", func(w *world) { w.settled = usd(1000) }},
		{"budget_funded", func(w *world) { w.settled = usd(1001) }}, // overdelivered
		{"contract", func(w *world) { w.standing.ContractActive = false }},
		{"funded", func(w *world) { w.standing.Prepaid, w.standing.Balance = true, money.Zero("USD") }},
		{"funded", func(w *world) { w.standing.Prepaid, w.standing.Balance = true, usd(-1) }},
		{"funded", func(w *world) { w.standing.Prepaid, w.standing.Balance = true, usd(90) }}, // a day costs 90.91
		{"active_campaigns_limit", func(w *world) { w.standing.MaxActive, w.standing.ActiveCampaigns = ptr(3), 3 }},
		{"daily_budget_limit", func(w *world) { w.standing.DailyLimit, w.standing.DailyInUse = ptr(usd(200)), usd(110) }},
		{"daily_budget_limit", func(w *world) { w.standing.DailyLimit = ptr(money.New(1e12, "EUR")) }},
		{"monthly_budget_limit", func(w *world) { w.standing.MonthlyLimit, w.standing.MonthlyInUse = ptr(usd(1500)), usd(501) }},
		{"monthly_budget_limit", func(w *world) {
			w.standing.MonthlyLimit, w.standing.MonthlyInUse = ptr(usd(1)), money.New(1<<63-1, "USD")
		}},
	} {
		w := newWorld(t)
		id := w.in(campaigns.Scheduled)
		c.broke(w)
		err := w.refusal(campaigns.ErrNotReady, func() error { _, err := w.Launch(ctx, by, id, 0); return err })
		checks, _ := err.Extra["checks"].([]campaigns.Check)
		if got := strings.Join(failing(checks), " "); got != c.check || len(checks) != len(everyCheck) || !strings.Contains(err.Detail, c.check) {
			t.Errorf("failing %q of %d checks, want %q; %s", got, len(checks), c.check, err.Detail)
		}
		if err.Extra["ready"] != false {
			t.Error("the refusal does not say that it is not ready")
		}
	}
}

func TestLimitsWithRoomLetThrough(t *testing.T) {
	w := newWorld(t)
	id := w.in(campaigns.Scheduled)
	w.standing = campaigns.Standing{
		ContractActive: true, MaxActive: ptr(3), ActiveCampaigns: 2,
		DailyLimit: ptr(usd(200)), DailyInUse: usd(100), // 1 000 over 11 local days: 90.91 a day
		MonthlyLimit: ptr(usd(1500)), MonthlyInUse: usd(500),
	}
	must(t)(w.Launch(ctx, by, id, 0))
	if e := data[campaigns.Launched](w); len(e.Checklist) != len(everyCheck) || e.LaunchedBy != "Ana" || e.Targeting == nil {
		t.Errorf("%+v", e)
	}
}

func TestResumeChecksWhatMayHaveChanged(t *testing.T) {
	for _, c := range []struct {
		check string
		broke func(*world)
	}{
		{"schedule", func(w *world) { w.now = dates.End.Add(48 * 3600e9) }},
		{"budget_funded", func(w *world) { w.settled = usd(1000) }},
		{"contract", func(w *world) { w.standing.ContractActive = false }},
		{"active_campaigns_limit", func(w *world) { w.standing.MaxActive = ptr(0) }},
	} {
		w := newWorld(t)
		id := w.in(campaigns.Paused)
		c.broke(w)
		err := w.refusal(campaigns.ErrNotReady, func() error { _, err := w.Resume(ctx, by, id, 0); return err })
		checks, _ := err.Extra["checks"].([]campaigns.Check)
		if got := strings.Join(failing(checks), " "); got != c.check {
			t.Errorf("failing %q, want %q", got, c.check)
		}
	}
}

// TestTargetingThatStoppedFitting: the type may still change after the
// targeting was set, so the list looks again.
func TestTargetingThatStoppedFitting(t *testing.T) {
	w := newWorld(t)
	id := w.in(campaigns.Scheduled)
	must(t)(w.Patch(ctx, by, id, 0, campaigns.Patch{Type: ptr(campaigns.Email)}))
	err := w.refusal(campaigns.ErrNotReady, func() error { _, err := w.Launch(ctx, by, id, 0); return err })
	if !strings.Contains(err.Detail, "targeting_fits_type") {
		t.Error(err.Detail)
	}
}

// TestStoredTargetingThatBecameInvalid: what was stored under older rules is
// held against today's before it spends money.
func TestStoredTargetingThatBecameInvalid(t *testing.T) {
	s := newWorld(t)
	state := s.state(s.in(campaigns.Scheduled))
	state.Targeting = &targeting.Configuration{}
	state.Goals = campaigns.Goals{}
	r := campaigns.Restore(state).Readiness(start, campaigns.Funding{Kind: campaigns.BudgetTotal}, campaigns.Standing{})
	if got := strings.Join(failing(r.Checks), " "); got != "goals targeting budget budget_funded contract" {
		t.Error(got)
	}
}

func TestAChannelWithoutACreativeOnlyWarns(t *testing.T) {
	w := newWorld(t)
	in := spring(t)
	in.Channels = []string{"meta", "tiktok", "x"}
	id := must(t)(w.Create(ctx, by, in)).State().ID
	must(t)(w.SetTargeting(ctx, by, id, 0, colombia()))
	only := slices.Clone(banner)
	only[0].Channel = "tiktok"
	must(t)(w.SetCreatives(ctx, by, id, 0, only))
	must(t)(w.Schedule(ctx, by, id, 0, dates))
	r, err := w.Readiness(ctx, by, id)
	if err != nil || !r.Ready || strings.Join(failing(r.Checks), " ") != "creatives_cover_channels" {
		t.Fatal(r, err)
	}
	if i := slices.Index(everyCheck, "creatives_cover_channels"); r.Checks[i].Detail != "Nothing is shown on: meta, x." || r.Checks[i].Blocking {
		t.Errorf("%+v", r.Checks[i])
	}
	must(t)(w.Launch(ctx, by, id, 0))
}
