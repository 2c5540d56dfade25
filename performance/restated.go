package performance

import (
	"time"

	"github.com/hexabuilders/campaignd/localday"
)

// Restated says that a commit changed local days of a campaign that were
// already over: what was reported about them is no longer what is known. There
// is at most one a commit and campaign.
type Restated struct {
	Currency  string           `json:"currency"`
	Days      []RestatedDay    `json:"days"`       // the latest maxRestatedDays of them, in order
	DaysTotal int              `json:"days_total"` // how many there are
	Causes    map[string]int64 `json:"causes"`     // events by stated cause; "late" states none
}

// RestatedDay is what the commit added to one local day.
type RestatedDay struct {
	Day   localday.Day `json:"day"`
	Delta Sums         `json:"delta"`
}

// EventType is the event's public name.
func (Restated) EventType() string { return "performance.restated" }

// maxRestatedDays bounds the event; late data may be 90 days late.
const maxRestatedDays = 92

// restated announces changes of days that were over when the commit was made.
// Nearly every commit has none, which the first of its events tells.
func (w *watcher) restated() {
	today := localday.Of(w.at, w.part.Zone)
	begin, _ := localday.Bounds(today, w.part.Zone)
	over := begin.UnixMicro()
	if w.part.Events[0].OccurredAt >= over {
		return
	}
	out := Restated{Currency: w.part.Currency, Causes: map[string]int64{}}
	for _, e := range w.part.Events {
		if e.OccurredAt >= over {
			break
		}
		out.Causes[statedCause(e)]++
	}
	for i := range w.part.Rollups {
		if r := &w.part.Rollups[i]; r.Bucket == Day && r.Start < int64(today) {
			out.add(localday.Day(r.Start), &r.Cell)
		}
	}
	out.DaysTotal = len(out.Days)
	out.Days = out.Days[max(0, len(out.Days)-maxRestatedDays):]
	w.record(out)
}

func statedCause(e *Event) string {
	if e.Cause == "" {
		return CauseLate
	}
	return e.Cause
}

// add joins the channels of a day; days come in their order.
func (r *Restated) add(day localday.Day, c *Cell) {
	if last := len(r.Days) - 1; last < 0 || r.Days[last].Day != day {
		r.Days = append(r.Days, RestatedDay{Day: day})
	}
	delta := &r.Days[len(r.Days)-1].Delta
	for m := range c.Sums {
		delta[m] += c.Sums[m]
	}
}

// causeOf is why an event that was recorded at a moment changed its day, which
// ended at another.
func causeOf(e *Event, recordedAt, dayEnd int64) string {
	if e.Cause == "" && recordedAt < dayEnd {
		return CauseDelivery
	}
	return statedCause(e)
}

// lastClosedDay is the local day before the one that a moment lies in.
func lastClosedDay(now time.Time, zone *time.Location) (from, to time.Time) {
	return localday.Bounds(localday.Of(now, zone)-1, zone)
}
