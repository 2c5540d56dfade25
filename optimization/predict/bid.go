package predict

import (
	"context"
	"encoding/json"
	"math"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization/response"
	"github.com/hexabuilders/campaignd/targeting"
)

// What it takes to say what another bid brings, and how far it may be asked.
const (
	leastBidDays = 5    // whole days of each bid that counts
	leastBids    = 2    // such bids
	bidReach     = 1.25 // beyond the lowest and the highest of them, as a factor
)

var (
	ErrNoBid = fault.New(fault.Invalid, "no_bid", "The campaign's bid strategy has no amount, so there is no bid to plan.",
		"Ask without a bid, or set a bid strategy with an amount and ask when it has varied.")
	ErrBidNeverVaried = fault.New(fault.Invalid, "bid_never_varied", "The campaign's bids tell nothing of what another one would bring.",
		"Ask again when two different bids have been in force for 5 whole local days each, and 14 days in all.")
	ErrBidHeld = fault.New(fault.Invalid, "bid_held_by_budget", "The campaign spends its whole budget, so its days do not show what its bids could have brought.",
		"Raise the budget until it is no longer spent whole, and ask when some days are over; or plan another daily budget.")
)

// offer is a bid and the moment from which it was in force; amount is 0 for a
// strategy without one.
type offer struct {
	from   time.Time
	kind   targeting.BidType
	amount int64
}

// offers are the campaign's bids, oldest first, as its history tells them.
func (p *Predictor) offers(ctx context.Context, s *subject) (all []offer, err error) {
	events, err := p.since(ctx, s.Partner, s.ID, time.Time{})
	if err != nil {
		return nil, err
	}
	for i := range events {
		if events[i].OccurredAt.After(s.KnownAt) {
			break
		}
		after, changed, err := targetingAfter(&events[i])
		if err != nil {
			return nil, err
		}
		if !changed {
			continue
		}
		next := offer{from: events[i].OccurredAt}
		if after != nil && after.BidStrategy != nil {
			next.kind = after.BidStrategy.Type
			if a := after.BidStrategy.Amount; a != nil {
				next.amount = a.Micros
			}
		}
		all = append(all, next)
	}
	return all, nil
}

// targetingAfter is the targeting that an event set, and whether it set any.
func targetingAfter(e *event.Event) (after *targeting.Configuration, changed bool, err error) {
	changes, err := e.Changes()
	if err != nil {
		return nil, false, err
	}
	for _, c := range changes {
		if c.Field == "targeting" {
			err = json.Unmarshal(c.After, &after)
			return after, true, err
		}
	}
	return nil, false, nil
}

// bidDays is the bid of each complete day, in units; 0 of a day on which it
// changed, or on which there was none of the present kind.
func (s *subject) bidDays(offers []offer, kind targeting.BidType) []float64 {
	bids := make([]float64, len(s.History))
	for t := range bids {
		from, to := localday.Bounds(s.First-localday.Day(len(bids)-t), s.Zone)
		for _, o := range offers {
			switch {
			case !o.from.After(from) && o.kind == kind:
				bids[t] = units(o.amount)
			case o.from.Before(to):
				bids[t] = 0
			}
		}
	}
	return bids
}

// bidPlan moves the futures to another bid, by what the campaign's own bids
// brought in the platform's auction.
func (p *Predictor) bidPlan(ctx context.Context, s *subject, free *paths, bid money.Money) (*paths, *Planned, error) {
	strategy := s.strategy()
	offers, err := p.offers(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	bids := s.bidDays(offers, strategy.Type)
	if err := s.checkBids(bids, bid); err != nil {
		return nil, nil, err
	}
	present := s.present()
	if daily := units(s.daily().Micros); daily > 0 && present >= bound*daily {
		return nil, nil, ErrBidHeld.With("The campaign spends %s of the %s it may a day, so its days do not show what its bids could have brought.", s.spoken(present), s.daily())
	}
	planned := &Planned{Bid: &bid, PresentBid: strategy.Amount, Present: s.money(present), Spend: s.money(present)}
	if bid.Micros == strategy.Amount.Micros {
		return free, planned, nil
	}
	ratios, err := s.bidRatios(bids, units(strategy.Amount.Micros), units(bid.Micros))
	if err != nil {
		return nil, nil, err
	}
	moved, means, err := free.by(ratios, float64(bid.Micros)/float64(strategy.Amount.Micros))
	planned.Spend = s.money(present * means[spend])
	return moved, planned, err
}

// strategy is the campaign's bid with an amount, nil without one.
func (s *subject) strategy() *targeting.BidStrategy {
	if t := s.Targeting; t != nil && t.BidStrategy != nil && t.BidStrategy.Amount != nil && t.BidStrategy.Amount.Micros > 0 {
		return t.BidStrategy
	}
	return nil
}

// checkBids refuses what the bids there were cannot tell.
func (s *subject) checkBids(bids []float64, asked money.Money) error {
	days := map[float64]int{}
	for _, b := range bids {
		if b > 0 {
			days[b]++
		}
	}
	low, high, known := math.Inf(1), 0.0, 0
	counted := 0
	for b, n := range days {
		known += n
		if n >= leastBidDays {
			low, high, counted = min(low, b), max(high, b), counted+1
		}
	}
	if counted < leastBids || known < response.LeastPeriods {
		return ErrBidNeverVaried.With("%d of its bids were in force for %d whole days, over %d known days; it takes %d bids and %d days to say what another would bring.",
			counted, leastBidDays, known, leastBids, response.LeastPeriods)
	}
	if a := units(asked.Micros); a > high*bidReach || a < low/bidReach {
		least, most := s.money(math.Ceil(100*low/bidReach)/100), s.spoken(high*bidReach)
		return response.ErrBeyond.With("The campaign's bids were %s to %s; what %s would bring in the auction cannot be judged. From %s to %s can.", s.money(low), s.money(high), asked, least, most).
			WithExtra("least", least).WithExtra("most", most)
	}
	return nil
}

// bidRatios is by which factor each metric moves from one bid to another, by each
// of the curves that the days allow. What an auction gives for a bid saturates as
// what money gives: the share of auctions won cannot exceed all.
func (s *subject) bidRatios(bids []float64, from, to float64) (ratios [numMetrics][]float64, err error) {
	var group errgroup.Group
	for m := range ratios {
		result, sum := make([]float64, len(bids)), 0.0
		for t := range result {
			if result[t] = math.NaN(); bids[t] > 0 { // a day of two bids tells of neither
				result[t] = max(0, unitsOf(&s.History[t], m))
				sum += result[t]
			}
		}
		if sum == 0 {
			ratios[m] = []float64{1}
			continue
		}
		group.Go(func() error {
			h := response.History{Channels: []string{"bid"}, Spend: [][]float64{bids}, Result: result}
			model, err := response.Fit(h, response.Options{Seed: s.seed(), Effort: fitEffort})
			if err == nil {
				ratios[m], err = model.Ratios([]float64{from}, []float64{to})
			}
			return err
		})
	}
	return ratios, group.Wait()
}
