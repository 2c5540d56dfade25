package optimization

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// Area is a side of a campaign that is looked at.
type Area string

const (
	Engagement Area = "engagement" // clicks of impressions
	Efficiency Area = "efficiency" // the cost of a result
	Bids       Area = "bids"
	Pacing     Area = "pacing"
	Creatives  Area = "creatives"
	Audiences  Area = "audiences"
)

// Standing is how an area stands.
type Standing string

const (
	Fine      Standing = "fine"
	Attention Standing = "attention"
	TooLittle Standing = "too_little" // data; the sample and what is needed say how much
	NoGoal    Standing = "no_goal"    // there is nothing to hold it against
)

// Review is a campaign held against its goals, every area of it.
type Review struct {
	Campaign uuid.UUID
	Currency money.Currency
	From, To time.Time
	KnownAt  time.Time // zero of a campaign that has not been launched, or is over
	Result   string    // the metric that counts: conversions, leads or clicks
	Areas    []Reviewed
}

// Reviewed is one area. The figures are undefined where nothing was measured.
type Reviewed struct {
	Area     Area
	Standing Standing
	Reason   string // a code for what is said of it
	Value    *Estimate
	Against  *float64 // the goal, in the value's unit
	Unit     string   // money, fraction
	Of       string   // what the sample counts: results, clicks, days, creatives
	Sample   int64
	Minimum  int64
}

// Estimate is a value with its 80 % interval.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low_80"`
	High  float64 `json:"high_80"`
}

const (
	leastClicks     = 50
	leastPaced      = 7    // complete days
	overSpent       = 1.05 // of the plan
	leastCompared   = 2    // creatives
	gammaPriorShape = 0.5  // Jeffreys' prior of a rate of events
)

// rateOf is the rate of events that come one by one: with n of them in an
// exposure, Gamma(n + 1/2, exposure) (Jeffreys 1946).
func rateOf(n int64, exposure float64) distuv.Gamma {
	return distuv.Gamma{Alpha: float64(max(0, n)) + gammaPriorShape, Beta: exposure}
}

// perResult is what a result costs: the spend over a number of results that is
// not exactly known. nil without spend.
func perResult(spend, n int64) *Estimate {
	if spend <= 0 || n <= 0 {
		return nil
	}
	rate := rateOf(n, float64(spend)/money.Unit)
	return &Estimate{float64(spend) / money.Unit / float64(n), 1 / rate.Quantile(0.9), 1 / rate.Quantile(0.1)}
}

// perChance is the part of chances that n were taken of.
func perChance(n, chances int64) *Estimate {
	if chances <= 0 {
		return nil
	}
	rate := rateOf(n, float64(chances))
	return &Estimate{float64(max(0, n)) / float64(chances), rate.Quantile(0.1), rate.Quantile(0.9)}
}

// Review holds a campaign against its goals: what needs attention, what is fine,
// and of what too little is known to say.
func (x *Examiner) Review(ctx context.Context, partner, campaign uuid.UUID, limits Limits) (Review, error) {
	f, err := x.read(ctx, partner, campaign)
	if err != nil {
		return Review{}, err
	}
	if f == nil {
		return Review{Campaign: campaign}, nil
	}
	f.limits = limits
	found, creatives, err := x.findings(ctx, f)
	if err != nil {
		return Review{}, err
	}
	r := Review{Campaign: campaign, Currency: f.campaign.Currency, KnownAt: f.knownAt, Result: f.metric.String()}
	r.From, r.To = f.span(costLook)
	r.Areas = []Reviewed{f.engagement(), f.efficiency(), f.bids(found), f.pace(), f.shown(found, creatives), f.people(found)}
	return r, nil
}

func (f *facts) engagement() Reviewed {
	clicks, chances := f.total(performance.Clicks, costLook), f.total(performance.Impressions, costLook)
	r := Reviewed{Area: Engagement, Unit: "fraction", Value: perChance(clicks, chances), Of: "clicks", Sample: clicks, Minimum: leastClicks}
	goal, ok := f.campaign.Goals.Target(campaigns.MetricCTR)
	if ok && goal.Micros > 0 {
		against := float64(goal.Micros) / money.Unit
		r.Against = &against
	}
	return r.held(func(e Estimate, goal float64) bool { return e.High < goal })
}

