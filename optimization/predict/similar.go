package predict

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/forecast"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

const (
	ownFrom      = 14  // complete days from which a campaign stands on its own
	pageSize     = 200 // of the partner's campaigns, all of which are compared
	measured     = 12  // the most alike, whose numbers are read
	kept         = 8   // campaigns leaned on at most
	leastAlike   = 0.5 // similarity
	similarDays  = 56  // of each
	leastSimilar = 14  // days with spend of each
	leastSpread  = 0.30
)

// launched are the statuses of campaigns that have run.
var launched = []campaigns.Status{campaigns.Active, campaigns.Paused, campaigns.Completed}

// ownWeight is what a campaign's own days weigh: all from two weeks on.
func ownWeight(days int) float64 { return min(1, float64(days)/ownFrom) }

// Likeness is a campaign that is leaned on.
type Likeness struct {
	ID         uuid.UUID
	Name       string
	Similarity float64 // 0 to 1; see alike
	Weight     float64 // of all that are leaned on
	Days       int     // of its own that it is judged by

	rates [numMetrics]float64 // of each metric a unit of spend
	used  float64             // spend of a day, as a part of its daily plan
}

// with is the expectation of so many days with what similar campaigns have of each
// in place of the days that are missing.
func (e expectation) with(theirs expectation, weight float64, days int) (out expectation) {
	for m := range out {
		out[m] = make([]forecast.Interval, days)
		for d := range out[m] {
			out[m][d] = theirs[m][0]
			if len(e[m]) == days {
				out[m][d] = mixed(e[m][d], theirs[m][0], weight)
			}
		}
	}
	return out
}

// mixed is the mixture of two expectations: what they disagree about widens it.
func mixed(a, b forecast.Interval, weight float64) forecast.Interval {
	mean := weight*a.Mean + (1-weight)*b.Mean
	apart := math.Sqrt(weight*(1-weight)) * math.Abs(a.Mean-b.Mean)
	side := func(x, y, z float64) float64 {
		v := math.Sqrt(weight*x*x + (1-weight)*y*y)
		return math.Hypot(v, z*apart)
	}
	return forecast.Interval{
		Mean: mean, Low80: max(0, mean-side(a.Mean-a.Low80, b.Mean-b.Low80, z80)), High80: mean + side(a.High80-a.Mean, b.High80-b.Mean, z80),
		Low95: max(0, mean-side(a.Mean-a.Low95, b.Mean-b.Low95, z95)), High95: mean + side(a.High95-a.Mean, b.High95-b.Mean, z95),
	}
}

// candidate is a campaign that may be leaned on, as it was known.
type candidate struct {
	campaigns.State
	Likeness
}

// similar finds the partner's campaigns that are most alike and have numbers, all
// as it was known at the moment of the answer: what has been launched, changed or
// replanned since changes nothing.
func (p *Predictor) similar(ctx context.Context, s *subject) ([]Likeness, error) {
	found, err := p.candidates(ctx, s)
	if err != nil {
		return nil, err
	}
	var out []Likeness
	for i := range found[:min(len(found), measured)] {
		if len(out) == kept {
			break
		}
		ok, err := p.measure(ctx, s, &found[i])
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, found[i].Likeness)
		}
	}
	sum := 0.0
	for _, l := range out {
		sum += l.Similarity * l.Similarity
	}
	for i := range out {
		out[i].Weight = out[i].Similarity * out[i].Similarity / sum
	}
	return out, nil
}

// candidates are all that are alike enough, the most alike first.
func (p *Predictor) candidates(ctx context.Context, s *subject) (found []candidate, err error) {
	asked, _, err := p.asKnown(ctx, s.State, s.KnownAt)
	if err != nil {
		return nil, err
	}
	q := campaigns.Query{Status: launched, Limit: pageSize}
	for {
		items, next, err := p.campaigns.List(ctx, event.Origin{Partner: s.Partner}, q)
		if err != nil {
			return nil, err
		}
		for _, c := range items {
			now := c.State()
			if now.ID == s.ID || now.Currency != s.State.Currency {
				continue
			}
			other, was, err := p.asKnown(ctx, now, s.KnownAt)
			if err != nil {
				return nil, err
			}
			if a := alike(asked, other); was && a >= leastAlike {
				found = append(found, candidate{other, Likeness{ID: other.ID, Name: other.Name, Similarity: a}})
			}
		}
		if q.Cursor = next; next == "" {
			break
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.Similarity, a.Similarity), strings.Compare(a.Likeness.ID.String(), b.Likeness.ID.String()))
	})
	return found, nil
}

