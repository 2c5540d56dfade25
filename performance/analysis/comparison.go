package analysis

import (
	"context"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
)

// Comparison is two periods beside each other.
type Comparison struct {
	Answer
	Period, Against Period
	Alignment
	Dimension      string
	Items          []Change
	Decompositions []Decomposition
}

// CompareQuery asks for a comparison. Period is a name or two dates, Against
// empty for the period before; Dimension is what changes are divided by.
type CompareQuery struct {
	Period, Against, Dimension string
	AsOf
}

// Compare compares every figure of two periods and decomposes the changes. The
// errors are ErrPeriod, ErrOverlap, performance.ErrGroupBy and those of queries.
func (s *Service) Compare(ctx context.Context, partner, campaign uuid.UUID, q CompareQuery) (Comparison, error) {
	if (&performance.Dimensions{}).Named(q.Dimension) == nil {
		return Comparison{}, performance.ErrGroupBy.With("%q is not a dimension.", q.Dimension)
	}
	r, err := s.read(ctx, partner, campaign, q.AsOf)
	if err != nil {
		return Comparison{}, err
	}
	p, against, err := r.pair(q.Period, q.Against)
	if err != nil {
		return Comparison{}, err
	}
	return r.compare(ctx, p, against, q.Dimension)
}

func (r *reading) compare(ctx context.Context, p, against Period, dimension string) (Comparison, error) {
	after, err := r.sample(ctx, p, dimension)
	if err != nil {
		return Comparison{}, err
	}
	before, err := r.sample(ctx, against, dimension)
	if err != nil {
		return Comparison{}, err
	}
	c := Comparison{Answer: r.Answer, Period: p, Against: against, Alignment: alignmentOf(p, against), Dimension: dimension}
	for i := range figures {
		c.Items = append(c.Items, compare(&figures[i], before, after, c.Weekday))
	}
	for _, id := range identities {
		c.Decompositions = append(c.Decompositions, decompose(id, before, after))
	}
	return c, nil
}

// decompose tells a change by factors and by groups.
func decompose(id identity, before, after *sample) Decomposition {
	d := id.decompose(&before.total, &after.total)
	if d.GroupsReason == "" {
		f, _ := figureNamed(id.kpi) // a constant
		d.Groups = groupEffects(f, before, after, d.Change)
	}
	return d
}

// Item is one figure's change.
func (c *Comparison) Item(metric string) *Change {
	for i := range c.Items {
		if c.Items[i].Metric == metric {
			return &c.Items[i]
		}
	}
	return nil
}

// Decomposition is that of a KPI, or nil.
func (c *Comparison) Decomposition(kpi string) *Decomposition {
	for i := range c.Decompositions {
		if c.Decompositions[i].KPI == kpi {
			return &c.Decompositions[i]
		}
	}
	return nil
}
