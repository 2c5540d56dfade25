package budgets

import (
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

func parts(amounts ...any) []Allocation {
	var all []Allocation
	for i := 0; i < len(amounts); i += 2 {
		all = append(all, Allocation{amounts[i].(string), Amount{Micros: int64(amounts[i+1].(int)) * money.Unit}})
	}
	return all
}

func TestEveryWrongAllocationIsNamed(t *testing.T) {
	b := guardedBudget(t, KindTotal)
	want := parts("search", 600, "search", 500, "", 10, "video", 0)
	want[1].Amount.Currency = "EUR"
	e := fault.As(b.Allocate(ana, start, want, nil, nil))
	if e == nil {
		t.Fatal("accepted")
	}
	got := map[string]string{}
	for _, f := range e.Fields {
		got[f.Path] = f.Code
	}
	for path, code := range map[string]string{
		"allocations[1].category": "duplicate", "allocations[1].amount.currency": money.ErrCurrencyMismatch.Code,
		"allocations[2].category": "out_of_range", "allocations[3].amount": "out_of_range", "allocations": "beyond_limit",
	} {
		if got[path] != code {
			t.Errorf("%s: %q, want %q", path, got[path], code)
		}
	}
	if len(b.state.Channels) != 0 || len(b.PullEvents()) != 0 {
		t.Error("something was divided")
	}
}

// A category is held to what it had before it got an allocation, of the period.
func TestAnAllocationCountsWhatWasBefore(t *testing.T) {
	for _, kind := range Kinds {
		b := guardedBudget(t, kind)
		today := b.Today(start)
		if err := b.SettleShares(ana, start, today, Share{"search", 70 * money.Unit}); err != nil {
			t.Fatal(err)
		}
		used := []ChannelUse{{today - 40, "search", 500 * money.Unit, 0}, {today, "search", 70 * money.Unit, 10 * money.Unit}}
		if err := b.Allocate(ana, start, parts("search", 700, "social", 300), used, nil); err != nil {
			t.Fatal(err)
		}
		free := map[Kind]int64{KindTotal: 120, KindDaily: 620, KindMonthly: 620}[kind]
		if got := b.Allocations(today)[0].Available; got != usd(free) {
			t.Errorf("%s: %s left, want %d", kind, got, free)
		}
		if err := b.SettleShares(ana, start, today, Share{"search", 20 * money.Unit}); err != nil {
			t.Fatal(err)
		}
		if got := b.Allocations(today)[0].Available; got != usd(free-20) {
			t.Errorf("%s: %s left after a report, want %d", kind, got, free-20)
		}
		if next := b.Allocations(today + 40)[0]; kind != KindTotal && !next.Used.IsZero() {
			t.Errorf("%s: %+v of a period that has not begun", kind, next)
		}
	}
}

func TestReallocationKeepsTheSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, _ := Open(ana, start, NewBudget{ID: uuid.UUID{1}, Partner: uuid.UUID{2}, Campaign: uuid.UUID{3}, Limit: usd(1000), Timezone: "UTC"})
		spent := rapid.Int64Range(0, 600*money.Unit).Draw(t, "spent")
		if err := b.Allocate(ana, start, parts("a", 500, "b", 300, "c", 200), []ChannelUse{{0, "a", spent, 0}}, nil); err != nil {
			t.Fatal(err)
		}
		names := rapid.SampledFrom([]string{"a", "b", "c", "d"})
		p := DefaultPolicy()
		for range 20 {
			m := Move{From: names.Draw(t, "from"), To: names.Draw(t, "to"), Amount: Amount{Micros: rapid.Int64Range(-5, 600*money.Unit).Draw(t, "amount")}}
			err := b.Reallocate(ana, start, m, &p)
			sum := int64(0)
			for _, c := range b.state.Channels {
				sum += c.Limit
				if c.Limit <= 0 || err == nil && c.Channel == m.From && c.Limit < c.Reported+c.Reserved {
					t.Fatalf("%+v after %+v", c, m)
				}
			}
			if sum != usd(1000).Micros {
				t.Fatalf("the parts add up to %d", sum)
			}
		}
	})
}

func TestATransferKeepsTheSum(t *testing.T) {
	p := DefaultPolicy()
	for _, c := range []struct {
		why    string
		amount int64
		change func(from, to *Budget)
		want   string
	}{
		{why: "a fifth of the other's limit", amount: 200},
		{why: "more than one person may raise there", amount: 201, want: "approval_required"},
		{why: "more than is free", amount: 150, change: func(from, _ *Budget) { _ = from.Settle(ana, start, 0, 900*money.Unit) }, want: "allocation_used"},
		{why: "what is allocated", amount: 150, change: func(from, _ *Budget) { _ = from.Allocate(ana, start, parts("search", 900), nil, nil) }, want: "allocation_used"},
		{why: "another currency", amount: 10, change: func(_, to *Budget) { to.state.Currency = "EUR" }, want: "budgets_differ"},
		{why: "another kind", amount: 10, change: func(_, to *Budget) { to.state.Kind = KindDaily }, want: "budgets_differ"},
	} {
		from, to := guardedBudget(t, KindTotal), guardedBudget(t, KindTotal)
		to.state.ID = uuid.UUID{7}
		if c.change != nil {
			c.change(from, to)
		}
		got := codeOf(transfer(ana, start, from, to, Move{Amount: Amount{Micros: c.amount * money.Unit}}, &p, false))
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.why, got, c.want)
		}
		if sum := from.state.Limit + to.state.Limit; got == "" && sum != usd(2000).Micros {
			t.Errorf("%s: together %d", c.why, sum)
		}
	}
}
