package budgets

import (
	"testing"

	"github.com/hexabuilders/campaignd/localday"
)

func TestHowOftenALimitMayBeSpent(t *testing.T) {
	for _, c := range []struct {
		kind        Kind
		first, last string
		want        int64
	}{
		{KindTotal, "2026-01-31", "2027-02-01", 1},
		{KindDaily, "2026-02-28", "2026-03-01", 2},
		{KindDaily, "2028-02-28", "2028-03-01", 3},
		{KindMonthly, "2026-01-01", "2026-01-31", 1},
		{KindMonthly, "2026-01-31", "2026-02-01", 2},
		{KindMonthly, "2026-11-15", "2027-02-01", 4},
	} {
		first, err := localday.Parse(c.first)
		if err != nil {
			t.Fatal(err)
		}
		last, err := localday.Parse(c.last)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.kind.Periods(first, last); got != c.want {
			t.Errorf("%s from %s to %s: %d, want %d", c.kind, c.first, c.last, got, c.want)
		}
	}
}
