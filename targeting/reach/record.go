package reach

import (
	"context"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
)

// Stored is an estimate as it was when a campaign was launched or refined.
type Stored struct {
	Partner    uuid.UUID  `json:"-"`
	Campaign   uuid.UUID  `json:"campaign_id"`
	At         time.Time  `json:"at"`
	Low        int64      `json:"low"`
	Mid        int64      `json:"mid"`
	High       int64      `json:"high"`
	Confidence Confidence `json:"confidence"`
	Method     Method     `json:"method"`
	Panel      *uuid.UUID `json:"panel_id,omitempty"`

	Networks  []targeting.Platform `json:"networks,omitempty"`
	Unlearned int64                `json:"mid_before_past_estimates,omitempty"` // 0: nothing was learned, it is Mid
	Outcome   *Delivered           `json:"outcome,omitempty"`                   // nil until the campaign is over
}

// Record keeps estimates, to be held against what campaigns reached.
type Record interface {
	// Save keeps an estimate; one of the same campaign and moment is kept already.
	Save(ctx context.Context, s Stored) error
	// Latest are the last estimates of the partner's campaigns, one for each, the
	// newest first.
	Latest(ctx context.Context, partner uuid.UUID, limit int) ([]Stored, error)
	// Of are all the estimates of a campaign.
	Of(ctx context.Context, partner, campaign uuid.UUID) ([]Stored, error)
	// Partners are those of whom any estimate is kept.
	Partners(ctx context.Context) ([]uuid.UUID, error)
	// Settle keeps the outcome of an estimate that is kept.
	Settle(ctx context.Context, s Stored) error
}

// Day is what a campaign had delivered by the end of a day: sums from its
// beginning, and the reach as it was then reported.
type Day struct {
	Impressions int64
	Spend       money.Money
	Reach       int64 // people; 0 when none was reported
}

// Subject is a campaign whose reach is asked for.
type Subject struct {
	Partner   uuid.UUID
	Name      string
	Targeting *targeting.Configuration // nil when it has none
}

// Delivery is what campaigns really did.
type Delivery interface {
	// Campaign is a campaign of the partner, of any when partner is uuid.Nil.
	Campaign(ctx context.Context, partner, campaign uuid.UUID) (Subject, error)
	// Days are a campaign's days with delivery, in their order.
	Days(ctx context.Context, partner, campaign uuid.UUID) ([]Day, error)
}

// Note estimates a campaign's targeting and keeps the answer under a moment.
func (s *Service) Note(ctx context.Context, by event.Origin, campaign uuid.UUID, at time.Time, t targeting.Configuration) error {
	e, err := s.Estimate(ctx, by.Partner, Request{Configuration: t})
	if err != nil {
		return err
	}
	kept := Stored{Partner: by.Partner, Campaign: campaign, At: at, Low: e.Low, Mid: e.Mid, High: e.High, Confidence: e.Confidence, Method: e.Method, Networks: networksOf(t), Unlearned: e.Unlearned}
	if e.Panel != nil {
		kept.Panel = &e.Panel.ID
	}
	return s.Record.Save(ctx, kept)
}

// Compared is an estimate beside what the campaign reached.
type Compared struct {
	Stored
	Name        string
	Reached     int64 // people, as the platforms last reported
	Impressions int64
	// Implied is how many people the delivery says there are; 0 while the campaign
	// has shown itself too seldom to the same person to tell.
	Implied int64
	// Verdict is inside, above or below: where Implied lies; above too when more
	// people were reached than high. open while neither can be told.
	Verdict Verdict
}

// Verdict is how an estimate stands beside what was reached.
type Verdict string

// The verdicts.
const (
	Inside Verdict = "inside" // the range holds what the delivery says
	Above  Verdict = "above"  // there are more people than the range says
	Below  Verdict = "below"  // there are fewer
	Open   Verdict = "open"   // the delivery does not tell yet
)

// Calibration is how past estimates have stood up.
type Calibration struct {
	Campaigns []Compared
	Judged    int // campaigns whose verdict is not open
	Inside    int
	Ratio     float64  // geometric mean of implied over mid; 0 when nothing was judged
	Lessons   []Lesson // what estimates are corrected by
}

// Meant is the share of cases that a range is meant to hold.
const Meant = 0.8

// leastFrequency is how often the same person must have seen a campaign, on
// average, before its delivery says anything about how many there are: below it
// nearly everybody who was shown it is new, whatever the audience.
const leastFrequency = 1.3

const calibrated = 200 // campaigns that are looked at

// Calibration holds the partner's past estimates against delivery.
func (s *Service) Calibration(ctx context.Context, partner uuid.UUID) (Calibration, error) {
	past, err := s.Record.Latest(ctx, partner, calibrated)
	if err != nil {
		return Calibration{}, err
	}
	c := Calibration{Campaigns: []Compared{}, Lessons: lessons(past)}
	logs := 0.0
	implied := 0
	for _, stored := range past {
		one, err := s.compare(ctx, partner, stored)
		if err != nil {
			return Calibration{}, err
		}
		if one.Reached == 0 {
			continue
		}
		c.Campaigns = append(c.Campaigns, one)
		if one.Verdict == Open {
			continue
		}
		c.Judged++
		if one.Verdict == Inside {
			c.Inside++
		}
		if one.Implied > 0 && one.Mid > 0 {
			logs += math.Log(float64(one.Implied) / float64(one.Mid))
			implied++
		}
	}
	if implied > 0 {
		c.Ratio = math.Exp(logs / float64(implied))
	}
	return c, nil
}

func (s *Service) compare(ctx context.Context, partner uuid.UUID, stored Stored) (Compared, error) {
	one := Compared{Stored: stored, Verdict: Open}
	subject, err := s.Delivery.Campaign(ctx, partner, stored.Campaign)
	if err != nil {
		return one, err
	}
	days, err := s.Delivery.Days(ctx, partner, stored.Campaign)
	if err != nil || len(days) == 0 {
		return one, err
	}
	one.Name = subject.Name
	last := lastReported(days)
	if last.Reach == 0 {
		return one, nil
	}
	one.Reached, one.Impressions = last.Reach, last.Impressions
	one.Implied = impliedBy(last)
	one.Verdict = one.verdict()
	return one, nil
}

func (c Compared) verdict() Verdict {
	switch {
	case c.Reached > c.High || c.Implied > c.High:
		return Above
	case c.Implied == 0:
		return Open
	case c.Implied < c.Low:
		return Below
	}
	return Inside
}

// impliedBy is how many people N there are when I impressions fell on people at
// random and reached R of them: R = N (1 - exp(-I/N)), solved for N. Real
// delivery favours some people, who see more of it, so N is rather too low.
// 0 when frequency is too small to tell.
func impliedBy(d Day) int64 {
	reach, impressions := float64(d.Reach), float64(d.Impressions)
	if d.Reach <= 0 || impressions/reach < leastFrequency {
		return 0
	}
	// The share of the audience reached falls as N grows, from 1 at N = R on.
	low, high := reach, reach*1e4
	for range 200 {
		n := math.Sqrt(low * high)
		if n*-math.Expm1(-impressions/n) > reach {
			high = n
		} else {
			low = n
		}
	}
	return int64(math.Round(math.Sqrt(low * high)))
}
