package budgets_test

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

func TestSettleATotalBudget(t *testing.T) {
	all := []string{"50% LOW", "75% MEDIUM", "90% HIGH", "100% CRITICAL", "exhausted"}
	for _, c := range []struct {
		why                   string
		amounts               []int64
		settled, over, credit int64
		want                  []string
		autoPause             bool
		exhausted             bool
		mark                  int64
	}{
		{why: "nothing", amounts: []int64{0}, mark: 50},
		{why: "below every threshold", amounts: []int64{49}, settled: 49, mark: 50},
		{why: "exactly a threshold", amounts: []int64{50}, settled: 50, want: all[:1], mark: 75},
		{why: "three in one jump, in order", amounts: []int64{95}, settled: 95, want: all[:3], mark: 100},
		{why: "exactly the limit", amounts: []int64{100}, settled: 100, want: all, exhausted: true, mark: 100},
		{
			why: "beyond the limit in one jump", amounts: []int64{130}, settled: 130, over: 30, exhausted: true, mark: 100,
			want: append(all[:5:5], "overdelivered 30.00 on 2026-11-23"),
		},
		{
			why: "late spend beyond the limit", amounts: []int64{100, 7, 5}, settled: 112, over: 12, exhausted: true, mark: 100,
			want: append(all[:5:5], "overdelivered 7.00 on 2026-11-23", "overdelivered 5.00 on 2026-11-23"),
		},
		{why: "flapping fires once", amounts: []int64{60, -20, 20, -20, 30}, settled: 70, want: all[:1], mark: 75},
		{
			why: "a refund takes back overdelivery and re-arms the stop alone", amounts: []int64{120, -40, 30},
			settled: 110, over: 10, exhausted: true, mark: 100,
			want: append(all[:5:5], "overdelivered 20.00 on 2026-11-23", "overdelivered -20.00 on 2026-11-23",
				"exhausted", "overdelivered 10.00 on 2026-11-23"),
		},
		{why: "a refund before its spend is kept", amounts: []int64{-30}, credit: 30, want: []string{"credited 30.00"}},
		{
			why: "and used up by it", amounts: []int64{-30, 20, 60}, settled: 50, mark: 75,
			want: []string{"credited 30.00", "credited -20.00", "50% LOW", "credited -10.00"},
		},
		{
			why: "auto-pause", amounts: []int64{100}, settled: 100, exhausted: true, autoPause: true, mark: 100,
			want: []string{"50% LOW", "75% MEDIUM", "90% HIGH", "100% CRITICAL pauses", "exhausted"},
		},
	} {
		t.Run(c.why, func(t *testing.T) {
			in := request(budgets.KindTotal)
			in.AutoPause = c.autoPause
			b := open(t, in)
			for _, amount := range c.amounts {
				settle(t, b, today, amount)
			}
			expect(t, b, c.want...)
			s := b.State()
			got := []int64{s.Settled, s.Overdelivery, s.Credit, b.NextMark()}
			want := []int64{c.settled * money.Unit, c.over * money.Unit, c.credit * money.Unit, c.mark * money.Unit}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("settled, overdelivery, credit, mark (-want +got):\n%s", diff)
			}
			if s.Exhausted != c.exhausted || s.Revision != 1 {
				t.Errorf("exhausted %v, revision %d; want %v and an unchanged 1", s.Exhausted, s.Revision, c.exhausted)
			}
		})
	}
}

func TestAMicroBelowAThresholdIsNotReached(t *testing.T) {
	in := request(budgets.KindTotal)
	in.Limit = money.New(7, "USD")
	in.Levels = budgets.Levels(50)
	b := open(t, in)
	if got := b.NextMark(); got != 4 {
		t.Fatalf("half of 7 micros is marked at %d, want 4: rounded up", got)
	}
	for range 3 {
		if err := b.Settle(manager, noon, today, 1); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, b)
}

func TestSettleADailyBudget(t *testing.T) {
	b := open(t, request(budgets.KindDaily))
	settle(t, b, today, 80)
	expect(t, b, "50% LOW", "75% MEDIUM")

	settle(t, b, today-1, 130) // late: that day is over
	expect(t, b, "overdelivered 30.00 on 2026-11-22")

	settle(t, b, today, 20)
	expect(t, b, "90% HIGH", "100% CRITICAL", "exhausted")

	settle(t, b, today+1, 55) // a new day: armed again
	expect(t, b, "50% LOW")

	settle(t, b, today, 5) // late for the day before
	expect(t, b, "overdelivered 5.00 on 2026-11-23")

	settle(t, b, today-1, -130)
	expect(t, b, "overdelivered -30.00 on 2026-11-22")

	if s := b.State(); s.Settled != 160*money.Unit || s.Overdelivery != 5*money.Unit {
		t.Errorf("over its life: settled %d, overdelivery %d", s.Settled, s.Overdelivery)
	}
	for day, want := range map[localday.Day]money.Money{-1: usd(0), 0: usd(105), 1: usd(55), 2: usd(0)} {
		if got := b.Position(today + day).Reported; got != want {
			t.Errorf("day %+d: settled %s, want %s", day, got, want)
		}
	}
}

func TestADailyBudgetIsExhaustedEveryDayAnew(t *testing.T) {
	b := open(t, request(budgets.KindDaily))
	for day := range localday.Day(3) {
		settle(t, b, today+day, 100)
		expect(t, b, "50% LOW", "75% MEDIUM", "90% HIGH", "100% CRITICAL", "exhausted")
	}
}

func TestADailyBudgetIsWholeOnADayWithoutReports(t *testing.T) {
	b := open(t, request(budgets.KindDaily))
	settle(t, b, today, 100)
	p := b.Position(today + 1)
	if p.Exhausted || p.Available != usd(100) || p.Thresholds[0].FiredAt != nil {
		t.Errorf("the next day: %+v", p)
	}
	if p = b.Position(today); !p.Exhausted || p.Thresholds[0].FiredAt == nil {
		t.Errorf("the day itself: %+v", p)
	}
}

func TestSettleNeverWraps(t *testing.T) {
	for _, kind := range []budgets.Kind{budgets.KindTotal, budgets.KindDaily} {
		b := open(t, request(kind))
		settle(t, b, today, 40)
		settle(t, b, today+1, 30)
		b.PullEvents()
		before := b.State()
		for _, amount := range []int64{math.MaxInt64, math.MaxInt64 - 1} {
			if err := b.Settle(manager, noon, today+1, amount); !errors.Is(err, money.ErrOverflow) {
				t.Errorf("%s: %v, want money_overflow", kind, err)
			}
		}
		expect(t, b)
		if diff := cmp.Diff(before, b.State()); diff != "" {
			t.Errorf("%s: a refused amount changed the budget:\n%s", kind, diff)
		}
	}
}

func TestTheSmallestAmountIsRefusedNotNegated(t *testing.T) {
	b := open(t, request(budgets.KindTotal))
	if err := b.Settle(manager, noon, today, math.MinInt64); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("got %v, want money_overflow", err)
	}
}
