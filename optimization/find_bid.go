package optimization

import (
	"math"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// How bids follow what results cost.
const (
	bidDead    = 0.10 // of the goal: nearer than that a bid stays
	bidDamping = 0.5  // of the distance, in logarithms, is gone in one step
	bidStep    = 0.20 // at most
	bidEffect  = 0.5  // by how much a result's cost follows the bid: in logarithms
	underSpent = 0.78 // of the plan: from there on up a higher bid mostly makes dearer what was bought anyway
	surelyUp   = 0.70 // that a higher bid buys more: by how much prices follow is not known until the record tells
)

// bidFindings hold what a result costs against its goal, and move the bid toward
// it: down when results are too dear, up when they are cheap and the plan is not
// spent.
func (f *facts) bidFindings() []Finding {
	t := f.campaign.Targeting
	target, ok := f.target()
	if !ok || t == nil || t.BidStrategy == nil || t.BidStrategy.Amount == nil || t.BidStrategy.Amount.Micros <= 0 {
		return nil
	}
	results, spend := f.total(f.metric, costLook), f.total(performance.Spend, costLook)
	if results < leastResults || spend <= 0 {
		return nil
	}
	cost := float64(spend) / float64(results)
	off := math.Log(cost / float64(target))
	plan, planned := f.spentOfPlan()
	switch {
	case off > math.Log(1+bidDead):
	case off < math.Log(1-bidDead) && planned && plan < underSpent:
	default:
		return nil
	}
	factor := min(max(math.Exp(-bidDamping*off), 1-bidStep), 1+bidStep)
	before := *t.BidStrategy.Amount
	after := before
	after.Micros = wholeCents(int64(float64(before.Micros) * factor))
	low, high := f.limits.steps().span(held{campaign: f.campaign.ID, now: before})
	after.Micros = min(max(after.Micros, low.micros), high.micros)
	if after.Micros <= 0 || after.Micros == before.Micros {
		return nil
	}
	against := float64(target) / money.Unit
	found := Finding{
		Type:       BidAdjustment,
		Change:     Change{Budget: f.campaign.BudgetID, Bid: &Bid{t.BidStrategy.Type, before, after}},
		Evidence:   []Evidence{{Metric: "result_cost", Value: cost / money.Unit, Against: &against, Unit: "money", Sample: results, Minimum: leastResults}},
		Confidence: normalBelow((math.Abs(off) - math.Log(1+bidDead/2)) * math.Sqrt(float64(results))),
		Risk:       RiskMedium,
		Impact:     f.bidImpact(factor, plan, float64(results)/costLook),
	}
	if factor > 1 {
		found.Confidence = min(found.Confidence, surelyUp)
	}
	if planned {
		found.Evidence = append(found.Evidence, Evidence{Metric: "spent_of_plan", Value: plan, Unit: "fraction", Sample: costLook, Minimum: costLook})
	}
	found.From, found.To = f.span(costLook)
	return []Finding{found}
}

// bidImpact is what to expect in a day: cheaper results from the same money, or
// more money spent at dearer results.
func (f *facts) bidImpact(factor, plan, daily float64) Impact {
	gain := math.Pow(factor, -bidEffect) - 1
	if factor > 1 { // the plan's rest is spent in part, each result costs a little more
		gain = min(1/max(plan, 0.2), factor)*math.Pow(factor, -bidEffect) - 1
	}
	spread := math.Abs(gain) + 0.02
	return Impact{Metric: f.metric.String(), Mean: daily * gain, Low: daily * (gain - spread), High: daily * (gain + spread), Relative: gain}
}

// normalBelow is the normal distribution function.
func normalBelow(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }
