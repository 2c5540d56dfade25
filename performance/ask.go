package performance

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
)

var widths = map[string]Bucket{"": Total, "total": Total, "minute": Minute, "hour": Hour, "day": Day}

var widthNames = map[Bucket]string{Total: "total", Minute: "minute", Hour: "hour", Day: "day"}

// Metrics answers a query about one campaign. Its errors are ErrNotFound,
// ErrRange, ErrGranularity and ErrGroupBy.
func (s *Service) Metrics(ctx context.Context, partner, campaign uuid.UUID, q Query) (Result, error) {
	subject, err := s.subject(ctx, partner, campaign)
	if err != nil {
		return Result{}, err
	}
	a, cells, err := s.settledCells(ctx, subject, q)
	if err != nil {
		return Result{}, err
	}
	result := Result{
		Campaign: campaign, Currency: subject.Currency, At: q.At, KnownAt: time.UnixMicro(a.knownAt).UTC(),
		Granularity: widthNames[a.width],
	}
	result.Items, err = a.items(cells)
	return result, err
}

// settledCells reads the cells as known at one moment. Commits go on while it
// reads: when one has come in between, it reads again, and in the end from the
// events, which say when they were recorded.
func (s *Service) settledCells(ctx context.Context, subject Subject, q Query) (*ask, []*slot, error) {
	settled, err := s.log.Settled(ctx, subject.Partner)
	for try := 0; err == nil; try++ {
		a, err := newAsk(subject, q, s.now(), settled)
		if err != nil {
			return nil, nil, err
		}
		a.asKnown = a.asKnown || try == 3
		cells, err := a.cells(ctx, s.log)
		if err != nil || a.asKnown {
			return a, cells, err
		}
		before := settled
		if settled, err = s.log.Settled(ctx, subject.Partner); err != nil || settled == before {
			return a, cells, err
		}
	}
	return nil, nil, err
}

// subject finds a campaign; a partner of uuid.Nil, an administrator's, finds
// every partner's.
func (s *Service) subject(ctx context.Context, partner, campaign uuid.UUID) (Subject, error) {
	found, err := s.subjects.of(ctx, partner, []uuid.UUID{campaign})
	if err != nil {
		return Subject{}, err
	}
	if found[campaign] == nil {
		return Subject{}, ErrNotFound
	}
	return *found[campaign], nil
}

// ask is a query made definite.
type ask struct {
	Subject
	width    Bucket
	groupBy  []string
	from, to int64 // of occurred_at
	bounded  bool  // the range was given or chosen: a total names it
	cut      bool  // at is earlier than the range's end
	asKnown  bool  // known_at is earlier than what is settled
	knownAt  int64
}

func newAsk(subject Subject, q Query, now time.Time, settled int64) (*ask, error) {
	a := &ask{Subject: subject, groupBy: q.GroupBy, from: minMicros, to: maxMicros, knownAt: settled}
	var ok bool
	if a.width, ok = widths[q.Granularity]; !ok {
		return nil, ErrGranularity.With("The granularity %q is not known.", q.Granularity)
	}
	for i, name := range q.GroupBy {
		if (&Dimensions{}).Named(name) == nil {
			return nil, ErrGroupBy.With("%q is not a dimension.", name)
		}
		if slices.Contains(q.GroupBy[:i], name) {
			return nil, ErrGroupBy.With("%q stands there twice.", name)
		}
	}
	if !q.KnownAt.IsZero() && q.KnownAt.UnixMicro() < settled {
		a.knownAt, a.asKnown = q.KnownAt.UnixMicro(), true
	}
	a.setRange(q, now)
	if a.from >= a.to {
		return nil, ErrRange.With("from must be before to.")
	}
	if at := q.At.UnixMicro() + 1; !q.At.IsZero() && at < a.to { // what happened at the moment itself counts
		a.to, a.cut = at, true
	}
	if err := a.checkLength(); err != nil {
		return nil, err
	}
	return a, nil
}

// setRange fills in what was not asked for. A range that was chosen begins and
// ends where buckets do.
func (a *ask) setRange(q Query, now time.Time) {
	if !q.From.IsZero() {
		a.from, a.bounded = q.From.UnixMicro(), true
	}
	if !q.To.IsZero() {
		a.to, a.bounded = q.To.UnixMicro(), true
	}
	if a.width == Total {
		return
	}
	if q.To.IsZero() {
		end := now
		if !q.At.IsZero() && q.At.Before(now) {
			end = q.At
		}
		_, a.to = a.bucket(end.UnixMicro())
	}
	if q.From.IsZero() {
		back := map[Bucket]time.Duration{Minute: 60 * time.Minute, Hour: 48 * time.Hour, Day: 30 * 24 * time.Hour}[a.width]
		a.from, _ = a.bucket(a.to - back.Microseconds())
	}
	a.bounded = true
}

