package predict

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// room is what the schedule and the budget let a campaign do.
type room struct {
	open  []float64 // by day: the part of it inside the schedule
	daily float64   // most of a day by a plan, in units; infinite without one
	pots  []pot     // of the budget, one after the other
	stays string    // why nothing comes at all unless that changes; "" for a campaign that runs
}

// pot is what may be spent from the first day to before the last.
type pot struct {
	first, last int
	left        float64
	pausesAt    int // percent of the limit at which it is paused for good; 0: it is not before the limit
}

// roomOf is the room from the first day of the prediction on. What is paused or
// over, or has spent its budget, is predicted as if it ran on: that it does not is
// known.
func (p *Predictor) roomOf(ctx context.Context, s *subject) (room, error) {
	days := int(s.Last-s.First) + 1
	r := room{open: make([]float64, days), daily: math.Inf(1)}
	runs := 0.0
	for d := range r.open {
		r.open[d] = s.openOn(s.First + localday.Day(d))
		runs += r.open[d]
	}
	switch {
	case s.Status.Over() || runs == 0 && s.Schedule.End.Before(s.From):
		r.stays = "it is over"
		for d := range r.open {
			r.open[d] = 1
		}
	case s.Status == campaigns.Paused:
		r.stays = "it is paused"
	}
	// The present day is predicted whole, and part of it is settled already.
	today, err := p.metrics.Metrics(ctx, s.Partner, s.ID, performance.Query{From: s.From, To: s.At, KnownAt: s.KnownAt})
	if err != nil {
		return r, err
	}
	already := int64(0)
	for i := range today.Items {
		already += today.Items[i].Spend
	}
	b := s.budget.State()
	if b.Kind == budgets.KindTotal && b.Settled >= b.Limit {
		r.stays = "its budget is spent"
		return r, nil
	}
	r.pots = potsOf(b, s.First, days, already)
	return r, nil
}

// potsOf is what a budget leaves for days from the first on, of which already was
// spent on the first.
func potsOf(b budgets.State, from localday.Day, days int, already int64) (pots []pot) {
	for first := 0; first < days; {
		next, period := pot{first: first, last: first + 1}, from+localday.Day(first)
		settled := int64(0)
		switch b.Kind {
		case budgets.KindTotal:
			next.last, period, settled = days, b.OpenDay, b.Settled-already
		case budgets.KindMonthly:
			period = budgets.FirstOfMonth(period)
			next.last = min(days, int(budgets.FirstOfMonth(period+31)-from))
			if first == 0 && b.OpenDay == period {
				settled = b.Open.Settled - already
			}
		}
		percent, most := pauseOf(b, period)
		next.pausesAt, next.left = percent, max(0, units(most-settled))
		pots, first = append(pots, next), next.last
	}
	return pots
}

// pauseOf is the percentage at which a period of a budget pauses its campaign
// until a person resumes it, 0 for none below the limit, and the amount at which
// its spend ends. A threshold that was passed before the campaign was resumed
// pauses no more in that period.
func pauseOf(b budgets.State, period localday.Day) (percent int, most int64) {
	for _, t := range b.Thresholds {
		if b.AutoPause && t.Severity == budgets.SeverityCritical && t.Percent < 100 && (t.FiredAt == nil || b.OpenDay != period) {
			return t.Percent, t.Mark(b.Limit)
		}
	}
	return 0, b.Limit
}

func units(micros int64) float64 { return float64(micros) / money.Unit }

// openOn is the part of a local day that lies inside the schedule.
func (s *subject) openOn(d localday.Day) float64 {
	if s.Schedule == nil {
		return 1
	}
	from, to := localday.Bounds(d, s.Zone)
	length := to.Sub(from)
	if s.Schedule.Start.After(from) && len(s.History) == 0 { // what has delivered has begun
		from = s.Schedule.Start
	}
	if s.Schedule.End.Before(to) {
		to = s.Schedule.End
	}
	return max(0, min(1, float64(to.Sub(from))/float64(max(length, time.Nanosecond))))
}

// withDaily is the room with another daily budget; what a total or a monthly one
// has left stays. limit is the present one of a day, 0 for a budget of another kind.
func (r room) withDaily(micros, limit int64) room {
	r.daily = units(micros)
	if limit > 0 {
		r.pots = slices.Clone(r.pots)
		for i := range r.pots {
			r.pots[i].left *= float64(micros) / float64(limit)
		}
	}
	return r
}

// scheduled is the room without the budget.
func (r room) scheduled() room { return room{open: r.open, daily: math.Inf(1)} }

// pausesAt is the percentage at which the budget may pause the campaign, 0 for none.
func (r room) pausesAt() (percent int) {
	for _, p := range r.pots {
		percent = max(percent, p.pausesAt)
	}
	return percent
}

// within holds every future to the room: what a day may not spend it does not
// bring either, in proportion.
func (p *paths) within(r room) *paths {
	return p.each(func(_ int, days []day) []day {
		pots, left, paused := r.pots, math.Inf(1), false
		for d := range days {
			for len(pots) > 0 && d >= pots[0].last {
				pots = pots[1:]
			}
			wanted := days[d][spend] * r.open[d]
			allowed := min(wanted, r.daily)
			if len(pots) > 0 {
				if d == pots[0].first {
					left = pots[0].left
				}
				allowed = min(allowed, left)
				left -= allowed
			}
			scale := r.open[d]
			switch {
			case paused:
				scale = 0
			case wanted > 0:
				scale *= allowed / wanted
			}
			paused = paused || len(pots) > 0 && pots[0].pausesAt > 0 && left <= 0
			for m := range days[d] {
				days[d][m] *= scale
			}
		}
		return days
	})
}
