package optimization

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// Outcome implements Outcomes: what the campaign brought in a time, of the
// result that counts for it.
func (x *Examiner) Outcome(ctx context.Context, partner, campaign uuid.UUID, from, to time.Time) (Outcome, float64, time.Time, error) {
	f, err := x.read(ctx, partner, campaign)
	if err != nil {
		return Outcome{}, 1, time.Time{}, err
	}
	if f == nil { // it is over: what it brought is judged all the same, by conversions
		f = &facts{metric: performance.Conversions}
	}
	result, err := x.metrics.Metrics(ctx, partner, campaign, performance.Query{From: from, To: to})
	if err != nil {
		return Outcome{}, 1, time.Time{}, err
	}
	o := Outcome{Metric: f.metric.String(), Days: to.Sub(from).Hours() / 24}
	for i := range result.Items {
		m := &result.Items[i].Metrics
		o.Results += float64(*m.At(f.metric))
		o.Spend += float64(m.Spend) / money.Unit
	}
	return o, f.dispersion(), result.KnownAt, nil
}

// dispersion is how much more the days' results vary than Poisson counts around
// what their spend brings, at least 1.
func (f *facts) dispersion() float64 {
	results, spend, days := 0.0, 0.0, f.length()
	for t := range days {
		for c := range f.days {
			results += float64(*f.days[c][t].At(f.metric))
			spend += float64(f.days[c][t].Spend)
		}
	}
	if results <= 0 || spend <= 0 || days < 7 {
		return 1
	}
	sum := 0.0
	for t := range days {
		got, expected := 0.0, 0.0
		for c := range f.days {
			got += float64(*f.days[c][t].At(f.metric))
			expected += float64(f.days[c][t].Spend) * results / spend
		}
		if expected > 0 {
			sum += (got - expected) * (got - expected) / expected
		}
	}
	return max(1, sum/float64(days-1))
}
