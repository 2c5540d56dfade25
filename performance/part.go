package performance

import (
	"time"

	"github.com/hexabuilders/campaignd/localday"
)

// Rollup is the cell of one bucket and channel. Start is microseconds since
// 1970 UTC for minutes and hours, and a localday.Day for days.
type Rollup struct {
	Bucket  Bucket
	Start   int64
	Channel string
	Cell
}

// DaySpend is the spend that a commit adds to one local day.
type DaySpend struct {
	Day    localday.Day
	Amount int64 // micros; may be negative
}

// Part is what one commit holds for one campaign, summed up in every way that
// the store keeps. Its events are in the order of compareEvents.
type Part struct {
	Subject
	Events  []*Event
	Total   Cell
	Rollups []Rollup // minutes, then hours, then days; each in the order of Start
	Spend   []DaySpend
}

const (
	minuteMicros = int64(time.Minute / time.Microsecond)
	hourMicros   = 60 * minuteMicros
)

// NewPart sums the events of one campaign up; it sorts them.
func NewPart(s Subject, events []*Event) *Part {
	sortEvents(events)
	p := &Part{Subject: s, Events: events}
	for _, e := range events {
		p.Total.Add(e)
	}
	p.rollUp(Minute, func(at int64) int64 { return floor(at, minuteMicros) })
	p.rollUp(Hour, func(at int64) int64 { return floor(at, hourMicros) })
	days := dayFinder{zone: s.Zone}
	first := len(p.Rollups)
	p.rollUp(Day, func(at int64) int64 { return int64(days.of(at)) })
	p.addSpend(p.Rollups[first:])
	return p
}

// rollUp adds the cells of one width. The events are in the order of time, so
// the cells of the bucket at hand are the last ones.
func (p *Part) rollUp(width Bucket, start func(at int64) int64) {
	first := len(p.Rollups)
	for _, e := range p.Events {
		p.cell(first, width, start(e.OccurredAt), e.Channel).Add(e)
	}
}

func (p *Part) cell(first int, width Bucket, start int64, channel string) *Cell {
	for i := len(p.Rollups) - 1; i >= first && p.Rollups[i].Start == start; i-- {
		if p.Rollups[i].Channel == channel {
			return &p.Rollups[i].Cell
		}
	}
	p.Rollups = append(p.Rollups, Rollup{Bucket: width, Start: start, Channel: channel})
	return &p.Rollups[len(p.Rollups)-1].Cell
}

func (p *Part) addSpend(days []Rollup) {
	for _, d := range days {
		day, amount := localday.Day(d.Start), d.Sums[Spend]
		if last := len(p.Spend) - 1; last >= 0 && p.Spend[last].Day == day {
			p.Spend[last].Amount += amount
		} else if amount != 0 {
			p.Spend = append(p.Spend, DaySpend{day, amount})
		}
	}
}

// floor rounds down to a multiple of width, also before 1970.
func floor(at, width int64) int64 {
	r := at % width
	if r < 0 {
		r += width
	}
	return at - r
}

// dayFinder finds local days; instants of the day found last cost a comparison.
type dayFinder struct {
	zone     *time.Location
	day      localday.Day
	from, to int64
}

func (f *dayFinder) of(at int64) localday.Day {
	if at < f.from || at >= f.to {
		f.day = localday.Of(time.UnixMicro(at), f.zone)
		from, to := localday.Bounds(f.day, f.zone)
		f.from, f.to = from.UnixMicro(), to.UnixMicro()
	}
	return f.day
}
