package performance

import (
	"slices"
	"time"

	"github.com/hexabuilders/campaignd/localday"
)

// Restated says that a commit changed local days of a campaign that were
// already over: what was reported about them is no longer what is known. There
// is at most one a commit and campaign. A day of which nothing was known before,
// and of which nothing states a cause, is reported for the first time: that
// contradicts nobody, and is no restatement.
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
func (w *watcher) restated() error {
	today := localday.Of(w.at, w.part.Zone)
	begin, _ := localday.Bounds(today, w.part.Zone)
	over := begin.UnixMicro()
	if w.part.Events[0].OccurredAt >= over {
		return nil
	}
	out := Restated{Currency: w.part.Currency, Causes: map[string]int64{}}
	brought := map[localday.Day]int64{} // events of this part
	for i := range w.part.Rollups {
		if r := &w.part.Rollups[i]; r.Bucket == Day && r.Start < int64(today) {
			out.add(localday.Day(r.Start), &r.Cell)
			brought[localday.Day(r.Start)] += r.Cell.Events
		}
	}
	causes := w.causes(over)
	if err := w.leaveOutFirst(&out, brought, causes); err != nil || len(out.Days) == 0 {
		return err
	}
	for _, d := range out.Days {
		for cause, n := range causes[d.Day] {
			out.Causes[cause] += n
		}
	}
	out.DaysTotal = len(out.Days)
	out.Days = out.Days[max(0, len(out.Days)-maxRestatedDays):]
	w.record(out)
	return nil
}

// causes counts the events before a moment by day and stated cause.
func (w *watcher) causes(over int64) map[localday.Day]map[string]int64 {
	found := map[localday.Day]map[string]int64{}
	finder := dayFinder{zone: w.part.Zone}
	for _, e := range w.part.Events {
		if e.OccurredAt >= over {
			break
		}
		day := finder.of(e.OccurredAt)
		if found[day] == nil {
			found[day] = map[string]int64{}
		}
		found[day][statedCause(e)]++
	}
	return found
}

// leaveOutFirst takes out the days that are reported for the first time. The
// rest of an import that takes several commits to report one day is a
// restatement of it.
func (w *watcher) leaveOutFirst(r *Restated, brought map[localday.Day]int64, causes map[localday.Day]map[string]int64) error {
	days := make([]int64, len(r.Days))
	for i, d := range r.Days {
		days[i] = int64(d.Day)
	}
	known, err := w.after.DayEvents(days)
	if err != nil {
		return err
	}
	r.Days = slices.DeleteFunc(r.Days, func(d RestatedDay) bool {
		return known[int64(d.Day)] <= brought[d.Day] && causes[d.Day][CauseLate] == brought[d.Day]
	})
	return nil
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
