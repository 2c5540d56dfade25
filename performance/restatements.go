package performance

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
)

// RestatementQuery asks what a campaign's local days were said to be at one
// moment, and at a later one.
type RestatementQuery struct {
	// From and To are moments of the known clock. Zero From is the beginning of
	// the last local day that is over, zero To what is settled now.
	From, To time.Time
	Limit    int    // days a page; 0 is 31, at most MaxRestatedDays
	Cursor   string // next of the page before
}

// MaxRestatedDays bounds a page.
const MaxRestatedDays = 366

// Restatements are the days that were restated between two moments, the latest
// day first.
type Restatements struct {
	Campaign uuid.UUID
	Currency string
	Zone     *time.Location
	From, To time.Time // To as asked, or cut back to what is settled
	Days     []DayRestatement
	Next     string // the next page's cursor; empty after the last
}

// DayRestatement is one local day. Before is exactly what a query with known_at
// From answers of it, After what one with To does.
type DayRestatement struct {
	Day           localday.Day
	From, To      time.Time
	Before, After Totals
	Causes        []RestatementCause // they add up to the difference
}

// RestatementCause is the share that events of one cause have in a change.
type RestatementCause struct {
	Cause               string // stated, or CauseLate or CauseDelivery
	Delta               Totals
	References, Sources []string // the first maxNamed of each, in order
	More                bool     // there are further references or sources
}

// maxNamed bounds the references and sources named of one cause.
const maxNamed = 20

// Restatements tells what changed between two moments of knowledge, per local
// day and why. A day is listed when something was recorded about it after it was
// over, or that states a cause; one that only ran on is not. Its errors are
// ErrNotFound, ErrRange and ErrCursor.
func (s *Service) Restatements(ctx context.Context, partner, campaign uuid.UUID, q RestatementQuery) (Restatements, error) {
	subject, err := s.subject(ctx, partner, campaign)
	if err != nil {
		return Restatements{}, err
	}
	settled, err := s.log.Settled(ctx, subject.Partner)
	if err != nil {
		return Restatements{}, err
	}
	out := Restatements{Campaign: campaign, Currency: subject.Currency, Zone: subject.Zone}
	if out.From, out.To, err = s.between(q, subject, settled); err != nil || !out.From.Before(out.To) {
		return out, err
	}
	found, err := s.restatedDays(ctx, subject, out.From.UnixMicro(), out.To.UnixMicro())
	if err != nil {
		return out, err
	}
	days, next, err := pageOfDays(found, q)
	if err != nil {
		return out, err
	}
	out.Next = next
	out.Days = make([]DayRestatement, len(days))
	for i, day := range days {
		out.Days[i] = found[day].describe(subject, day)
	}
	err = s.compareDays(ctx, subject, &out)
	return out, err
}

// between makes the moments definite.
func (s *Service) between(q RestatementQuery, subject Subject, settled int64) (from, to time.Time, err error) {
	from, to = q.From, q.To
	if from.IsZero() {
		from, _ = lastClosedDay(s.now(), subject.Zone)
	}
	if !to.IsZero() && !from.Before(to) {
		return from, to, ErrRange.With("between goes from an earlier moment to a later one, and %s is not before %s.",
			from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339))
	}
	if to.IsZero() || to.UnixMicro() > settled {
		to = time.UnixMicro(settled)
	}
	return from.UTC(), to.UTC(), nil
}

// restatedDay gathers what was recorded about one day.
type restatedDay struct {
	causes map[string]*causeSum
}

type causeSum struct {
	Cell
	references, sources names
}

// names is a bounded set.
type names struct {
	list []string
	more bool
}

func (n *names) add(name string) {
	at, found := slices.BinarySearch(n.list, name)
	switch {
	case found || name == "":
	case len(n.list) == maxNamed:
		n.more = true
	default:
		n.list = slices.Insert(n.list, at, strings.Clone(name)) // the event's memory is not ours
	}
}

// restatedDays reads what was recorded between two moments. What it holds grows
// with the days and causes, not with the events.
func (s *Service) restatedDays(ctx context.Context, subject Subject, from, to int64) (map[localday.Day]*restatedDay, error) {
	days := map[localday.Day]*restatedDay{}
	finder := dayFinder{zone: subject.Zone}
	span := Span{From: minMicros, To: maxMicros, KnownFrom: from + 1, KnownTo: to + 1}
	err := s.log.Replay(ctx, subject.Partner, subject.Campaign, span, 0, func(recordedAt int64, events []Event) error {
		for i := range events {
			e := &events[i]
			day := finder.of(e.OccurredAt)
			d := days[day]
			if d == nil {
				if len(days) == MaxItems {
					return ErrRange.With("More than %d days were changed between these moments; ask for a shorter time.", MaxItems)
				}
				d = &restatedDay{map[string]*causeSum{}}
				days[day] = d
			}
			d.add(e, causeOf(e, recordedAt, finder.to))
		}
		return nil
	})
	for day, d := range days {
		if len(d.causes) == 1 && d.causes[CauseDelivery] != nil {
			delete(days, day)
		}
	}
	return days, err
}

