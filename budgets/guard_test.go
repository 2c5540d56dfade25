package budgets

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

var (
	ana      = event.Origin{Kind: event.ActorKey, ID: "ana", Name: "Ana"}
	bruno    = event.Origin{Kind: event.ActorKey, ID: "bruno", Name: "Bruno"}
	optimise = event.Origin{Kind: event.ActorOptimizer, ID: "optimiser"}
	start    = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
)

// guardedBudget has a limit of 1 000 USD.
func guardedBudget(t testing.TB, kind Kind) *Budget {
	t.Helper()
	b, err := Open(ana, start, NewBudget{
		ID: uuid.UUID{1}, Partner: uuid.UUID{2}, Campaign: uuid.UUID{3}, Kind: kind, Limit: usd(1000), Timezone: "UTC",
	})
	if err != nil {
		t.Fatal(err)
	}
	b.PullEvents()
	return b
}

func usd(units int64) money.Money { return money.New(units*money.Unit, "USD") }

func codeOf(err error) string {
	if e := fault.As(err); e != nil {
		return e.Code
	}
	return ""
}

// set asks for a limit in units and says the code of the refusal.
func set(b *Budget, by event.Origin, at time.Time, units int64, p *Policy, more ...func(*Patch)) string {
	limit := usd(units)
	patch := Patch{Limit: &limit}
	for _, m := range more {
		m(&patch)
	}
	return codeOf(b.guarded(by, at, patch, p))
}

func TestTheGuardOfLimits(t *testing.T) {
	sure := func(p *Patch) { p.Confirmed = true }
	admin := func(p *Patch) { p.Authorised = true }
	bounded := DefaultPolicy()
	floor, ceiling := usd(500), usd(1100)
	bounded.Floor, bounded.Ceiling = &floor, &ceiling
	free := DefaultPolicy()
	free.Threshold = 1000
	usual := DefaultPolicy()
	for _, c := range []struct {
		why    string
		by     event.Origin
		policy *Policy
		limit  int64
		more   []func(*Patch)
		want   string
	}{
		{why: "a fifth more is one person's to give", by: ana, policy: &usual, limit: 1200},
		{why: "a little more than that is not", by: ana, policy: &usual, limit: 1201, want: "approval_required"},
		{why: "nor with a confirmation", by: ana, policy: &usual, limit: 1201, more: []func(*Patch){sure}, want: "approval_required"},
		{why: "but an administrator's", by: ana, policy: &usual, limit: 5000, more: []func(*Patch){admin}},
		{why: "twice is all of 24 hours", by: ana, policy: &free, limit: 2000},
		{why: "and more is too much", by: ana, policy: &free, limit: 2001, want: "daily_change_too_large"},
		{why: "an automatic step of a half", by: optimise, policy: &free, limit: 1500},
		{why: "and beyond", by: optimise, policy: &free, limit: 1501, want: "step_too_large"},
		{why: "a step of the optimiser takes the second person too", by: optimise, policy: &usual, limit: 1300, want: "approval_required"},
		{why: "cents", by: ana, policy: &usual, limit: 100_000, want: "unusual_amount"},
		{why: "cents that are meant", by: ana, policy: &usual, limit: 100_000, more: []func(*Patch){sure}, want: "approval_required"},
		{why: "micros of an administrator", by: ana, policy: &usual, limit: 1_000_000_000, more: []func(*Patch){admin}, want: "unusual_amount"},
		{why: "a machine cannot mean it", by: optimise, policy: &usual, limit: 100_000, more: []func(*Patch){sure}, want: "unusual_amount"},
		{why: "the ceiling", by: ana, policy: &bounded, limit: 1100},
		{why: "above the ceiling", by: ana, policy: &bounded, limit: 1101, more: []func(*Patch){admin}, want: "above_ceiling"},
		{why: "a machine at the floor", by: optimise, policy: &bounded, limit: 500},
		{why: "a machine below the floor", by: optimise, policy: &bounded, limit: 499, want: "below_floor"},
		{why: "a person below the floor", by: ana, policy: &bounded, limit: 1},
		{why: "a cut by anybody", by: optimise, policy: &usual, limit: 1},
		{why: "no guard: no raise", by: ana, limit: 1001, want: "guard_unavailable"},
		{why: "no guard: no raise by an administrator", by: ana, limit: 1001, more: []func(*Patch){admin}, want: "guard_unavailable"},
		{why: "no guard: a cut", by: ana, limit: 10},
		{why: "no guard: a cut by a machine", by: optimise, limit: 10},
	} {
		b := guardedBudget(t, KindTotal)
		if got := set(b, c.by, start, c.limit, c.policy, c.more...); got != c.want {
			t.Errorf("%s: %q, want %q", c.why, got, c.want)
		}
		if raised := b.state.Limit != usd(1000).Micros; raised == (c.want != "") {
			t.Errorf("%s: the limit is %d", c.why, b.state.Limit)
		}
	}
}

func TestWhatADailyBudgetIsUsedTo(t *testing.T) {
	b, p := guardedBudget(t, KindDaily), DefaultPolicy()
	p.Threshold, p.MaxInDay = 1000, 1000
	for i := range localday.Day(10) {
		if err := b.Settle(ana, start, b.Today(start)-10+i, 30*money.Unit); err != nil {
			t.Fatal(err)
		}
	}
	if got := set(b, ana, start, 3000, &p); got != "unusual_amount" {
		t.Errorf("100 times the mean day: %q", got)
	}
	if got := set(b, ana, start, 2000, &p); got != "" {
		t.Errorf("no more than twice the limit: %q", got)
	}
}

