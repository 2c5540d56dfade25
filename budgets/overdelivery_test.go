package budgets

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// daysOf is what platforms reported from 1 March on, by day.
type daysOf []map[string]int64

var firstOfMarch, _ = localday.Parse("2026-03-01")

func (d daysOf) PlatformDays(_ context.Context, _ *Budget, from, to localday.Day) (all []PlatformDay, _ error) {
	for i, platforms := range d {
		for platform, spend := range platforms {
			if day := firstOfMarch + localday.Day(i); day >= from && day < to {
				all = append(all, PlatformDay{day, platform, spend})
			}
		}
	}
	return all, nil
}

func settledDaily(t *testing.T, days daysOf) *Budget {
	t.Helper()
	b, err := Open(event.Origin{}, time.Unix(0, 0), NewBudget{
		ID: uuid.New(), Partner: uuid.New(), Campaign: uuid.New(), Kind: KindDaily, Limit: money.New(100, "USD"), Timezone: "UTC",
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, platforms := range days {
		for _, spend := range platforms {
			if err := b.Settle(event.Origin{}, time.Unix(0, 0), firstOfMarch+localday.Day(i), spend); err != nil {
				t.Fatal(err)
			}
		}
	}
	return b
}

func TestPlatformsOverdeliverByTheirOwnRules(t *testing.T) {
	for _, c := range []struct {
		name          string
		before, today map[string]int64 // reported on each of the 16 days before, and today, of a limit of 100
		announced     int64            // of what lies beyond it today; -1 when nothing does
		abnormal      bool
	}{
		{"the limit", nil, map[string]int64{"google_ads": 100}, -1, false},
		{"Google's day", nil, map[string]int64{"google_ads": 200}, 100, false},
		{"more than Google's day", nil, map[string]int64{"google_ads": 201}, 100, true},
		{"Google's month", map[string]int64{"google_ads": 180}, map[string]int64{"google_ads": 160}, 60, false}, // 3040 in all
		{"more than Google's month", map[string]int64{"google_ads": 180}, map[string]int64{"google_ads": 161}, 61, true},
		{"Meta's day", nil, map[string]int64{"meta_ads": 125}, 25, false},
		{"more than Meta's day", nil, map[string]int64{"meta_ads": 126}, 25, true},
		{"another platform", nil, map[string]int64{"tiktok_ads": 101}, 0, true},
		{"both within", nil, map[string]int64{"google_ads": 100, "meta_ads": 50}, 50, false},
		{"a cent of Google excuses nothing of Meta", nil, map[string]int64{"google_ads": 1, "meta_ads": 149}, 29, true},
		{"Meta's month has no rule", map[string]int64{"meta_ads": 200}, map[string]int64{"meta_ads": 120}, 20, false},
	} {
		var days daysOf
		for range 16 {
			days = append(days, c.before)
		}
		days = append(days, c.today)
		b, today := settledDaily(t, days), firstOfMarch+16
		found, err := (&Overruns{deliveries: days}).Of(t.Context(), b, today, today+1)
		if err != nil {
			t.Fatal(err)
		}
		if c.announced < 0 {
			if len(found) != 0 {
				t.Errorf("%s: %+v", c.name, found)
			}
			continue
		}
		if len(found) != 1 || found[0].Announced != c.announced || found[0].Abnormal != c.abnormal || found[0].Within != 100 {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}

// What nobody reports by platform, such as POST /budgets/{id}/spend, has no
// rule that announces it.
func TestSpendOfNoPlatformIsAbnormal(t *testing.T) {
	b := settledDaily(t, daysOf{{"": 150}})
	if found := b.Overruns(firstOfMarch, firstOfMarch+1, nil); len(found) != 1 || !found[0].Abnormal || found[0].Announced != 0 {
		t.Errorf("%+v", found)
	}
}

// A later limit does not judge an earlier day.
func TestAnOverrunIsHeldAgainstTheLimitOfItsDay(t *testing.T) {
	days := daysOf{{"google_ads": 150}}
	b := settledDaily(t, days)
	lower := money.New(50, "USD")
	if err := b.Change(event.Origin{}, time.Unix(int64(firstOfMarch+1)*86400, 0), Patch{Limit: &lower}); err != nil {
		t.Fatal(err)
	}
	found, err := (&Overruns{deliveries: days}).Of(t.Context(), b, firstOfMarch, firstOfMarch+2)
	if err != nil || len(found) != 1 || found[0].Abnormal || found[0].Within != 100 {
		t.Errorf("%+v, %v", found, err)
	}
}
