package optimization

import (
	"math"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization/allocate"
	"github.com/hexabuilders/campaignd/optimization/mix"
	"github.com/hexabuilders/campaignd/optimization/response"
	"github.com/hexabuilders/campaignd/performance"
)

// How money is moved between channels.
const (
	leastDays     = 14    // complete days with delivery
	moveStep      = 0.20  // of what the smaller of two channels has
	divisionStep  = 0.50  // of a channel's usual spend, when a budget is first divided
	leastShare    = 0.05  // of the budget stays with every channel: what is not tried is not learned
	leastSure     = 0.65  // of the curves must agree before a move is worth a word
	leastGain     = 0.004 // of the result
	fitEffort     = 800
	curveTrust    = 0.55             // of the log odds among the curves is left when markets answer (docs/decisions/0039)
	finest        = money.Unit / 100 // a cent, that no move is finer than
	usualLookback = 14
)

// curves are the responses of a campaign's channels, and where it stands on them.
type curves struct {
	model  *response.Model
	usual  []float64 // spend in a day of late, in units
	result float64   // in a day of late
	sample []int64   // results in all days
}

// learn fits the channels' responses; nil when the days do not tell.
func (f *facts) learn() *curves {
	if len(f.channels) < 2 || f.length() < leastDays {
		return nil
	}
	h := response.History{Channels: f.channels}
	c := &curves{}
	result := make([]float64, f.length())
	for i, days := range f.days {
		spend := make([]float64, len(days))
		for t := range days {
			spend[t] = max(0, float64(days[t].Spend)/money.Unit)
			result[t] += max(0, float64(*days[t].At(f.metric)))
		}
		recent := min(usualLookback, len(days))
		h.Spend = append(h.Spend, spend)
		c.usual = append(c.usual, max(0, float64(totalOf(days, performance.Spend, recent))/money.Unit/float64(recent)))
		c.result += float64(totalOf(days, f.metric, recent)) / float64(recent)
		c.sample = append(c.sample, totalOf(f.days[i], f.metric, longLook))
	}
	h.Result = result
	model, err := response.Fit(h, response.Options{Seed: f.seed(), Carry: true, Effort: fitEffort})
	if err != nil { // too little, or nothing varied: nothing can be said
		return nil
	}
	c.model = model
	return c
}

func (f *facts) budgetFindings() []Finding {
	if f.total(f.metric, longLook) < leastResults {
		return nil
	}
	c := f.learn()
	if c == nil || c.result <= 0 {
		return nil
	}
	parts := partsOf(f.budget)
	var found *Finding
	if len(parts) == 0 {
		found = f.division(c)
	} else {
		found = f.move(c, parts)
	}
	if found == nil {
		return nil
	}
	found.From, found.To = f.span(f.length())
	return []Finding{*found}
}

// move is the transfer between two channels that brings most, by at most a step
// and only what the channel has free.
func (f *facts) move(c *curves, parts []Share) *Finding {
	var best *Finding
	for i, from := range f.channels {
		for j, to := range f.channels {
			source, target := shareOf(parts, from), shareOf(parts, to)
			if i == j || source == nil || target == nil || c.usual[i] <= 0 || c.usual[j] <= 0 {
				continue
			}
			low, _ := f.limits.span(f.held(source))
			_, high := f.limits.span(f.held(target))
			amount := wholeCents(min(step(source.Amount.Micros), step(target.Amount.Micros), f.free(from),
				source.Amount.Micros-low.micros, high.micros-target.Amount.Micros))
			if amount <= 0 || float64(source.Amount.Micros-amount) < leastShare*float64(f.budget.State().Limit) {
				continue
			}
			moved := Change{Budget: f.campaign.BudgetID, Move: &Move{from, to, f.money(amount)}}
			after := append([]float64(nil), c.usual...)
			after[i] *= 1 - float64(amount)/float64(source.Amount.Micros)
			after[j] *= 1 + float64(amount)/float64(target.Amount.Micros)
			if one := f.budgetFinding(c, moved, after, i, j); one != nil && (best == nil || one.Impact.Low > best.Impact.Low) {
				best = one
			}
		}
	}
	return best
}

// believed is the confidence in a change that a part of the curves gain by. What
// no curve knows, such as channels that change each other, makes them agree more
// than they are right.
func believed(sure float64) float64 {
	odds := math.Pow(sure/(1-sure), curveTrust)
	if math.IsInf(odds, 0) {
		return 1
	}
	return odds / (1 + odds)
}

