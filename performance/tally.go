package performance

import (
	"math"
	"slices"
	"time"

	"github.com/hexabuilders/campaignd/localday"
)

// maxCells bounds what one answer holds in memory while it is added up, some
// 400 bytes each. An answer of MaxItems has a cell for each of its channels.
const maxCells = 8 * MaxItems

// Tally adds events up by bucket, group and channel: what a log that cannot
// answer from its rollups adds to. It takes single events and the sums of many
// alike, and refuses to grow beyond what an answer may hold.
type Tally struct {
	width  Bucket
	zone   *time.Location
	by     []int // places of the dimensions grouped by, in the order asked for
	places map[gridPlace]*slot
	slots  []*slot
}

type gridPlace struct {
	start   int64
	group   [numDimensions]string
	channel string
}

// NewTally has a cell for each bucket of a width (days are those of the zone),
// each channel, and each combination of the values of dimensions, which are
// named as in the API.
func NewTally(width Bucket, zone *time.Location, groupBy ...string) *Tally {
	t := &Tally{width: width, zone: zone, places: map[gridPlace]*slot{}}
	for _, name := range groupBy {
		t.by = append(t.by, slices.Index(dimensionNames[:], name))
	}
	return t
}

// GroupedBy names the places, in the order of Dimensions, of the dimensions that
// the cells are told apart by. Channel is always one of them.
func (t *Tally) GroupedBy() [NumDimensions]bool {
	by := [NumDimensions]bool{true}
	for _, i := range t.by {
		by[i] = true
	}
	return by
}

// Bucket is the bucket of an instant as a half-open range.
func (t *Tally) Bucket(at int64) (from, to int64) {
	switch t.width {
	case Minute:
		from = floor(at, minuteMicros)
		return from, from + minuteMicros
	case Hour:
		from = floor(at, hourMicros)
		return from, from + hourMicros
	case Day:
		start, end := localday.Bounds(localday.Of(time.UnixMicro(at), t.zone), t.zone)
		return start.UnixMicro(), end.UnixMicro()
	}
	return math.MinInt64, math.MaxInt64
}

// Cell finds the cell of an event that happened at an instant. It stays the
// caller's to add to. It fails with ErrRange when there would be too many.
func (t *Tally) Cell(at int64, d *Dimensions) (*Cell, error) {
	start, end := t.Bucket(at)
	s, err := t.at(start, end, d)
	if err != nil {
		return nil, err
	}
	return &s.Cell, nil
}

func (t *Tally) at(start, end int64, d *Dimensions) (*slot, error) {
	place := gridPlace{start: start, channel: d.Channel}
	for i, dimension := range t.by {
		place.group[i] = *d.Nth(dimension)
	}
	s := t.places[place]
	if s == nil {
		if len(t.slots) == maxCells {
			return nil, ErrRange.With("The answer has too many groups; ask for fewer dimensions or a shorter range.")
		}
		s = &slot{start: start, end: end, group: place.group, channel: d.Channel}
		t.places[place] = s
		t.slots = append(t.slots, s)
	}
	return s, nil
}

// Add counts one event.
func (t *Tally) Add(e *Event) error {
	c, err := t.Cell(e.OccurredAt, &e.Dimensions)
	if err == nil {
		c.Add(e)
	}
	return err
}

// TallyCell is one cell of a tally.
type TallyCell struct {
	From, To int64    // its bucket
	Group    []string // by the dimensions grouped by
	Channel  string
	Cell
}

// Cells are the cells in the order of bucket, group and channel.
func (t *Tally) Cells() []TallyCell {
	slices.SortFunc(t.slots, compareSlots)
	cells := make([]TallyCell, len(t.slots))
	for i, s := range t.slots {
		cells[i] = TallyCell{s.start, s.end, s.group[:len(t.by)], s.channel, s.Cell}
	}
	return cells
}
