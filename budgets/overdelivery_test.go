package budgets

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

func TestPlatformsOverdeliverByTheirOwnRules(t *testing.T) {
	for _, c := range []struct {
		platform      string
		before, today int64 // reported on each of the 16 days before, and today, of a limit of 100
		abnormal, ok  bool
	}{
		{"google_ads", 0, 100, false, false},
		{"google_ads", 0, 200, false, true},
		{"google_ads", 0, 201, true, true},
		{"google_ads", 180, 160, false, true}, // 3040 in the month
		{"google_ads", 180, 161, true, true},
		{"meta_ads", 0, 125, false, true},
		{"meta_ads", 0, 126, true, true},
		{"tiktok_ads", 0, 101, true, true},
	} {
		b, err := Open(event.Origin{}, time.Unix(0, 0), NewBudget{
			ID: uuid.New(), Partner: uuid.New(), Campaign: uuid.New(), Kind: KindDaily, Limit: money.New(100, "USD"), Timezone: "UTC",
		})
		if err != nil {
			t.Fatal(err)
		}
		first, _ := localday.Parse("2026-03-01")
		for d := range localday.Day(16) {
			if err := b.Settle(event.Origin{}, time.Unix(0, 0), first+d, c.before); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Settle(event.Origin{}, time.Unix(0, 0), first+16, c.today); err != nil {
			t.Fatal(err)
		}
		if abnormal, ok := b.Abnormal(c.platform, first+16); abnormal != c.abnormal || ok != c.ok {
			t.Errorf("%+v: abnormal %v, ok %v", c, abnormal, ok)
		}
	}
}
