package optimization

import (
	"context"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/insight"
)

// Insights judges a campaign's targeting by what it brought: insight.Service.
type Insights interface {
	Campaign(ctx context.Context, partner, campaign uuid.UUID, days int) (insight.Campaign, error)
}

// Hear makes the findings of insights part of the examiner's.
func (x *Examiner) Hear(i Insights) *Examiner {
	x.insights = i
	return x
}

// insightFindings are the changes of the audience that targeting's insights speak
// for: at most one of each field, the best of it. Devices and countries are looked
// at by refinements.
func (x *Examiner) insightFindings(ctx context.Context, f *facts) ([]Finding, error) {
	if x.insights == nil || f.campaign.Targeting == nil || f.metric != performance.Conversions {
		return nil, nil
	}
	c, err := x.insights.Campaign(ctx, f.campaign.Partner, f.campaign.ID, shortLook)
	if err != nil {
		return nil, err
	}
	var found []Finding
	for i := range c.Suggestions {
		s := &c.Suggestions[i]
		var one *Finding
		if s.Type == insight.Refinement {
			one = f.narrower(s)
		} else {
			one = f.wider(s)
		}
		if one == nil {
			continue
		}
		one.From, one.To = c.From, c.To
		at := slices.IndexFunc(found, func(o Finding) bool { return o.Type == one.Type && o.Change.Field() == one.Change.Field() })
		switch {
		case at < 0:
			found = append(found, *one)
		case one.Impact.Mean > found[at].Impact.Mean:
			found[at] = *one
		}
	}
	return found, nil
}

// narrower leaves out an audience, an age or a gender whose conversions cost
// more. The same money then brings what the saving is worth.
func (f *facts) narrower(s *insight.Suggestion) *Finding {
	field := map[string]string{"audience": fieldExclusions, "gender": fieldExclusions, "age": fieldAges}[s.Dimension]
	results := f.total(f.metric, shortLook)
	if field == "" || s.Expected.Cost == nil || s.Evidence == nil || results < leastResults {
		return nil
	}
	daily := float64(results) / shortLook
	gain := func(cost float64) float64 { return 1/(1+cost) - 1 }
	cost, rest := s.Evidence.CostPerConversion()
	if cost <= 0 || rest <= 0 {
		return nil
	}
	found := &Finding{
		Type: TargetingRefinement, Risk: RiskMedium, Confidence: s.Confidence, Change: f.audience(field, s.Targeting),
		Evidence: append([]Evidence{{Metric: "result_cost", Of: s.Value, Value: cost, Against: &rest, Unit: "money", Sample: s.Evidence.Conversions, Minimum: 0}}, reached(s)...),
		Impact: Impact{
			Metric: f.metric.String(), Mean: daily * gain(s.Expected.Cost.Value), Low: daily * gain(s.Expected.Cost.High), High: daily * gain(s.Expected.Cost.Low),
			Relative: gain(s.Expected.Cost.Value),
		},
	}
	found.Impact.Low, found.Impact.High = min(found.Impact.Low, found.Impact.Mean), max(found.Impact.High, found.Impact.Mean)
	return found
}

// wider goes without a criterion where the plan is not spent although results
// are cheap: there are too few people. Of those who were never reached nothing is
// known, and the confidence says so.
func (f *facts) wider(s *insight.Suggestion) *Finding {
	plan, cost, against, lacks := f.lacksPeople()
	before, after := s.Expected.Before, s.Expected.After
	if !lacks || before == nil || after == nil || before.Mid <= 0 {
		return nil
	}
	more := float64(after.Mid)/float64(before.Mid) - 1
	gain := min(more, 1/max(plan, 0.2)-1) * besideBring
	daily := float64(f.total(f.metric, costLook)) / costLook
	if !(gain > 0) {
		return nil
	}
	return &Finding{
		Type: AudienceExpansion, Risk: RiskMedium, Confidence: s.Confidence, Change: f.audience(s.Dimension, s.Targeting),
		Evidence: append(f.thinEvidence(plan, cost, against), reached(s)...),
		Impact:   Impact{Metric: f.metric.String(), Mean: daily * gain, Low: -0.2 * daily * gain, High: 2 * daily * gain, Relative: gain},
	}
}

// audience is the change of a field to what another targeting has there.
func (f *facts) audience(field string, next targeting.Configuration) Change {
	before, after := fieldOf(*f.campaign.Targeting, field), fieldOf(next, field)
	return Change{Budget: f.campaign.BudgetID, Targeting: &Audience{
		Field: field, Before: before, After: after, Learning: true, Whole: withField(*f.campaign.Targeting, field, after),
	}}
}

// reached is the estimate of people after a change beside that before it.
func reached(s *insight.Suggestion) []Evidence {
	before, after := s.Expected.Before, s.Expected.After
	if before == nil || after == nil {
		return nil
	}
	was := float64(before.Mid)
	return []Evidence{{Metric: "reach", Of: strconv.FormatInt(after.Low, 10) + "–" + strconv.FormatInt(after.High, 10), Value: float64(after.Mid), Against: &was, Unit: "count"}}
}
