package budgets_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

type report struct {
	day    localday.Day
	amount int64
}

// reports are micros around a limit of 100 USD on a few days, as late and as
// unordered as they come.
func reports(least int64) *rapid.Generator[[]report] {
	one := rapid.Custom(func(t *rapid.T) report {
		return report{
			day:    today + localday.Day(rapid.IntRange(0, 3).Draw(t, "day")),
			amount: rapid.Int64Range(least, 60*money.Unit).Draw(t, "amount"),
		}
	})
	return rapid.SliceOfN(one, 0, 30)
}

func opened(t *rapid.T, kind budgets.Kind) *budgets.Budget {
	b, err := budgets.Open(manager, noon, request(kind))
	if err != nil {
		t.Fatal(err)
	}
	b.PullEvents()
	return b
}

func post(t *rapid.T, b *budgets.Budget, rs []report) {
	for _, r := range rs {
		if err := b.Settle(manager, noon, r.day, r.amount); err != nil {
			t.Fatal(err)
		}
	}
}

func anyKind(t *rapid.T) budgets.Kind {
	return rapid.SampledFrom([]budgets.Kind{budgets.KindTotal, budgets.KindDaily}).Draw(t, "kind")
}

// TestNothingIsLost holds the figures to a plain sum, refunds included.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind, rs := anyKind(t), reports(-60*money.Unit).Draw(t, "reports")
		b := opened(t, kind)
		post(t, b, rs)
		sums := map[localday.Day]int64{}
		for _, r := range rs {
			if kind == budgets.KindTotal {
				r.day = today
			}
			sums[r.day] += r.amount
		}
		var want budgets.Tally
		for _, sum := range sums {
			want.Settled += max(0, sum)
			want.Credit += max(0, -sum)
			want.Overdelivery += max(0, sum-100*money.Unit)
		}
		if diff := cmp.Diff(want, b.State().Tally); diff != "" {
			t.Fatalf("(-plain sum +budget):\n%s", diff)
		}
	})
}

// TestSplittingChangesNothing reports the same spend whole and in parts.
func TestSplittingChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rs := reports(0).Draw(t, "reports")
		whole, parts := opened(t, budgets.KindTotal), opened(t, budgets.KindTotal)
		post(t, whole, rs)
		for _, r := range rs {
			first := rapid.Int64Range(0, r.amount).Draw(t, "first part")
			post(t, parts, []report{{r.day, first}, {r.day, r.amount - first}})
		}
		if diff := cmp.Diff(whole.State(), parts.State()); diff != "" {
			t.Fatalf("(-whole +parts):\n%s", diff)
		}
		announced := func(b *budgets.Budget) []string {
			return slices.DeleteFunc(types(b), func(s string) bool { return s == "budget.overdelivered" })
		}
		if diff := cmp.Diff(announced(whole), announced(parts)); diff != "" {
			t.Fatalf("announced (-whole +parts):\n%s", diff)
		}
	})
}

func types(b *budgets.Budget) []string {
	names := []string{}
	for _, e := range b.PullEvents() {
		names = append(names, e.Type)
	}
	return names
}

// TestThresholdsFireOnceAndInOrder watches any sequence of spend and refunds.
func TestThresholdsFireOnceAndInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := request(budgets.KindTotal)
		in.Levels = budgets.Levels(rapid.SliceOfNDistinct(rapid.IntRange(1, 100), 1, 20, rapid.ID).Draw(t, "percents")...)
		b, err := budgets.Open(manager, noon, in)
		if err != nil {
			t.Fatal(err)
		}
		b.PullEvents()
		highest := int64(0)
		for _, r := range reports(-60*money.Unit).Draw(t, "reports") {
			post(t, b, []report{r})
			highest = max(highest, b.State().Settled)
		}
		var want []int // the limit is 100: a percent is a unit
		for _, th := range b.State().Thresholds {
			if highest >= int64(th.Percent)*money.Unit {
				want = append(want, th.Percent)
			}
		}
		got := firedPercents(t, b)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("thresholds (-want +fired):\n%s", diff)
		}
	})
}

func firedPercents(t *rapid.T, b *budgets.Budget) []int {
	var percents []int
	for _, e := range b.PullEvents() {
		if e.Type != "budget.threshold_reached" {
			continue
		}
		var d budgets.ThresholdReached
		if err := json.Unmarshal(e.Data, &d); err != nil {
			t.Fatal(err)
		}
		percents = append(percents, d.Percent)
	}
	return percents
}

// TestTheFastWayEqualsTheSlow plays the store's hot path of Store: a conditional
// addition while NextMark is not reached, Settle otherwise.
func TestTheFastWayEqualsTheSlow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind, rs := anyKind(t), reports(-20*money.Unit).Draw(t, "reports")
		slow, fast := opened(t, kind), opened(t, kind)
		post(t, slow, rs)
		var events []event.Event
		for _, r := range rs {
			if added, ok := addFast(fast, r); ok {
				fast = added
				continue
			}
			post(t, fast, []report{r})
			events = append(events, fast.PullEvents()...)
		}
		if diff := cmp.Diff(slow.State(), fast.State()); diff != "" {
			t.Fatalf("(-slow +fast):\n%s", diff)
		}
		ids := cmpopts.IgnoreFields(event.Event{}, "ID")
		if diff := cmp.Diff(slow.PullEvents(), events, ids, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("events (-slow +fast):\n%s", diff)
		}
	})
}

// addFast is the SQL of the fast way.
func addFast(b *budgets.Budget, r report) (*budgets.Budget, bool) {
	s, mark := b.State(), b.NextMark()
	switch {
	case r.amount <= 0:
		return nil, false
	case s.Kind == budgets.KindTotal && s.Settled+r.amount < mark:
		s.Settled += r.amount
	case s.Kind == budgets.KindDaily && s.OpenDay == r.day && s.Open.Settled+r.amount < mark:
		s.Settled += r.amount
		s.Open.Settled += r.amount
	default:
		return nil, false
	}
	return budgets.Restore(s), true
}