// checkLength bounds the number of buckets.
func (a *ask) checkLength() error {
	length := map[Bucket]int64{Minute: minuteMicros, Hour: hourMicros, Day: 24 * hourMicros}[a.width]
	if a.width != Total && a.to/length-a.from/length > MaxItems {
		return ErrRange.With("The range has more than %d buckets of a %s.", MaxItems, widthNames[a.width])
	}
	return nil
}

// bucket is the bucket of an instant as a half-open range.
func (a *ask) bucket(at int64) (from, to int64) {
	if a.width == Total {
		return a.from, a.to
	}
	return a.tally().Bucket(at)
}

// tally is an empty one for this answer.
func (a *ask) tally() *Tally { return NewTally(a.width, a.Zone, a.groupBy...) }

func dayRange(day localday.Day, zone *time.Location) (from, to int64) {
	start, end := localday.Bounds(day, zone)
	return start.UnixMicro(), end.UnixMicro()
}

// slot is a cell of the answer before channels are joined.
type slot struct {
	start, end int64
	group      [numDimensions]string
	channel    string
	Cell
}

// cells reads from the sums that are kept when they can answer, and otherwise
// from the events. Both give the same.
func (a *ask) cells(ctx context.Context, log Reader) ([]*slot, error) {
	byChannel := len(a.groupBy) == 0 || len(a.groupBy) == 1 && a.groupBy[0] == "channel"
	switch {
	case a.asKnown || !byChannel || a.cut:
	case a.width == Total && a.from == minMicros && a.to == maxMicros && len(a.groupBy) == 0:
		return a.fromTotals(ctx, log)
	case a.width == Total && a.from == minMicros && a.to == maxMicros:
		return a.fromRollups(ctx, log, Day, minMicros, maxMicros)
	case a.width == Total && a.whole(hourMicros):
		return a.fromRollups(ctx, log, Hour, a.from, a.to)
	case a.width == Total && a.whole(minuteMicros):
		return a.fromRollups(ctx, log, Minute, a.from, a.to)
	case (a.width == Minute || a.width == Hour) && a.aligned():
		return a.fromRollups(ctx, log, a.width, a.from, a.to)
	case a.width == Day && a.aligned():
		first, last := localday.Of(time.UnixMicro(a.from), a.Zone), localday.Of(time.UnixMicro(a.to-1), a.Zone)
		return a.fromRollups(ctx, log, Day, int64(first), int64(last)+1)
	}
	return a.fromEvents(ctx, log)
}

// aligned reports whether the range begins and ends where buckets do.
func (a *ask) aligned() bool {
	first, _ := a.bucket(a.from)
	_, last := a.bucket(a.to - 1)
	return first == a.from && last == a.to
}

// whole reports whether the range is made of not too many buckets of a width.
func (a *ask) whole(width int64) bool {
	return floor(a.from, width) == a.from && floor(a.to, width) == a.to && (a.to-a.from)/width <= MaxItems
}

func (a *ask) fromTotals(ctx context.Context, log Reader) ([]*slot, error) {
	totals, err := log.Totals(ctx, a.Partner, a.Campaign)
	if err != nil {
		return nil, err
	}
	var slots []*slot
	for _, t := range totals {
		slots = append(slots, &slot{start: a.from, end: a.to, channel: t.Channel, Cell: t.Cell})
	}
	return slots, nil
}

func (a *ask) fromRollups(ctx context.Context, log Reader, width Bucket, from, to int64) ([]*slot, error) {
	rollups, err := log.Rollups(ctx, a.Partner, a.Campaign, width, from, to)
	if err != nil {
		return nil, err
	}
	t := a.tally()
	for i := range rollups {
		r := &rollups[i]
		start, end := a.from, a.to
		switch a.width {
		case Minute:
			start, end = r.Start, r.Start+minuteMicros
		case Hour:
			start, end = r.Start, r.Start+hourMicros
		case Day:
			start, end = dayRange(localday.Day(r.Start), a.Zone)
		}
		s, err := t.at(start, end, &Dimensions{Channel: r.Channel})
		if err != nil {
			return nil, err
		}
		s.Merge(&r.Cell)
	}
	return t.slots, nil
}

// fromEvents adds up what happened in the range and was known.
func (a *ask) fromEvents(ctx context.Context, log Reader) ([]*slot, error) {
	t := a.tally()
	span := Span{From: a.from, To: a.to, KnownFrom: minMicros, KnownTo: a.knownAt + 1}
	if err := log.Tally(ctx, a.Partner, a.Campaign, span, t); err != nil {
		return nil, err
	}
	for _, s := range t.slots {
		if a.width == Total {
			s.start, s.end = a.from, a.to
		}
	}
	return t.slots, nil
}
