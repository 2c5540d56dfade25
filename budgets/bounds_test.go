package budgets

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// Bounds are exact: what lies on them passes the guard, and what lies a micro
// beyond does not.
func TestBoundsAreWhatTheGuardAllows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawnBudget(t)
		p := drawnPolicy(t, b.state.Limit)
		if p != nil && rapid.Bool().Draw(t, "has spent of late") {
			p.recent = recent{b.state.ID, rapid.Int64Range(1, b.state.Limit).Draw(t, "recent")}
		}
		at, by := start, rapid.SampledFrom([]event.Origin{ana, optimise}).Draw(t, "by")
		for range rapid.IntRange(0, 4).Draw(t, "raises before") {
			limit := b.money(min(MaxLimit, b.state.Limit+rapid.Int64Range(1, b.state.Limit/4+1).Draw(t, "by")))
			_ = b.guarded(ana, at, Patch{Limit: &limit}, p)
			at = at.Add(time.Duration(rapid.Int64Range(0, int64(20*24*time.Hour)).Draw(t, "wait")))
		}
		low, high := p.Bounds(b, by, at)
		if low.Micros > b.state.Limit || high.Micros < b.state.Limit {
			t.Fatalf("%s is not between %s and %s", b.money(b.state.Limit), low, high)
		}
		allowed := func(limit int64) bool { return p.allows(b, change{by: by, at: at, limit: limit}) == nil }
		for _, limit := range []int64{low.Micros, high.Micros} {
			if !allowed(limit) {
				t.Fatalf("%s is refused: %v", b.money(limit), p.allows(b, change{by: by, at: at, limit: limit}))
			}
		}
		if high.Micros < MaxLimit && allowed(high.Micros+1) {
			t.Fatalf("more than %s is allowed, of %s", high, b.money(b.state.Limit))
		}
		if low.Micros > 1 && allowed(low.Micros-1) {
			t.Fatalf("less than %s is allowed, of %s", low, b.money(b.state.Limit))
		}
	})
}

func drawnBudget(t *rapid.T) *Budget {
	limit := money.New(rapid.OneOf(rapid.Int64Range(1, 1000), rapid.Int64Range(1, 10_000*money.Unit), rapid.Int64Range(MaxLimit/4, MaxLimit)).Draw(t, "limit"), "USD")
	b, err := Open(ana, start, NewBudget{
		ID: uuid.UUID{1}, Partner: uuid.UUID{2}, Campaign: uuid.UUID{3}, Kind: rapid.SampledFrom(Kinds).Draw(t, "kind"), Limit: limit, Timezone: "UTC",
	})
	if err != nil {
		t.Fatal(err)
	}
	spent := rapid.Int64Range(1, min(limit.Micros, MaxLimit/2)).Draw(t, "a day") // ten of them are held
	for i := range localday.Day(10) {
		if err := b.Settle(ana, start, b.Today(start)-10+i, spent); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// drawnPolicy may be nil: one that could not be read.
func drawnPolicy(t *rapid.T, limit int64) *Policy {
	if rapid.IntRange(0, 9).Draw(t, "unreadable") == 0 {
		return nil
	}
	percent := rapid.IntRange(1, maxPercent)
	p := &Policy{MaxStep: percent.Draw(t, "step"), MaxInDay: percent.Draw(t, "day"), Threshold: percent.Draw(t, "threshold")}
	bound := rapid.Custom(func(t *rapid.T) *money.Money {
		m := money.New(rapid.Int64Range(1, min(MaxLimit, 3*(limit/2)+2)).Draw(t, "bound"), rapid.SampledFrom([]money.Currency{"USD", "EUR"}).Draw(t, "currency"))
		return &m
	})
	if rapid.Bool().Draw(t, "has a floor") {
		p.Floor = bound.Draw(t, "floor")
	}
	if rapid.Bool().Draw(t, "has a ceiling") {
		p.Ceiling = bound.Draw(t, "ceiling")
	}
	return p
}

// However many raises there are, the budget carries a bounded number of them,
// and none is forgotten before its time.
func TestManyRaisesAreKeptShort(t *testing.T) {
	var all raises
	limit, at := int64(1000), start
	for range 1000 {
		all = all.with(Raise{At: at, Before: limit, Amount: 1})
		limit, at = limit+1, at.Add(time.Minute)
	}
	if sum, base := all.within(at, Window, limit); len(all) != maxRaises || sum != 1000 || base != 1000 {
		t.Errorf("%d raises, %d from %d", len(all), sum, base)
	}
	if sum, _ := all.within(at.Add(Window), Window, limit); sum != 0 {
		t.Errorf("%d after all of it", sum)
	}
}

// A program that moves money between channels is held as one that raises: step
// by step, and over 24 hours.
func TestAProgramMovesNoMoreThanTheGuardAllows(t *testing.T) {
	b, p := guardedBudget(t, KindTotal), DefaultPolicy()
	if err := b.Allocate(ana, start, parts("search", 800, "social", 100), nil, &p); err != nil {
		t.Fatal(err)
	}
	move := func(by event.Origin, at time.Time, units int64, p *Policy) string {
		return codeOf(b.Reallocate(by, at, Move{From: "search", To: "social", Amount: Amount{Micros: units * money.Unit}}, p))
	}
	divide := func(p *Policy, amounts ...any) string {
		return codeOf(b.Allocate(optimise, start, parts(amounts...), nil, p))
	}
	for _, c := range []struct{ got, want string }{
		{move(optimise, start, 51, &p), "step_too_large"},
		{move(optimise, start, 50, nil), "guard_unavailable"},
		{move(optimise, start, 50, &p), ""},
		{move(optimise, start, 50, &p), ""},
		{move(optimise, start, 1, &p), "daily_change_too_large"}, // 100 of 100 within 24 hours
		{divide(&p, "search", 700, "social", 201), "daily_change_too_large"},
		{divide(nil, "search", 700, "social", 201), "guard_unavailable"},
		{divide(&p, "social", 200), ""}, // search is bound by 1 000 instead of 700
		{divide(&p), "step_too_large"},  // social would be bound by 1 000 instead of 200
		{move(optimise, start.Add(day), 1, &p), "allocation_not_found"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	if got := codeOf(b.Allocate(ana, start, parts("search", 100, "social", 900), nil, nil)); got != "" {
		t.Errorf("a person divides as they like: %q", got)
	}
}

func TestWhatAMonthlyBudgetIsUsedTo(t *testing.T) {
	b, p := guardedBudget(t, KindMonthly), DefaultPolicy()
	p.Threshold, p.MaxInDay = 1000, 1000
	if err := b.Settle(ana, start, b.Today(start)-20, 30*money.Unit); err != nil { // in October
		t.Fatal(err)
	}
	if got := set(b, ana, start, 3000, &p); got != "unusual_amount" {
		t.Errorf("100 times the month before: %q", got)
	}
	if got := set(b, ana, start, 2000, &p); got != "" {
		t.Errorf("no more than twice the limit: %q", got)
	}
}

func TestABudgetOpensAsTheGuardAllows(t *testing.T) {
	ceiling := usd(999)
	bounded, usual := DefaultPolicy(), DefaultPolicy()
	bounded.Ceiling = &ceiling
	for _, c := range []struct {
		policy *Policy
		want   string
	}{{&usual, ""}, {&bounded, "above_ceiling"}, {nil, "guard_unavailable"}} {
		_, err := c.policy.Open(ana, start, NewBudget{ID: uuid.UUID{1}, Partner: uuid.UUID{2}, Campaign: uuid.UUID{3}, Limit: usd(1000), Timezone: "UTC"})
		if got := codeOf(err); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
