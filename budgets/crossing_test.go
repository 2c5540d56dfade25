package budgets_test

import (
	"encoding/json"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// restarted is the budget as another process reads it from the store.
func restarted(t *rapid.T, b *budgets.Budget) *budgets.Budget {
	text, err := json.Marshal(b.State())
	if err != nil {
		t.Fatal(err)
	}
	var state budgets.State
	if err := json.Unmarshal(text, &state); err != nil {
		t.Fatal(err)
	}
	return budgets.Restore(state)
}

// Jumps over several thresholds, refunds and restarts between: within a period
// each threshold is announced once and in order, and none that was reached is
// missed. A later period announces all of them anew.
func TestThresholdsFireOnceAPeriodAcrossRestarts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(budgets.Kinds).Draw(t, "kind")
		b, day, highest := opened(t, kind), today, int64(0)
		length := map[budgets.Kind]localday.Day{budgets.KindDaily: 1, budgets.KindMonthly: 31}[kind]
		var fired []int
		for range rapid.IntRange(1, 25).Draw(t, "reports") {
			if length > 0 && rapid.IntRange(0, 9).Draw(t, "next period") == 0 {
				day, highest, fired = day+length, 0, nil
			}
			amount := rapid.Int64Range(-20, 80).Draw(t, "amount") * money.Unit
			if err := b.Settle(manager, noon, day, amount); err != nil {
				t.Fatal(err)
			}
			for _, e := range b.PullEvents() {
				var data budgets.ThresholdReached
				if e.Type == "budget.threshold_reached" && json.Unmarshal(e.Data, &data) == nil {
					fired = append(fired, data.Percent)
				}
			}
			b.PullLines()
			highest = max(highest, b.Position(day).Reported.Micros)
			var want []int
			for _, percent := range []int{50, 75, 90, 100} {
				if highest >= int64(percent)*money.Unit { // of a limit of 100
					want = append(want, percent)
				}
			}
			if !slices.Equal(fired, want) {
				t.Fatalf("%s: announced %v after %d micros, want %v", kind, fired, highest, want)
			}
			b = restarted(t, b)
		}
	})
}