func (f *facts) efficiency() Reviewed {
	results := f.total(f.metric, costLook)
	r := Reviewed{Area: Efficiency, Unit: "money", Value: perResult(f.total(performance.Spend, costLook), results), Of: "results", Sample: results, Minimum: leastResults}
	if goal, ok := f.target(); ok {
		against := float64(goal) / money.Unit
		r.Against = &against
	}
	return r.held(func(e Estimate, goal float64) bool { return e.Low > goal })
}

// held says how a value stands against its goal: it takes the whole of its
// interval to be worse.
func (r Reviewed) held(worse func(Estimate, float64) bool) Reviewed {
	switch {
	case r.Value == nil || r.Sample < r.Minimum:
		r.Standing, r.Reason = TooLittle, "sample"
	case r.Against == nil:
		r.Standing, r.Reason = NoGoal, "goal"
	case worse(*r.Value, *r.Against):
		r.Standing, r.Reason = Attention, "worse"
	default:
		r.Standing, r.Reason = Fine, "within"
	}
	return r
}

func (f *facts) bids(found []Finding) Reviewed {
	results := f.total(f.metric, costLook)
	r := Reviewed{Area: Bids, Of: "results", Sample: results, Minimum: leastResults, Unit: "money"}
	t := f.campaign.Targeting
	_, target := f.target()
	switch {
	case t == nil || t.BidStrategy == nil || t.BidStrategy.Amount == nil:
		r.Standing, r.Reason = NoGoal, "no_bid"
		return r
	case !target:
		r.Standing, r.Reason = NoGoal, "goal"
		return r
	}
	bid := float64(t.BidStrategy.Amount.Micros) / money.Unit
	r.Value = &Estimate{bid, bid, bid} // a setting, which is known
	return r.suggested(found, BidAdjustment)
}

// suggested says that an area needs attention when something was found to change.
func (r Reviewed) suggested(found []Finding, types ...Type) Reviewed {
	r.Standing, r.Reason = Fine, "nothing_better"
	if r.Sample < r.Minimum {
		r.Standing, r.Reason = TooLittle, "sample"
	}
	for _, one := range found {
		for _, t := range types {
			if one.Type == t {
				r.Standing, r.Reason = Attention, "suggested"
			}
		}
	}
	return r
}

func (f *facts) pace() Reviewed {
	r := Reviewed{Area: Pacing, Unit: "fraction", Of: "days", Sample: int64(min(costLook, f.length())), Minimum: leastPaced}
	share, ok := f.spentOfPlan()
	if !ok {
		r.Standing, r.Reason = NoGoal, "no_plan"
		if f.length() == 0 {
			r.Standing, r.Reason = TooLittle, "sample"
		}
		return r
	}
	one := 1.0
	r.Value, r.Against = &Estimate{share, share, share}, &one // booked, and not estimated
	switch {
	case r.Sample < r.Minimum:
		r.Standing, r.Reason = TooLittle, "sample"
	case share < underSpent:
		r.Standing, r.Reason = Attention, "under"
	case share > overSpent:
		r.Standing, r.Reason = Attention, "over"
	default:
		r.Standing, r.Reason = Fine, "within"
	}
	return r
}

// shown counts the creatives that have been seen often enough to be compared.
func (f *facts) shown(found []Finding, groups map[string]performance.Metrics) Reviewed {
	r := Reviewed{Area: Creatives, Unit: "fraction", Of: "creatives", Minimum: leastCompared}
	results, chances := int64(0), int64(0)
	for _, c := range f.campaign.Creatives {
		m, ok := groups[c.Name]
		if !ok {
			continue
		}
		results, chances = results+*m.At(f.metric), chances+m.Impressions
		if m.Impressions >= leastImpressions {
			r.Sample++
		}
	}
	r.Value = perChance(results, chances)
	return r.suggested(found, CreativeRotation)
}

func (f *facts) people(found []Finding) Reviewed {
	results := f.total(f.metric, shortLook)
	r := Reviewed{Area: Audiences, Unit: "money", Value: perResult(f.total(performance.Spend, shortLook), results), Of: "results", Sample: results, Minimum: 2 * leastResults}
	return r.suggested(found, TargetingRefinement, AudienceExpansion)
}

// Review holds a campaign of a partner against its goals.
func (s *Service) Review(ctx context.Context, partner, campaign uuid.UUID) (Review, error) {
	c, err := s.hands.campaigns.Get(ctx, event.Origin{Partner: partner}, campaign)
	if err != nil {
		return Review{}, err
	}
	set, err := s.settings.Settings(ctx, c.State().Partner)
	if err != nil {
		return Review{}, err
	}
	return s.analyst.Review(ctx, partner, campaign, set.Limits)
}