func (d *restatedDay) add(e *Event, cause string) {
	c := d.causes[cause]
	if c == nil {
		c = &causeSum{}
		d.causes[strings.Clone(cause)] = c
	}
	c.Add(e)
	c.references.add(e.Reference)
	c.sources.add(e.Source)
}

func (d *restatedDay) describe(subject Subject, day localday.Day) DayRestatement {
	from, to := localday.Bounds(day, subject.Zone)
	out := DayRestatement{Day: day, From: from.UTC(), To: to.UTC()}
	for _, cause := range append(slices.Clone(Causes), CauseLate, CauseDelivery) {
		c := d.causes[cause]
		if c == nil {
			continue
		}
		c.Gauges = [NumGauges]Gauge{} // a gauge has no share in a difference
		out.Causes = append(out.Causes, RestatementCause{
			Cause: cause, Delta: Sum(subject, &c.Cell),
			References: c.references.list, Sources: c.sources.list, More: c.references.more || c.sources.more,
		})
	}
	return out
}

// pageOfDays are the days of a page, the latest first.
func pageOfDays(found map[localday.Day]*restatedDay, q RestatementQuery) (page []localday.Day, next string, err error) {
	limit := q.Limit
	if limit <= 0 || limit > MaxRestatedDays {
		limit = 31
	}
	before := int64(maxMicros)
	if q.Cursor != "" {
		if before, err = strconv.ParseInt(q.Cursor, 36, 64); err != nil {
			return nil, "", ErrCursor.With("The cursor %q is not one of ours.", q.Cursor)
		}
	}
	for day := range found {
		if int64(day) < before {
			page = append(page, day)
		}
	}
	slices.SortFunc(page, func(a, b localday.Day) int { return int(b) - int(a) })
	if len(page) > limit {
		page = page[:limit]
		next = strconv.FormatInt(int64(page[limit-1]), 36)
	}
	return page, next, nil
}

// compareDays fills in what was known before and after. Days that lie close
// together are asked for in one query.
func (s *Service) compareDays(ctx context.Context, subject Subject, r *Restatements) error {
	const near = 14
	for rest := r.Days; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n-1].Day-rest[n].Day <= near {
			n++
		}
		if err := s.compareRun(ctx, subject, r, rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

func (s *Service) compareRun(ctx context.Context, subject Subject, r *Restatements, days []DayRestatement) error {
	for _, known := range []time.Time{r.From, r.To} {
		result, err := s.Metrics(ctx, subject.Partner, subject.Campaign, Query{
			From: days[len(days)-1].From, To: days[0].To, Granularity: "day", KnownAt: known,
		})
		if err != nil {
			return err
		}
		for i := range days {
			totals := Totals{Campaign: subject.Campaign, Currency: subject.Currency}
			for _, item := range result.Items {
				if item.From.Equal(days[i].From) {
					totals = item.Totals
				}
			}
			if known == r.From {
				days[i].Before = totals
			} else {
				days[i].After = totals
			}
		}
	}
	return nil
}

// FirstReport says that nothing was known of the day before and that nothing
// states a cause: it became known late, and contradicts nothing.
func (d *DayRestatement) FirstReport() bool {
	return d.Before.Events == 0 && !slices.ContainsFunc(d.Causes, func(c RestatementCause) bool {
		return c.Cause != CauseLate && c.Cause != CauseDelivery
	})
}

// Delta is how much the sums of the day grew. Gauges are no sums and have none.
func (d *DayRestatement) Delta() Totals { return Difference(d.Before, d.After) }

// Difference is what has to be added to before for the sums of after.
func Difference(before, after Totals) Totals {
	out := Totals{Campaign: after.Campaign, Currency: after.Currency, Events: after.Events - before.Events}
	for m := range Reach {
		*out.At(m) = *after.At(m) - *before.At(m)
	}
	taken := slices.Clone(before.Custom)
	for i := range taken {
		taken[i].Value = -taken[i].Value
	}
	out.Custom = addCustom(after.Custom, taken)
	return out
}

// KPIDifference is how much each KPI moved. One that is not defined before or
// after has no difference, for the same reason.
func KPIDifference(before, after Totals) map[string]KPI {
	was, is := KPIs(before), KPIs(after)
	for name, k := range is {
		b := was[name]
		switch {
		case !k.Defined():
		case !b.Defined():
			k.Value, k.Reason = 0, b.Reason
		default:
			k.Value -= b.Value
		}
		is[name] = k
	}
	return is
}
