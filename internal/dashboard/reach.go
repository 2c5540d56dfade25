package dashboard

import (
	"context"
	"math"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting/reach"
	"github.com/hexabuilders/campaignd/targeting/taxonomy"
)

// Reach is reach.Service.
type Reach interface {
	Estimate(ctx context.Context, partner uuid.UUID, r reach.Request) (reach.Estimate, error)
	Calibration(ctx context.Context, partner uuid.UUID) (reach.Calibration, error)
	Budget(ctx context.Context, partner, campaign uuid.UUID, target int64) (reach.Cost, error)
	OwnFactors(ctx context.Context, partner uuid.UUID) (reach.FactorsState, error)
	SetFactors(ctx context.Context, by event.Origin, revision int64, all []reach.Assumed, validateOnly bool) (reach.FactorsState, error)
}

// reachCard is how many people the audience holds.
type reachCard struct {
	Range, Middle, Confidence, Until string
	Population                       string
	Factors                          []reachRow
	Assumptions                      []string
}

type reachRow struct{ Label, Share, Basis string }

// reach estimates the audience; nil when there is none, or when it no longer
// passes the rules, which the form then says.
func (v *visit) reach(s subject) *reachCard {
	if s.Targeting == nil {
		return nil
	}
	e, err := v.d.Reach.Estimate(v.r.Context(), s.Partner, reach.Request{Configuration: *s.Targeting})
	if err != nil {
		return nil
	}
	l := v.locale
	card := &reachCard{
		Range:      l.T("reach.range", "low", l.Count(about(e.Low)), "high", l.Count(about(e.High))),
		Middle:     l.T("reach.middle", "mid", l.Count(about(e.Mid))),
		Confidence: l.T("reach.confidence." + string(e.Confidence)),
		Population: l.T("reach.population", "n", l.Count(about(e.Population)), "year", reach.Year),
		Until:      l.T("reach.until", "day", l.Day(e.ValidUntil.In(v.now.Location()))),
	}
	for _, f := range e.Factors {
		card.Factors = append(card.Factors, reachRow{
			Label: l.Or("reach.factor.", strings.TrimPrefix(f.Criterion, "not "), f.Criterion) + l.unless(f.Criterion),
			Share: l.Percent(int64(math.Round(f.Mid*money.Unit)), 1), Basis: f.Basis,
		})
	}
	return card
}

// unless marks what an exclusion leaves.
func (l *locale) unless(criterion string) string {
	if strings.HasPrefix(criterion, "not ") {
		return " " + l.T("reach.excluded")
	}
	return ""
}

// about is a count to two digits: more would be invented.
func about(n int64) int64 {
	if n < 100 {
		return n
	}
	scale := math.Pow(10, math.Floor(math.Log10(float64(n)))-1)
	return int64(math.Round(float64(n)/scale) * scale)
}

// interestID takes an id as it is, and finds one for a name.
func interestID(entered string) string {
	if _, ok := taxonomy.Get(entered); ok {
		return entered
	}
	if found := taxonomy.Search(entered, 1); len(found) > 0 && strings.EqualFold(found[0].Name(), entered) {
		return found[0].ID
	}
	return entered // refused with how to find one
}