// Splitting, waiting, lowering in between: one person never gets a limit up by
// more than the threshold of where it stood at any moment of the 30 days before.
func TestNoSequenceOfOnePersonEvadesTheSecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, _ := Open(ana, start, NewBudget{ID: uuid.UUID{1}, Partner: uuid.UUID{2}, Campaign: uuid.UUID{3}, Limit: usd(1000), Timezone: "UTC"})
		p := DefaultPolicy()
		p.Threshold = rapid.IntRange(0, 100).Draw(t, "threshold")
		type stand struct {
			at    time.Time
			limit int64
		}
		at, past := start, []stand{{start, b.state.Limit}}
		for range rapid.IntRange(1, 40).Draw(t, "calls") {
			at = at.Add(time.Duration(rapid.Int64Range(0, int64(9*24*time.Hour)).Draw(t, "wait")))
			amount := rapid.Int64Range(1, 400).Draw(t, "amount") * money.Unit
			switch rapid.IntRange(0, 3).Draw(t, "call") {
			case 0:
				limit := money.New(max(money.Unit, b.state.Limit-amount), "USD")
				_ = b.guarded(ana, at, Patch{Limit: &limit}, &p)
			case 1:
				limit := money.New(b.state.Limit+amount, "USD")
				_ = b.guarded(ana, at, Patch{Limit: &limit, Confirmed: true}, &p)
			case 2:
				x, err := b.propose(ana, at, NewExtra{ID: uuid.New(), Amount: Amount{Micros: amount}, Reason: "more"}, &p)
				if err == nil && x.State == ExtraProposed {
					if err := b.decide(ana, at, x, true, "", &p); codeOf(err) != "same_person" {
						t.Fatalf("approved by the proposer: %v", err)
					}
				}
			case 3:
				from, _ := Open(ana, at, NewBudget{ID: uuid.UUID{9}, Partner: uuid.UUID{2}, Campaign: uuid.UUID{8}, Limit: usd(5000), Timezone: "UTC"})
				_ = transfer(ana, at, from, b, Move{Amount: Amount{Micros: amount}}, &p, false)
			}
			for _, s := range past {
				if at.Sub(s.at) < Window && b.state.Limit-s.limit > percentOf(s.limit, p.Threshold) {
					t.Fatalf("from %d to %d within %v", s.limit, b.state.Limit, at.Sub(s.at))
				}
			}
			past = append(past, stand{at, b.state.Limit})
			b.state = Restore(b.State()).state // as it is stored
		}
	})
}

func TestExtraSpendTakesTwo(t *testing.T) {
	b, p := guardedBudget(t, KindTotal), DefaultPolicy()
	ask := func(units int64) *Extra {
		t.Helper()
		x, err := b.propose(ana, start, NewExtra{ID: uuid.New(), Amount: Amount{Micros: units * money.Unit}, Reason: " Black Friday "}, &p)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	small := ask(150)
	if small.State != ExtraApproved || !small.Within || b.state.Limit != usd(1150).Micros {
		t.Errorf("within the threshold: %+v, limit %d", small, b.state.Limit)
	}
	if second := ask(51); second.State != ExtraProposed || b.state.Limit != usd(1150).Micros {
		t.Errorf("the rest of the threshold is 50: %+v", second)
	}
	x := ask(4000)
	for _, c := range []struct {
		by      event.Origin
		at      time.Time
		approve bool
		want    string
	}{
		{ana, start, true, "same_person"},
		{bruno, start.Add(ExtraTTL), true, "extra_spend_decided"},
		{bruno, start.Add(ExtraTTL - time.Microsecond), true, ""},
		{bruno, start, true, "extra_spend_decided"},
		{ana, start, true, "same_person"},
		{bruno, start, false, "extra_spend_decided"},
	} {
		if got := codeOf(b.decide(c.by, c.at, x, c.approve, "fine", &p)); got != c.want {
			t.Errorf("%s, approve %v: %q, want %q", c.by.Name, c.approve, got, c.want)
		}
	}
	if b.state.Limit != usd(5150).Micros || x.DecidedName != "Bruno" || x.Reason != "Black Friday" {
		t.Errorf("limit %d, %+v", b.state.Limit, x)
	}
	if got := codeOf(b.decide(bruno, start, ask(4000), true, "", nil)); got != "guard_unavailable" {
		t.Errorf("approved without a guard: %q", got)
	}
}

func TestAProposalRunsOut(t *testing.T) {
	b, p := guardedBudget(t, KindTotal), DefaultPolicy()
	x, err := b.propose(ana, start, NewExtra{ID: uuid.New(), Amount: Amount{Micros: 900 * money.Unit}, Reason: "more"}, &p)
	if err != nil {
		t.Fatal(err)
	}
	b.PullEvents()
	b.lapse(optimise, start.Add(ExtraTTL-1), x)
	if x.State != ExtraProposed {
		t.Errorf("ran out early: %+v", x)
	}
	b.lapse(optimise, start.Add(ExtraTTL), x)
	b.lapse(optimise, start.Add(ExtraTTL), x)
	if events := b.PullEvents(); x.State != ExtraExpired || len(events) != 1 || events[0].Type != "budget.extra_spend_expired" {
		t.Errorf("%+v, %d events", x, len(events))
	}
}
