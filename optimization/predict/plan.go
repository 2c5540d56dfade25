package predict

import (
	"errors"
	"math"

	"golang.org/x/sync/errgroup"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization/response"
	"github.com/hexabuilders/campaignd/performance"
)

const (
	lately    = 14  // days whose mean is the present spend
	bound     = 0.9 // of the plan: a campaign that spends less is held by something else than its budget
	fitEffort = 400
)

// ErrNotBelieved refuses what a model cannot mean.
var ErrNotBelieved = fault.New(fault.Conflict, "prediction_not_believed",
	"The response curve of this campaign gives values that cannot be, so that nothing is predicted from it.",
	"Ask again without a planned budget, or when some more days are over.")

// plan moves the futures to another daily budget. A larger one is spent as the
// present one is, when that is what holds the campaign; else it changes nothing,
// because demand, bids and audience stay as they are.
func (s *subject) plan(free *paths, budget money.Money) (*paths, *Planned, error) {
	if n := len(s.History); n < response.LeastPeriods {
		return nil, nil, response.ErrShort.With("%d complete days are known; %d are needed to say what another budget brings.", n, response.LeastPeriods)
	}
	present := s.present()
	target := s.target(present, units(budget.Micros))
	planned := &Planned{DailyBudget: &budget, Present: s.money(present), Spend: s.money(target)}
	if target == present || present <= 0 {
		return free, planned, nil
	}
	curves, err := s.curves(s.History)
	if err != nil {
		return nil, nil, s.inItsWords(err, planned)
	}
	planned.Accuracy = s.misses()
	moved, err := free.along(curves, present, target)
	return moved, planned, s.inItsWords(err, planned)
}

// wanted is the plan that a question asks about, of which one at most is given.
type wanted struct{ daily, bid *money.Money }

// wanted reads it, before anything else can be wrong.
func (s *subject) wanted(q Question) (w wanted, err error) {
	var wrong fault.Fields
	if q.DailyBudget != "" && q.Bid != "" {
		wrong.Add("bid", "conflict", "One plan is answered at a time.", "daily_budget or bid")
	}
	w.daily = s.amount(&wrong, "daily_budget", q.DailyBudget)
	w.bid = s.amount(&wrong, "bid", q.Bid)
	if err = wrong.Err(); err == nil && w.bid != nil && s.strategy() == nil {
		err = ErrNoBid
	}
	return w, err
}

// amount is nil when nothing is asked.
func (s *subject) amount(wrong *fault.Fields, field, asked string) *money.Money {
	if asked == "" {
		return nil
	}
	m, err := money.Parse(asked, s.State.Currency)
	if err != nil || m.Micros <= 0 {
		wrong.Add(field, "out_of_range", "What is planned is a decimal amount above zero, in the campaign's currency.", "such as 150.00, of "+string(s.State.Currency))
	}
	return &m
}

// inItsWords says of the campaign and its days what a response curve says of
// channels and periods.
func (s *subject) inItsWords(err error, planned *Planned) error {
	switch {
	case errors.Is(err, response.ErrBeyond):
		seen := 0.0
		for t := range s.History {
			seen = max(seen, unitsOf(&s.History[t], spend))
		}
		// A little less than there is: asking for what was named is answered.
		most := s.spoken(response.Reach * seen * float64(planned.DailyBudget.Micros) / float64(planned.Spend.Micros))
		return response.ErrBeyond.With("The campaign never spent more than %s a day, so what a daily budget of %s would bring cannot be judged. Up to %s can.", s.spoken(seen), planned.DailyBudget, most).
			WithExtra("most", most)
	case errors.Is(err, response.ErrNoVariation):
		return response.ErrNoVariation.With("The campaign's daily spend hardly varied, so its days do not tell what another budget would bring.")
	}
	return err
}

// spoken is an amount without what is less than a cent.
func (s *subject) spoken(units float64) money.Money {
	return s.money(math.Floor(100*units) / 100)
}

// target is the spend of a day with another budget, in units.
func (s *subject) target(present, budget float64) float64 {
	daily := units(s.daily().Micros)
	switch {
	case budget < present:
		return budget
	case daily > 0 && present >= bound*daily:
		return max(present, present*budget/daily)
	}
	return present
}

// daily is what the budget comes to a day over the schedule.
func (s *subject) daily() money.Money {
	b := s.budget.State()
	return campaigns.Commit(campaigns.BudgetKind(b.Kind), money.New(b.Limit, b.Currency), s.Schedule, s.Timezone).Daily
}

// dailyLimit is the limit of a daily budget, 0 of another kind.
func (s *subject) dailyLimit() int64 {
	if b := s.budget.State(); b.Kind == budgets.KindDaily {
		return b.Limit
	}
	return 0
}

