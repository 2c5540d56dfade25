package predict_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization/predict"
	"github.com/hexabuilders/campaignd/optimization/response"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/analysis"
	"github.com/hexabuilders/campaignd/targeting"
)

// won is the share of an auction that a bid wins.
func won(bid float64) float64 { return bid / (bid + 1) }

func bidding(units float64) *targeting.Configuration {
	amount := money.New(int64(math.Round(units*money.Unit)), "USD")
	return &targeting.Configuration{BidStrategy: &targeting.BidStrategy{Type: targeting.BidManualCPC, Amount: &amount}}
}

// bidder is a campaign that bid each amount for so many days in turn, the last one
// to now, and won as many impressions as that brings.
func (h *house) bidder(limit int64, each int, bids ...float64) uuid.UUID {
	id := h.campaign(11, budgets.KindDaily, limit, market{days: each * len(bids), mean: 200, noise: 0.03, cpa: flat(4)})
	today := localday.Of(now, time.UTC)
	var before *targeting.Configuration
	for i, bid := range bids {
		first := today - localday.Day(each*(len(bids)-i))
		at, _ := localday.Bounds(first, time.UTC)
		h.happened(id, at.Add(-time.Minute), campaigns.TargetingRefined{Changes: []event.Change{{Field: "targeting", Before: before, After: bidding(bid)}}})
		before = bidding(bid)
		for d := first; d < first+localday.Day(each); d++ {
			h.days[id][d] = scaled(h.days[id][d], won(bid)/won(1))
		}
	}
	for i := range h.states {
		if h.states[i].ID == id {
			h.states[i].Targeting = before
		}
	}
	return id
}

func scaled(m performance.Metrics, by float64) performance.Metrics {
	for _, x := range []*int64{&m.Impressions, &m.Clicks, &m.Conversions, &m.Spend, &m.Revenue} {
		*x = int64(math.Round(float64(*x) * by))
	}
	return m
}

func TestAPlannedBidMovesTheResultsAsTheAuctionDid(t *testing.T) {
	h := newHouse()
	id := h.bidder(5000, 7, 1, 2, 1.5, 1, 2, 1)
	for asked, bid := range map[string]float64{"1.50": 1.5, "2": 2, "0.90": 0.9} {
		p := h.ask(t, id, predict.Question{Bid: asked})
		if p.Planned.DailyBudget != nil || p.Planned.Bid == nil || p.Planned.PresentBid.Micros != money.Unit {
			t.Fatalf("%+v", p.Planned)
		}
		for _, c := range p.Planned.Changes {
			if c.Metric == "revenue" {
				continue
			}
			got, want := units(c.With.Mid)/units(c.Without.Mid), won(bid)/won(1)
			if math.Abs(got/want-1) > 0.08 {
				t.Errorf("a bid of %s brings %.2f of the %s; the auction gives %.2f", asked, got, c.Metric, want)
			}
		}
	}
	if p := h.ask(t, id, predict.Question{Bid: "1"}); p.Planned.Changes[0].With != p.Planned.Changes[0].Without {
		t.Error("the bid there is changes something")
	}
}

func TestABidThatCannotBeJudgedIsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		limit int64
		each  int
		bids  []float64
		q     predict.Question
		want  error
	}{
		"one bid only":          {5000, 30, []float64{1}, predict.Question{Bid: "1.1"}, predict.ErrBidNeverVaried},
		"two, for four days":    {5000, 4, []float64{1, 2, 1.1, 2.1, 1.2}, predict.Question{Bid: "1.1"}, predict.ErrBidNeverVaried},
		"two, of ten days":      {5000, 5, []float64{1, 2}, predict.Question{Bid: "1.1"}, predict.ErrBidNeverVaried},
		"far above":             {5000, 10, []float64{1, 2}, predict.Question{Bid: "2.6"}, response.ErrBeyond},
		"far below":             {5000, 10, []float64{1, 2}, predict.Question{Bid: "0.7"}, response.ErrBeyond},
		"held by its budget":    {260, 10, []float64{1, 2}, predict.Question{Bid: "1.5"}, predict.ErrBidHeld},
		"not an amount":         {5000, 10, []float64{1, 2}, predict.Question{Bid: "much"}, fault.ErrInvalid},
		"nothing":               {5000, 10, []float64{1, 2}, predict.Question{Bid: "0"}, fault.ErrInvalid},
		"with a budget besides": {5000, 10, []float64{1, 2}, predict.Question{Bid: "1.5", DailyBudget: "100"}, fault.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse()
			id := h.bidder(tt.limit, tt.each, tt.bids...)
			tt.q.Days = 7
			if _, err := h.predictor().Predict(t.Context(), h.partner, id, tt.q); !errors.Is(err, tt.want) {
				t.Errorf("%v", err)
			}
		})
	}
	h := newHouse()
	id := h.campaign(1, budgets.KindDaily, 500, market{days: 30, mean: 200, cpa: flat(4)})
	if _, err := h.predictor().Predict(t.Context(), h.partner, id, predict.Question{Days: 7, Bid: "1"}); !errors.Is(err, predict.ErrNoBid) {
		t.Errorf("without a bid: %v", err)
	}
	// What is wrong with the question is said before what is missing of the past.
	h = newHouse()
	id = h.campaign(1, budgets.KindDaily, 500, market{})
	for bid, want := range map[string]error{"much": fault.ErrInvalid, "1": predict.ErrNoBid, "": analysis.ErrTooLittle} {
		if _, err := h.predictor().Predict(t.Context(), h.partner, id, predict.Question{Days: 7, Bid: bid}); !errors.Is(err, want) {
			t.Errorf("a bid of %q without a past: %v, want %v", bid, err, want)
		}
	}
}

// A day in the midst of which the bid changed tells of neither bid.
func TestADayOfTwoBidsIsLeftOut(t *testing.T) {
	h := newHouse()
	id := h.bidder(5000, 20, 1, 2)
	noon := localday.Of(now, time.UTC) - 16 // before the days that are the present spend
	at, _ := localday.Bounds(noon, time.UTC)
	q := predict.Question{Bid: "1.5"}
	h.happened(id, at.Add(12*time.Hour), campaigns.TargetingRefined{Changes: []event.Change{{Field: "targeting", Before: bidding(2), After: bidding(1)}}})
	h.happened(id, at.Add(13*time.Hour), campaigns.TargetingRefined{Changes: []event.Change{{Field: "targeting", Before: bidding(1), After: bidding(2)}}})
	before := h.ask(t, id, q).Planned.Spend
	h.days[id][noon] = scaled(h.days[id][noon], 5)
	if after := h.ask(t, id, q).Planned.Spend; after != before {
		t.Errorf("%s becomes %s", before, after)
	}
}
