package rule

import (
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// Campaign is what rules need to know of a campaign.
type Campaign struct {
	Partner     uuid.UUID
	ID          uuid.UUID
	Name        string
	Type        string
	Currency    money.Currency
	Zone        *time.Location
	ActiveSince *time.Time // nil while it is not ACTIVE
	Over        bool       // COMPLETED or CANCELLED
	Start, End  *time.Time // of its schedule
	Limit       int64      // of its budget, micros
	Daily       bool       // the limit is each local day's
}

// Tracker adds up a campaign's facts as they are recorded: by local day, for
// the newest hour, and over its life. It holds a few hundred bytes a day and
// channel.
type Tracker struct {
	zone   *time.Location
	keep   int   // local days
	known  int64 // recorded_at of the last commit
	newest int64 // the greatest occurred_at, microseconds
	life   cells
	hour   cells // of newest
	days   map[localday.Day]cells
	last   map[string][2]int64 // by channel: when there last were impressions, and spend
}

// cells are sums by channel.
type cells map[string]*performance.Sums

func (c cells) add(channel string, s performance.Sums) {
	to := c[channel]
	if to == nil {
		to = &performance.Sums{}
		c[channel] = to
	}
	for m := range to {
		to[m] += s[m]
	}
}

// of is the sum over channels, all of them when none is named.
func (c cells) of(channels []string) performance.Sums {
	var sum performance.Sums
	add := func(s *performance.Sums) {
		for m := range sum {
			sum[m] += s[m]
		}
	}
	if len(channels) == 0 {
		for _, s := range c {
			add(s)
		}
		return sum
	}
	for _, name := range channels {
		if s := c[name]; s != nil {
			add(s)
		}
	}
	return sum
}

// NewTracker keeps so many local days of a zone.
func NewTracker(zone *time.Location, keep int) *Tracker {
	return &Tracker{zone: zone, keep: keep, life: cells{}, hour: cells{}, days: map[localday.Day]cells{}, last: map[string][2]int64{}}
}

const hourMicros = int64(time.Hour / time.Microsecond)

func hourOf(at int64) int64 { return at - ((at%hourMicros)+hourMicros)%hourMicros }

// Fold counts the events of one commit. A commit that is not later than the
// last one has been counted.
func (t *Tracker) Fold(recordedAt int64, events []performance.Event) {
	if recordedAt <= t.known {
		return
	}
	t.known = recordedAt
	var day localday.Day
	var from, to int64
	for i := range events {
		e := &events[i]
		sums := performance.SumsOf(e.Metrics)
		if e.OccurredAt < from || e.OccurredAt >= to {
			day = localday.Of(time.UnixMicro(e.OccurredAt), t.zone)
			begin, end := localday.Bounds(day, t.zone)
			from, to = begin.UnixMicro(), end.UnixMicro()
		}
		if t.days[day] == nil {
			t.days[day] = cells{}
		}
		t.days[day].add(e.Channel, sums)
		t.life.add(e.Channel, sums)
		t.addHour(e, sums)
		t.noteDelivery(e, sums)
	}
	t.forget(localday.Of(time.UnixMicro(recordedAt), t.zone))
}

func (t *Tracker) addHour(e *performance.Event, s performance.Sums) {
	switch at := hourOf(e.OccurredAt); {
	case at < hourOf(t.newest):
		return
	case at > hourOf(t.newest):
		t.hour = cells{}
	}
	t.newest = max(t.newest, e.OccurredAt)
	t.hour.add(e.Channel, s)
}

func (t *Tracker) noteDelivery(e *performance.Event, s performance.Sums) {
	last := t.last[e.Channel]
	for i, m := range []performance.Metric{performance.Impressions, performance.Spend} {
		if s[m] > 0 {
			last[i] = max(last[i], e.OccurredAt)
		}
	}
	t.last[e.Channel] = last
}

// forget drops the days that no window holds any more.
func (t *Tracker) forget(today localday.Day) {
	for day := range t.days {
		if int(today-day) >= t.keep {
			delete(t.days, day)
		}
	}
}

// lastDelivery is when a channel of these last had impressions (0) or spend (1);
// 0 for never.
func (t *Tracker) lastDelivery(which int, channels []string) int64 {
	latest := int64(0)
	if len(channels) == 0 {
		for _, at := range t.last {
			latest = max(latest, at[which])
		}
	}
	for _, c := range channels {
		latest = max(latest, t.last[c][which])
	}
	return latest
}
