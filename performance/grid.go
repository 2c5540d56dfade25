package performance

import (
	"slices"
	"strings"
	"time"
)

// NumDimensions is how many dimensions an event has.
const NumDimensions = 7

const numDimensions = NumDimensions

var dimensionNames = [numDimensions]string{"channel", "source", "ad", "creative", "audience", "country", "device"}

// Nth points to a dimension by its place in the order of the fields.
func (d *Dimensions) Nth(place int) *string {
	return [numDimensions]*string{&d.Channel, &d.Source, &d.Ad, &d.Creative, &d.Audience, &d.Country, &d.Device}[place]
}

// Named points to a dimension by its name in the API; nil when there is none.
func (d *Dimensions) Named(name string) *string {
	if i := slices.Index(dimensionNames[:], name); i >= 0 {
		return d.Nth(i)
	}
	return nil
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
