package performance

import (
	"slices"
	"strings"
	"time"
)

const numDimensions = 7

var dimensionNames = [numDimensions]string{"channel", "source", "ad", "creative", "audience", "country", "device"}

// Named points to a dimension by its name in the API; nil when there is none.
func (d *Dimensions) Named(name string) *string {
	all := [numDimensions]*string{&d.Channel, &d.Source, &d.Ad, &d.Creative, &d.Audience, &d.Country, &d.Device}
	if i := slices.Index(dimensionNames[:], name); i >= 0 {
		return all[i]
	}
	return nil
}

// grid finds the slot of a bucket, group and channel.
type grid struct {
	groupBy []string
	places  map[gridPlace]*slot
	slots   []*slot
}

type gridPlace struct {
	start   int64
	group   [numDimensions]string
	channel string
}

func newGrid(a *ask) *grid { return &grid{groupBy: a.groupBy, places: map[gridPlace]*slot{}} }

func (g *grid) at(start, end int64, d *Dimensions) *slot {
	place := gridPlace{start: start, channel: d.Channel}
	for i, name := range g.groupBy {
		place.group[i] = *d.Named(name)
	}
	s := g.places[place]
	if s == nil {
		s = &slot{start: start, end: end, group: place.group, channel: d.Channel}
		g.places[place] = s
		g.slots = append(g.slots, s)
	}
	return s
}

func compareSlots(x, y *slot) int {
	if x.start != y.start {
		return compareInts(x.start, y.start)
	}
	for i := range x.group {
		if c := strings.Compare(x.group[i], y.group[i]); c != 0 {
			return c
		}
	}
	return strings.Compare(x.channel, y.channel)
}

func compareInts(a, b int64) int {
	if a < b {
		return -1
	}
	return 1
}

// items joins the channels of each bucket and group. A total has one item even
// when nothing was delivered.
func (a *ask) items(slots []*slot) ([]Item, error) {
	slices.SortStableFunc(slots, compareSlots)
	var items []Item
	for len(slots) > 0 {
		n := 1
		for n < len(slots) && slots[n].start == slots[0].start && slots[n].group == slots[0].group {
			n++
		}
		items = append(items, a.item(slots[:n]))
		slots = slots[n:]
	}
	if a.width == Total && len(items) == 0 && len(a.groupBy) == 0 {
		items = append(items, a.item([]*slot{{start: a.from, end: a.to}}))
	}
	if len(items) > MaxItems {
		return nil, ErrRange.With("The answer has more than %d items.", MaxItems)
	}
	return items, nil
}

func (a *ask) item(slots []*slot) Item {
	cells := make([]*Cell, len(slots))
	for i, s := range slots {
		cells[i] = &s.Cell
	}
	item := Item{From: bound(slots[0].start), To: bound(slots[0].end), Totals: Sum(a.Subject, cells...)}
	if len(a.groupBy) > 0 {
		item.Group = map[string]string{}
	}
	for i, name := range a.groupBy {
		item.Group[name] = slots[0].group[i]
	}
	return item
}

// bound is the zero time for the ends of everything.
func bound(at int64) time.Time {
	if at == minMicros || at == maxMicros {
		return time.Time{}
	}
	return time.UnixMicro(at).UTC()
}
