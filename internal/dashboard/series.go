package dashboard

import (
	"encoding/json"
	"time"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// point is one bucket of the chart. What was not reported is 0 there: the
// buckets are of what was, by when it happened.
type point struct {
	T           int64  `json:"t"` // the bucket's start, in milliseconds since 1970 UTC
	Impressions int64  `json:"impressions"`
	Clicks      int64  `json:"clicks"`
	Conversions int64  `json:"conversions"`
	Spend       string `json:"spend"`
}

// How far back each step goes.
const (
	minutesBack = 60
	hoursBack   = 48
	daysBack    = 30
)

// series answers the chart's script.
func (v *visit) series() error {
	s, err := v.one()
	if err != nil {
		return err
	}
	step := v.r.FormValue("step")
	if !isStep(step) {
		step = steps[0]
	}
	starts := bucketStarts(v.now, s.zone, step)
	q := performance.Query{From: starts[0], To: v.now.Add(time.Minute), Granularity: step}
	result, err := v.d.Performance.Metrics(v.r.Context(), s.Partner, s.ID, q)
	if err != nil {
		return err
	}
	marks := []chartMark{}
	if step != "minute" { // an hour has no place among minutes
		if marks, err = v.chartMarks(s, starts); err != nil {
			return err
		}
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(v.w).Encode(map[string]any{"step": step, "currency": s.Currency, "points": points(starts, result.Items), "marks": marks})
}

// bucketStarts are the starts of the buckets up to now, without gaps.
func bucketStarts(now time.Time, zone *time.Location, step string) []time.Time {
	var starts []time.Time
	switch step {
	case "minute":
		last := now.Truncate(time.Minute)
		for i := minutesBack - 1; i >= 0; i-- {
			starts = append(starts, last.Add(-time.Duration(i)*time.Minute))
		}
	case "hour":
		last := now.Truncate(time.Hour)
		for i := hoursBack - 1; i >= 0; i-- {
			starts = append(starts, last.Add(-time.Duration(i)*time.Hour))
		}
	default:
		today := localday.Of(now, zone)
		for i := localday.Day(daysBack - 1); i >= 0; i-- {
			from, _ := localday.Bounds(today-i, zone)
			starts = append(starts, from)
		}
	}
	return starts
}

// points puts the items into their buckets.
func points(starts []time.Time, items []performance.Item) []point {
	all := make([]point, len(starts))
	at := make(map[int64]int, len(starts))
	for i, start := range starts {
		all[i] = point{T: start.UnixMilli(), Spend: "0"}
		at[start.UnixMilli()] = i
	}
	for _, item := range items {
		i, ok := at[item.From.UnixMilli()]
		if !ok {
			continue
		}
		all[i].Impressions, all[i].Clicks, all[i].Conversions = item.Impressions, item.Clicks, item.Conversions
		all[i].Spend = money.FormatMicros(item.Spend)
	}
	return all
}
