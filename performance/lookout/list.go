package lookout

import (
	"context"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/anomaly"
)

// Listed is an anomaly with what has become of its hour since.
type Listed struct {
	Anomaly
	// Present is the figure as it stands now, a decimal; nil when it has none,
	// or the hour is so old that only days are kept.
	Present *string `json:"present"`
	// Restated says that later data has changed it.
	Restated bool `json:"restated"`
}

// List is a page of anomalies of a partner, or of every partner with uuid.Nil;
// the latest hours first. It fails with performance.ErrNotFound for a campaign
// that is not the partner's, and performance.ErrRange for a range without end.
func (s *Service) List(ctx context.Context, partner uuid.UUID, q Query) (items []Listed, next string, err error) {
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return nil, "", performance.ErrRange.With("from must be before to.")
	}
	if q.Campaign != uuid.Nil {
		found, err := s.directory.Subjects(ctx, partner, []uuid.UUID{q.Campaign})
		if err != nil {
			return nil, "", err
		}
		if _, ok := found[q.Campaign]; !ok {
			return nil, "", performance.ErrNotFound
		}
	}
	all, next, err := s.store.List(ctx, partner, q)
	if err != nil {
		return nil, "", err
	}
	items = make([]Listed, len(all))
	hours := map[place]*performance.Totals{}
	for i := range all {
		if items[i], err = s.listed(ctx, hours, &all[i]); err != nil {
			return nil, "", err
		}
	}
	return items, next, nil
}

// place is an hour of a campaign; a page often has several of one.
type place struct {
	campaign uuid.UUID
	start    int64
}

func (s *Service) listed(ctx context.Context, hours map[place]*performance.Totals, a *Anomaly) (Listed, error) {
	at := place{a.Campaign, a.From.UnixMicro()}
	totals := hours[at]
	if totals == nil {
		rollups, err := s.numbers.Rollups(ctx, a.Partner, a.Campaign, performance.Hour, at.start, at.start+hour)
		if err != nil {
			return Listed{}, err
		}
		cells := make([]*performance.Cell, len(rollups))
		for i := range rollups {
			cells[i] = &rollups[i].Cell
		}
		totals = new(performance.Sum(performance.Subject{Partner: a.Partner, Campaign: a.Campaign, Currency: a.Currency}, cells...))
		hours[at] = totals
	}
	l := Listed{Anomaly: *a, Restated: totals.Events > 0}
	if totals.Events == 0 && a.Kind != anomaly.NoDelivery {
		return l, nil
	}
	if j, ok := performance.Judge(a.KPI, totals); ok {
		text := performance.Decimal(j.Micros)
		l.Present, l.Restated = &text, text != a.Observed
	}
	return l, nil
}
