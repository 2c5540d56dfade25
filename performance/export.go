package performance

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
)

// ExportQuery chooses the events to export. Zero times are no bounds.
type ExportQuery struct {
	From, To time.Time // of occurred_at, half-open
	KnownAt  time.Time // what had been recorded by then; zero is what is settled
}

// Export is the raw events of one campaign or of all of a partner's, as known
// at one moment however long it takes to read them.
type Export struct {
	KnownAt time.Time
	Custom  []string // the names of all custom values, for a table's columns

	log       Reader
	partner   uuid.UUID
	campaigns []uuid.UUID
	span      Span
}

// Export prepares an export of a campaign, or with uuid.Nil of all the partner's
// campaigns that have delivered anything. It fails with ErrNotFound and
// ErrRange.
func (s *Service) Export(ctx context.Context, partner, campaign uuid.UUID, q ExportQuery) (*Export, error) {
	if campaign != uuid.Nil {
		subject, err := s.subject(ctx, partner, campaign)
		if err != nil {
			return nil, err
		}
		partner = subject.Partner
	}
	x := &Export{log: s.log, partner: partner, span: Everything}
	if !q.From.IsZero() {
		x.span.From = q.From.UnixMicro()
	}
	if !q.To.IsZero() {
		x.span.To = q.To.UnixMicro()
	}
	if x.span.From >= x.span.To {
		return nil, ErrRange.With("from must be before to.")
	}
	settled, err := s.log.Settled(ctx, partner)
	if err != nil {
		return nil, err
	}
	if !q.KnownAt.IsZero() {
		settled = min(settled, q.KnownAt.UnixMicro())
	}
	x.KnownAt, x.span.KnownTo = time.UnixMicro(settled).UTC(), settled+1
	err = x.look(ctx, campaign)
	return x, err
}

// look lists the campaigns and the names of their custom values, which the
// running totals know without reading the log.
func (x *Export) look(ctx context.Context, campaign uuid.UUID) error {
	cells, err := x.log.Totals(ctx, x.partner, campaign)
	if err != nil {
		return err
	}
	for _, c := range cells {
		x.campaigns = append(x.campaigns, c.Campaign)
		for _, v := range c.Custom {
			x.Custom = append(x.Custom, v.Name)
		}
	}
	slices.SortFunc(x.campaigns, compareIDs)
	x.campaigns = slices.Compact(x.campaigns)
	slices.Sort(x.Custom)
	x.Custom = slices.Compact(x.Custom)
	return nil
}

// Each calls f with the events, campaign by campaign and in the order in which
// they became known. It holds one page of the log at a time; f must not keep
// the events.
func (x *Export) Each(ctx context.Context, f func(events []Event) error) error {
	var some []Event
	for _, campaign := range x.campaigns {
		err := x.log.Replay(ctx, x.partner, campaign, x.span, 0, func(_ int64, events []Event) error {
			some = some[:0]
			for i := range events {
				if at := events[i].OccurredAt; at >= x.span.From && at < x.span.To {
					some = append(some, events[i])
				}
			}
			return f(some)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