// held is a channel's part as limits see it.
func (f *facts) held(s *Share) held {
	return held{campaign: f.campaign.ID, channel: s.Category, now: s.Amount, whole: f.budget.State().Limit}
}

func step(micros int64) int64 { return wholeCents(int64(moveStep * float64(micros))) }

// wholeCents leaves out what is less than a cent: nobody is told to move that.
func wholeCents(micros int64) int64 { return micros / finest * finest }

func shareOf(parts []Share, category string) *Share {
	for i := range parts {
		if parts[i].Category == category {
			return &parts[i]
		}
	}
	return nil
}

// free is what a channel has that is neither spent nor held.
func (f *facts) free(category string) int64 {
	for _, a := range f.budget.Allocations(f.budget.Today(f.now)) {
		if a.Category == category {
			return max(0, a.Available.Micros-1)
		}
	}
	return 0
}

// division divides a budget that has no parts: from what the channels spend now
// toward equal marginal returns.
func (f *facts) division(c *curves) *Finding {
	total := 0.0
	for _, x := range c.usual {
		total += x
	}
	parts := make([]allocate.Part, len(c.usual))
	micros := int64(total * money.Unit)
	for i := range parts {
		limits := allocate.Limits{LeastShare: leastShare, Step: divisionStep}
		parts[i] = allocate.Part{Name: f.channels[i], Result: mix.Counted(c.model, i)}
		parts[i].Floor, parts[i].Ceiling = f.within(limits, int64(c.usual[i]*money.Unit), micros, f.channels[i])
	}
	amounts, err := allocate.Divide(micros, parts)
	if err != nil {
		return nil
	}
	after := make([]float64, len(amounts))
	least, most := 0, 0
	for i, a := range amounts {
		after[i] = float64(a) / money.Unit
		if after[i]-c.usual[i] < after[least]-c.usual[least] {
			least = i
		}
		if after[i]-c.usual[i] > after[most]-c.usual[most] {
			most = i
		}
	}
	weights := make([]int64, len(amounts))
	for i, a := range amounts {
		weights[i] = max(1, a)
	}
	limit := f.budget.State().Limit
	divided, err := f.money(limit / finest).Allocate(weights)
	if err != nil || least == most {
		return nil
	}
	change := Change{Budget: f.campaign.BudgetID}
	for i, m := range divided { // in whole cents; what is less stays undivided
		if m.Micros > 0 {
			change.Divide = append(change.Divide, Share{f.channels[i], f.money(m.Micros * finest)})
		}
	}
	return f.budgetFinding(c, change, after, least, most)
}

// within is a channel's range in the division of the usual spend: the partner's
// limits are of the budget, and shrink with it.
func (f *facts) within(l allocate.Limits, now, total int64, channel string) (floor, ceiling int64) {
	floor, ceiling = l.Bound(now, total)
	limit := f.budget.State().Limit
	low, high := f.limits.span(held{campaign: f.campaign.ID, channel: channel, now: f.money(0), whole: limit, first: true})
	shrunk := func(micros int64) int64 { return int64(float64(micros) / float64(limit) * float64(total)) }
	floor = max(floor, shrunk(low.micros)+2*finest)
	if high.micros < limit {
		ceiling = max(0, min(ceiling, shrunk(high.micros)-2*finest))
	}
	return min(floor, total), max(ceiling, min(floor, total))
}

// budgetFinding is a change of spends, if the curves promise enough of it.
func (f *facts) budgetFinding(c *curves, change Change, after []float64, from, to int) *Finding {
	gain, err := c.model.Gain(c.usual, after)
	sure := c.model.Surely(c.usual, after)
	if err != nil || sure < leastSure || gain.Mean < leastGain*c.result {
		return nil
	}
	evidence := []Evidence{}
	for _, i := range []int{from, to} {
		e := Evidence{Metric: "next_result_cost", Of: f.channels[i], Unit: "money", Sample: c.sample[i], Minimum: leastResults}
		if m := c.model.Marginal(i, c.usual[i]).Mean; m > 1e-9 {
			e.Value = 1 / m
			evidence = append(evidence, e)
		}
	}
	evidence = append(evidence, Evidence{Metric: "days", Value: float64(f.length()), Unit: "days", Sample: int64(f.length()), Minimum: leastDays})
	return &Finding{
		Type: BudgetReallocation, Change: change, Evidence: evidence, Confidence: believed(sure), Risk: RiskLow,
		Impact: Impact{Metric: f.metric.String(), Mean: gain.Mean, Low: min(gain.Low, gain.Mean), High: max(gain.High, gain.Mean), Relative: gain.Mean / c.result},
	}
}
