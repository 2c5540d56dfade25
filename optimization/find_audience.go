package optimization

import (
	"math"
	"slices"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization/trial"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/targeting"
)

// How audiences are narrowed and widened.
const (
	muchDearer  = 0.30 // than elsewhere: a part worth leaving out
	mostLeftOut = 0.40 // of the spend
	cheapEnough = 0.90 // of the goal, before more people are worth asking
	thinlySpent = 0.80 // of the plan
	widerBy     = 5    // years, on each side
	besideBring = 0.5  // of what those in the audience bring, people beside it do
)

// refinements leave out a device or a country where results cost much more than
// elsewhere, beyond chance.
func (f *facts) refinements(dimension string, groups map[string]performance.Metrics) []Finding {
	if f.campaign.Targeting == nil || len(groups) < 2 {
		return nil
	}
	field, before, all := f.parts(dimension)
	if len(all) < 2 {
		return nil
	}
	var total trial.Sample
	for _, m := range groups {
		total.Results += max(0, float64(*m.At(f.metric)))
		total.Chances += max(0, float64(m.Spend)) / money.Unit
	}
	var worst *Finding
	for _, name := range all {
		m, ok := groups[name]
		if !ok || m.Spend <= 0 {
			continue
		}
		here := trial.Sample{Results: max(0, float64(*m.At(f.metric))), Chances: float64(m.Spend) / money.Unit}
		others := trial.Sample{Results: total.Results - here.Results, Chances: total.Chances - here.Chances}
		after := slices.DeleteFunc(slices.Clone(all), func(x string) bool { return x == name })
		one := f.refinement(name, here, others, total)
		if one == nil || worst != nil && one.Impact.Mean <= worst.Impact.Mean {
			continue
		}
		one.Change = Change{Budget: f.campaign.BudgetID, Targeting: &Audience{
			Field: field, Before: before, After: after, Learning: true, Whole: withField(*f.campaign.Targeting, field, after),
		}}
		worst = one
	}
	if worst == nil {
		return nil
	}
	return []Finding{*worst}
}

// parts are the values of a dimension that are targeted; where the targeting says
// nothing these are all there are.
func (f *facts) parts(dimension string) (field string, before, all []string) {
	if dimension == "country" {
		before = fieldOf(*f.campaign.Targeting, fieldCountries)
		return fieldCountries, before, before
	}
	before = fieldOf(*f.campaign.Targeting, fieldDevices)
	if all = before; len(all) == 0 {
		for _, d := range targeting.DeviceTypes {
			all = append(all, string(d))
		}
	}
	return fieldDevices, before, all
}

// refinement is what leaving out a part is worth, nil when it is not clear.
func (f *facts) refinement(name string, here, others, total trial.Sample) *Finding {
	if others.Results < leastResults || here.Chances*others.Rate() < leastResults || here.Chances > mostLeftOut*total.Chances {
		return nil
	}
	test := trial.Rates(others, here, 1)
	if !test.Speaks(falseAlarms) || 1+test.Difference > 1/(1+muchDearer) {
		return nil
	}
	difference, deviation := trial.Interval(others, here, 1)
	// The money goes to the others at what they bring, a tenth less of it, for
	// more of the same is dearer.
	const dearer = 0.9
	gain := func(rate float64) float64 { return here.Chances * (dearer*others.Rate() - rate) / shortLook }
	rate := here.Rate()
	spread := 1.2816 * deviation * others.Rate()
	against := 1 / others.Rate()
	cost := here.Chances / max(here.Results, 0.5)
	return &Finding{
		Type: TargetingRefinement, Risk: RiskMedium,
		Evidence: []Evidence{
			{Metric: "result_cost", Of: name, Value: cost, Against: &against, Unit: "money", Sample: int64(here.Results), Minimum: 0},
			{Metric: "expected_results", Of: name, Value: here.Chances * others.Rate(), Unit: "count", Sample: int64(others.Results), Minimum: leastResults},
		},
		Confidence: normalBelow((-difference - (1 - dearer)) / deviation),
		Impact: Impact{
			Metric: f.metric.String(), Mean: gain(rate), Low: gain(rate + spread), High: gain(max(0, rate-spread)),
			Relative: gain(rate) / (total.Results / shortLook),
		},
	}
}

// lacksPeople reports whether the plan is not spent although results are cheaper
// than the goal, with the part of the plan that is spent and both costs in units.
func (f *facts) lacksPeople() (plan, cost, against float64, lacks bool) {
	target, ok := f.target()
	plan, planned := f.spentOfPlan()
	results, spend := f.total(f.metric, costLook), f.total(performance.Spend, costLook)
	if !ok || !planned || results < leastResults || spend <= 0 {
		return 0, 0, 0, false
	}
	cost, against = float64(spend)/float64(results)/money.Unit, float64(target)/money.Unit
	return plan, cost, against, plan < thinlySpent && cost <= cheapEnough*against
}

// thinEvidence is what lacksPeople rests on.
func (f *facts) thinEvidence(plan, cost, against float64) []Evidence {
	return []Evidence{
		{Metric: "spent_of_plan", Value: plan, Unit: "fraction", Sample: costLook, Minimum: costLook},
		{Metric: "result_cost", Value: cost, Against: &against, Unit: "money", Sample: f.total(f.metric, costLook), Minimum: leastResults},
	}
}

// expansions widen the ages where there are too few people.
func (f *facts) expansions() []Finding {
	t := f.campaign.Targeting
	plan, cost, against, lacks := f.lacksPeople()
	if !lacks || t == nil || t.AgeRange == nil || t.AgeRange.Everybody() {
		return nil
	}
	wider := targeting.AgeRange{Min: max(18, t.AgeRange.Min-widerBy), Max: min(targeting.OpenAge, t.AgeRange.Max+widerBy)}
	wider.Min = min(wider.Min, t.AgeRange.Min)
	years := float64(t.AgeRange.Max - t.AgeRange.Min + 1)
	more := float64(wider.Max-wider.Min+1)/years - 1
	if more <= 0 {
		return nil
	}
	results := f.total(f.metric, costLook)
	next, daily := *t, float64(results)/costLook
	next.AgeRange = &wider
	gain := min(more, 1/max(plan, 0.2)-1) * besideBring
	found := Finding{
		Type: AudienceExpansion, Risk: RiskMedium, Change: f.audience(fieldAges, next), Evidence: f.thinEvidence(plan, cost, against),
		Confidence: min(0.75, normalBelow(math.Log(against/cost)*math.Sqrt(float64(results)))),
		Impact:     Impact{Metric: f.metric.String(), Mean: daily * gain, Low: -0.2 * daily * gain, High: 2 * daily * gain, Relative: gain},
	}
	found.From, found.To = f.span(costLook)
	return []Finding{found}
}
