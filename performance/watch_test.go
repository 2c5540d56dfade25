package performance

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// step is a commit that brings a campaign's totals to these, and what follows.
type step struct {
	totals Metrics
	want   []string // "kpi direction actual severity"
}

func TestATargetIsAnnouncedOncePerCrossing(t *testing.T) {
	tests := []struct {
		name    string
		targets Targets
		steps   []step
	}{
		{"a rate below and above", Targets{"ctr": 20_000}, []step{
			{Metrics{Impressions: 999, Clicks: 1}, nil}, // too small a sample
			{Metrics{Impressions: 1000, Clicks: 15}, []string{"ctr missed 0.015 MEDIUM"}},
			{Metrics{Impressions: 2000, Clicks: 30}, nil},
			{Metrics{Impressions: 2000, Clicks: 39}, nil}, // 0.0195: within the hysteresis
			{Metrics{Impressions: 2000, Clicks: 40}, []string{"ctr recovered 0.02 LOW"}},
			{Metrics{Impressions: 2000, Clicks: 39}, nil},
			{Metrics{Impressions: 2000, Clicks: 37}, []string{"ctr missed 0.0185 MEDIUM"}},
		}},
		{"far below", Targets{"ctr": 20_000}, []step{{Metrics{Impressions: 1000, Clicks: 10}, []string{"ctr missed 0.01 HIGH"}}}},
		{"met at once", Targets{"roas": 3_000_000}, []step{
			{Metrics{Conversions: 30, Spend: 1_000_000, Revenue: 3_000_000}, []string{"roas reached 3 LOW"}},
		}},
		{"a cost", Targets{"cpa": 5_000_000}, []step{
			{Metrics{Conversions: 29, Spend: 500_000_000}, nil},
			{Metrics{Conversions: 30, Spend: 156_000_000}, []string{"cpa missed 5.2 MEDIUM"}},
			{Metrics{Conversions: 40, Spend: 201_000_000}, nil}, // 5.025: back, but not quite
			{Metrics{Conversions: 40, Spend: 200_000_000}, []string{"cpa recovered 5 LOW"}},
			{Metrics{Conversions: 40, Spend: 400_000_000}, []string{"cpa missed 10 HIGH"}},
		}},
		{"a sum is met and never missed", Targets{"clicks": 100 * million, "revenue": 10_000_000}, []step{
			{Metrics{Clicks: 99}, nil},
			{Metrics{Clicks: 100, Revenue: 9_999_999}, []string{"clicks reached 100 LOW"}},
			{Metrics{Clicks: 90, Revenue: 10_000_000}, []string{"revenue reached 10 LOW"}},
			{Metrics{Clicks: 101, Revenue: 10_000_000}, nil},
		}},
		{"what cannot be computed is not judged", Targets{"roas": 1, "nonsense": 1}, []step{{Metrics{Conversions: 99}, nil}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			part := partAt(time.Unix(0, 0))
			part.Targets = tt.targets
			var standing Standing
			for i, s := range tt.steps {
				after := After{Standing: restored(t, standing), HourCell: func(int64) (Cell, error) { return Cell{}, nil }}
				for m := range Reach {
					after.Total.Sums[m] = *s.totals.At(m)
				}
				events, _, err := after.Follow(part, time.Unix(1, 0))
				if err != nil {
					t.Fatal(err)
				}
				standing = after.Standing
				var got []string
				for _, e := range events {
					var c TargetCrossed
					if err := json.Unmarshal(e.Data, &c); err != nil || e.AggregateID != part.Campaign || e.Partner != part.Partner {
						t.Fatalf("%+v, %v", e, err)
					}
					got = append(got, c.KPI+" "+c.Direction+" "+c.Actual+" "+c.Severity)
				}
				if diff := cmp.Diff(s.want, got); diff != "" {
					t.Errorf("step %d: %s", i, diff)
				}
			}
		})
	}
}

// restored is a standing as the store gives it back.
func restored(t *testing.T, s Standing) (out Standing) {
	t.Helper()
	text, err := json.Marshal(s)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func partAt(at time.Time) *Part {
	e := &Event{OccurredAt: at.UnixMicro()}
	e.Set(Impressions, 1)
	return NewPart(Subject{Partner: uuid.New(), Campaign: uuid.New(), Currency: "USD", Zone: time.UTC}, []*Event{e})
}

func TestAnHourIsComparedOnceWithTheOneBefore(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	hours := map[time.Time]Metrics{
		noon:                      {Impressions: 5000, Clicks: 100, Spend: 100_000_000},
		noon.Add(time.Hour):       {Impressions: 5000, Clicks: 60, Spend: 100_000_000}, // ctr -40 %, cpc +67 %
		noon.Add(2 * time.Hour):   {Impressions: 5000, Clicks: 70, Spend: 100_000_000}, // ctr +17 %
		noon.Add(3 * time.Hour):   {Impressions: 900, Clicks: 1},                       // too few
		noon.Add(-24 * time.Hour): {},
	}
	var standing Standing
	arrive := func(at time.Duration) (changes []SignificantChange) {
		after := After{Standing: restored(t, standing), HourCell: func(start int64) (c Cell, err error) {
			m := hours[time.UnixMicro(start).UTC()]
			for i := range Reach {
				c.Sums[i] = *m.At(i)
			}
			return c, nil
		}}
		events, _, err := after.Follow(partAt(noon.Add(at)), noon)
		if err != nil {
			t.Fatal(err)
		}
		standing = after.Standing
		for _, e := range events {
			var c SignificantChange
			if err := json.Unmarshal(e.Data, &c); err != nil || e.Type != "performance.significant_change" {
				t.Fatalf("%+v, %v", e, err)
			}
			changes = append(changes, c)
		}
		return changes
	}
	for _, at := range []time.Duration{0, 30 * time.Minute, time.Hour} { // nothing before noon
		if got := arrive(at); got != nil {
			t.Errorf("at %v: %+v", at, got)
		}
	}
	want := []SignificantChange{
		{KPI: "ctr", Hour: noon.Add(time.Hour), Before: "0.02", After: "0.012", Change: "-0.4", Sample: 5000},
	}
	if diff := cmp.Diff(want, arrive(2*time.Hour)); diff != "" {
		t.Error(diff) // cpc is not judged: fewer than 100 clicks
	}
	for _, at := range []time.Duration{2*time.Hour + time.Minute, time.Hour, 3 * time.Hour, 4 * time.Hour} {
		if got := arrive(at); got != nil {
			t.Errorf("at %v: %+v", at, got)
		}
	}
}