// alike is how similar two campaigns are: 0.4 for the same objective, 0.2 for the
// same type, 0.2 for the channels and 0.2 for the countries they share, as
// intersection over union.
func alike(a, b campaigns.State) float64 {
	sum := 0.2*overlap(a.Channels, b.Channels) + 0.2*overlap(countries(a), countries(b))
	if a.Objective == b.Objective {
		sum += 0.4
	}
	if a.Type == b.Type {
		sum += 0.2
	}
	return sum
}

func countries(s campaigns.State) (codes []string) {
	if s.Targeting == nil {
		return nil
	}
	for _, l := range s.Targeting.Locations {
		if !slices.Contains(codes, l.Country) {
			codes = append(codes, l.Country)
		}
	}
	return codes
}

// overlap is the intersection over the union of two sets; 0 of nothing.
func overlap(a, b []string) float64 {
	both := 0
	for _, x := range a {
		if slices.Contains(b, x) {
			both++
		}
	}
	if all := len(a) + len(b) - both; all > 0 {
		return float64(both) / float64(all)
	}
	return 0
}

// measure reads what a campaign had; false when that is too little.
func (p *Predictor) measure(ctx context.Context, s *subject, c *candidate) (bool, error) {
	from, _ := localday.Bounds(s.First-similarDays, s.Zone)
	result, err := p.metrics.Metrics(ctx, s.Partner, c.State.ID, performance.Query{From: from, To: s.From, Granularity: "day", KnownAt: s.KnownAt})
	if err != nil {
		return false, err
	}
	var sum day
	for i := range result.Items {
		if d := &result.Items[i].Metrics; d.Spend > 0 {
			c.Days++
			for m := range sum {
				sum[m] += unitsOf(d, m)
			}
		}
	}
	if c.Days < leastSimilar {
		return false, nil
	}
	for m := range sum {
		c.rates[m] = max(0, sum[m]) / sum[spend]
	}
	b, err := p.budgets.ForCampaign(ctx, s.Partner, c.State.ID)
	if err != nil {
		return false, err
	}
	limit, err := p.limitKnown(ctx, b.State(), s.KnownAt)
	if err != nil {
		return false, err
	}
	plan := campaigns.Commit(campaigns.BudgetKind(b.State().Kind), money.New(limit, c.Currency), c.Schedule, c.Timezone).Daily
	if plan.Micros > 0 {
		c.used = min(1, sum[spend]/float64(c.Days)/units(plan.Micros))
	}
	return c.used > 0, nil
}

// like is a day of this campaign as the similar ones have it: they say which part
// of a plan is spent, and what a unit of money brings. How much they differ, on
// the scale of logarithms, is how sure that is; few of them say less.
func (s *subject) like(similar []Likeness) *expectation {
	var e expectation
	plan := units(s.daily().Micros)
	for m := range e {
		mean, square, positive := 0.0, 0.0, 0.0
		for _, l := range similar {
			if x := plan * l.used * l.rates[m]; x > 0 {
				positive += l.Weight
				mean += l.Weight * math.Log(x)
			}
		}
		if positive == 0 {
			e[m] = []forecast.Interval{{}}
			continue
		}
		mean /= positive
		for _, l := range similar {
			if x := plan * l.used * l.rates[m]; x > 0 {
				square += l.Weight / positive * (math.Log(x) - mean) * (math.Log(x) - mean)
			}
		}
		spread := math.Hypot(leastSpread, math.Sqrt(square)) * math.Sqrt(1+1/float64(len(similar)))
		mid := positive * math.Exp(mean)
		of := func(z float64) float64 { return mid * math.Exp(z*spread) }
		e[m] = []forecast.Interval{{Mean: mid, Low80: of(-z80), High80: of(z80), Low95: of(-z95), High95: of(z95)}}
	}
	return &e
}