// present is the mean spend of a day of late, in units.
func (s *subject) present() float64 {
	days := s.History[max(0, len(s.History)-lately):]
	sum := 0.0
	for i := range days {
		sum += unitsOf(&days[i], spend) / float64(len(days))
	}
	return sum
}

func (s *subject) money(units float64) money.Money {
	return money.New(micros(units), s.State.Currency)
}

// unitsOf is a metric of a day, money in units.
func unitsOf(d *performance.Metrics, metric int) float64 {
	value := *d.At(metrics[metric])
	if metrics[metric].IsMoney() {
		return units(value)
	}
	return float64(value)
}

// curves learns what the spend of days brings of each metric; nil of one that
// never came.
func (s *subject) curves(days []performance.Metrics) ([numMetrics]*response.Model, error) {
	var models [numMetrics]*response.Model
	spent := make([]float64, len(days))
	for t := range spent {
		spent[t] = max(0, unitsOf(&days[t], spend))
	}
	var group errgroup.Group
	for m := range models {
		result, sum := make([]float64, len(spent)), 0.0
		for t := range result {
			result[t] = max(0, unitsOf(&days[t], m))
			sum += result[t]
		}
		if m == spend || sum == 0 {
			continue
		}
		group.Go(func() (err error) {
			h := response.History{Channels: []string{"all channels"}, Spend: [][]float64{spent}, Result: result}
			models[m], err = response.Fit(h, response.Options{Seed: s.seed(), Carry: true, Effort: fitEffort})
			return err
		})
	}
	return models, group.Wait()
}

// heldOut is how many days a plan's curves are tried on.
const heldOut = 7

// misses are how far the curves of the days before the last week were off in that
// week, given what was spent in it. None where they cannot be learned without it,
// or were asked too far.
func (s *subject) misses() (out []Miss) {
	known := len(s.History) - heldOut
	if known < response.LeastPeriods {
		return nil
	}
	models, err := s.curves(s.History[:known])
	if err != nil {
		return nil
	}
	for m, model := range models {
		if model == nil {
			continue
		}
		said, came := 0.0, 0.0
		for t := known; t < len(s.History); t++ {
			b, err := model.Expected([]float64{max(0, unitsOf(&s.History[t], spend))})
			if err != nil {
				return nil
			}
			said, came = said+b.Mean, came+unitsOf(&s.History[t], m)
		}
		if came > 0 {
			out = append(out, Miss{metrics[m].String(), heldOut, said/came - 1})
		}
	}
	return out
}

// along moves every future by a curve of its own, so that what is not known of
// the response widens the intervals.
func (p *paths) along(models [numMetrics]*response.Model, from, to float64) (*paths, error) {
	factor := to / from
	var ratios [numMetrics][]float64
	for m, model := range models {
		if model == nil {
			ratios[m] = []float64{factor} // spend itself, and what never came
			continue
		}
		var err error
		if ratios[m], err = model.Ratios([]float64{from}, []float64{to}); err != nil {
			return nil, err
		}
	}
	moved, _, err := p.by(ratios, factor)
	return moved, err
}

// by moves every future by ratios of its own, and says what they are in the mean.
// factor is that of what they answer to.
func (p *paths) by(ratios [numMetrics][]float64, factor float64) (_ *paths, mean day, err error) {
	for m, all := range ratios {
		if err := believe(factor, all); err != nil {
			return nil, mean, err
		}
		for _, r := range all {
			mean[m] += r / float64(len(all))
		}
	}
	return p.each(func(future int, days []day) []day {
		for d := range days {
			for m := range days[d] {
				r := mean[m]
				if future >= 0 {
					r = ratios[m][future%len(ratios[m])]
				}
				days[d][m] *= r
			}
		}
		return days
	}), mean, nil
}

// steepest is the largest elasticity that is believed: a curve may begin as an S,
// but a result that grows faster than this is one of numbers, not of a market.
const steepest = 4

// believe refuses ratios that no saturating curve can have between two spends of
// which the second is factor times the first.
func believe(factor float64, ratios []float64) error {
	const slack = 1e-9
	limit := math.Pow(factor, steepest)
	low, high := min(1, limit)-slack, max(1, limit)+slack
	for _, r := range ratios {
		if !(r >= low && r <= high) { // NaN is neither
			return ErrNotBelieved.With("Between %.2f and %.2f times its result was expected from %.2f times its spend or bid, and the response curve says %.4g.", low, high, factor, r)
		}
	}
	if len(ratios) == 0 {
		return ErrNotBelieved
	}
	return nil
}
