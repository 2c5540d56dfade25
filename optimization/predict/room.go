package predict

import (
	"context"
	"math"
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
	daily float64   // most of a day, in units; infinite without a limit
	pots  []pot     // what lasts for several days, one after the other
	stays string    // why nothing comes at all unless that changes; "" for a campaign that runs
}

// pot is what may be spent from the first day to before the last.
type pot struct {
	first, last int
	left        float64
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
	b := s.budget.State()
	if b.Kind == budgets.KindDaily {
		r.daily = units(b.Limit)
		return r, nil
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
	if b.Kind == budgets.KindTotal {
		if b.Settled >= b.Limit {
			r.stays = "its budget is spent"
			return r, nil
		}
		r.pots = []pot{{0, days, max(0, units(b.Limit-b.Settled+already))}}
		return r, nil
	}
	for first := 0; first < days; {
		month := budgets.FirstOfMonth(s.First + localday.Day(first))
		last := min(days, int(budgets.FirstOfMonth(month+31)-s.First))
		left := b.Limit
		if first == 0 && b.OpenDay == month {
			left += already - b.Open.Settled
		}
		r.pots = append(r.pots, pot{first, last, max(0, units(left))})
		first = last
	}
	return r, nil
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
// has left stays.
func (r room) withDaily(micros int64) room {
	return room{open: r.open, daily: units(micros), pots: r.pots}
}

// scheduled is the room without the budget.
func (r room) scheduled() room { return room{open: r.open, daily: math.Inf(1)} }

// within holds every future to the room: what a day may not spend it does not
// bring either, in proportion.
func (p *paths) within(r room) *paths {
	return p.each(func(_ int, days []day) []day {
		left := make([]float64, len(r.pots))
		for i, pot := range r.pots {
			left[i] = pot.left
		}
		for d := range days {
			wanted := days[d][spend] * r.open[d]
			allowed := min(wanted, r.daily)
			for i, pot := range r.pots {
				if d >= pot.first && d < pot.last {
					allowed = min(allowed, left[i])
					left[i] -= allowed
				}
			}
			scale := r.open[d]
			if wanted > 0 {
				scale *= allowed / wanted
			}
			for m := range days[d] {
				days[d][m] *= scale
			}
		}
		return days
	})
}
