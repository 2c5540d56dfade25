package insight

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
)

// Type is the type of the optimiser's suggestions that a Suggestion is.
type Type string

// The types, as optimization names them.
const (
	Refinement Type = "TARGETING_REFINEMENT"
	Expansion  Type = "AUDIENCE_EXPANSION"
)

// Suggestion is a change of the targeting that the evidence speaks for. It is
// applied by refining the campaign with Targeting, by a person or the optimiser.
type Suggestion struct {
	Type       Type                    `json:"type" enum:"TARGETING_REFINEMENT,AUDIENCE_EXPANSION"`
	Action     string                  `json:"action" enum:"narrow,widen"`
	Dimension  string                  `json:"dimension"`
	Value      string                  `json:"value,omitempty"`
	Because    string                  `json:"because"`
	Evidence   *Response               `json:"evidence,omitempty" doc:"Absent where widening rests on reach alone."`
	Confidence float64                 `json:"confidence" minimum:"0" maximum:"1" doc:"That it improves what a conversion costs."`
	Expected   Effect                  `json:"expected"`
	Targeting  targeting.Configuration `json:"targeting" doc:"What the campaign would then have: the body of POST /campaigns/{id}/targeting/refine."`
	Notes      []string                `json:"notes"`
}

// Effect is what to expect of a change.
type Effect struct {
	Cost       *Interval    `json:"cost_per_conversion,omitempty" doc:"Relative change of what a conversion costs with the same money spent: -0.1 is a tenth less."`
	CostReason string       `json:"cost_per_conversion_reason,omitempty" doc:"Why that cannot be said."`
	Freed      *money.Money `json:"freed,omitempty" doc:"Spend of the window that would go elsewhere."`
	Before     *Reach       `json:"reach_before,omitempty" doc:"People; absent where it cannot be estimated."`
	After      *Reach       `json:"reach_after,omitempty"`
}

const learning = "Changing the targeting of a launched campaign makes ad platforms learn anew; it can be rolled back."

// narrow suggests to leave out the parts that are worse by what a conversion
// costs.
func (c Campaign) narrow(d Delivery, people People) []Suggestion {
	var all []Suggestion
	for i := range c.Responses {
		r := &c.Responses[i]
		m := r.measure(CostPerConversion)
		if m.Verdict != Worse {
			continue
		}
		without, ok := exclude(*d.Targeting, r.Dimension, r.Value)
		if !ok {
			continue
		}
		s := Suggestion{
			Type: Refinement, Action: "narrow", Dimension: r.Dimension, Value: r.Value, Evidence: r, Targeting: without,
			Confidence: 1 - *m.Q, Notes: []string{learning, "The rest is taken to go on as it does; with more money on fewer people a conversion often costs a little more."},
			Because: fmt.Sprintf("A conversion costs %.0f %% more in %s %s than elsewhere (%d conversions for %s).", 100*(m.Ratio.Value-1), r.Dimension, r.Value, r.Conversions, r.Cost),
		}
		cost := saved(m, r.Part, d.whole(r.Dimension))
		s.Expected.Cost, s.Expected.Freed = &cost, &r.Cost
		s.reach(*d.Targeting, people)
		all = append(all, s)
	}
	return all
}

// whole is the campaign by a dimension, with what nobody said the value of.
func (d Delivery) whole(dimension string) Part {
	var parts []Part
	for _, p := range d.Parts {
		if p.Dimension == dimension {
			parts = append(parts, p)
		}
	}
	return total(parts)
}

// saved is how what a conversion costs changes when all the money goes to the
// rest. With f the part's share of the money and r the ratio of its cost to the
// rest's, the whole costs rest/(1 - f + f/r).
func saved(m *Measure, p, whole Part) Interval {
	f := units(p.Spend) / units(whole.Spend) // the rest has spent something, or there is no measure
	change := func(r float64) float64 { return (1 - f + f/r) - 1 }
	return Interval{change(m.Ratio.Value), change(m.Ratio.High), min(0, change(m.Ratio.Low))}
}

func (s *Suggestion) reach(before targeting.Configuration, people People) {
	if r, ok := people(before); ok {
		s.Expected.Before = &r
	}
	if r, ok := people(s.Targeting); ok {
		s.Expected.After = &r
	}
}

// criteria are the parts of a configuration that dimensions belong to.
var criteria = map[string]targeting.Criterion{"audience": targeting.ByAudience, "device": targeting.ByDevice, "country": targeting.ByCountry, "gender": targeting.ByGender}

// exclude is a configuration without a part; ok is false where that cannot be
// said or would leave nobody.
func exclude(c targeting.Configuration, dimension, value string) (targeting.Configuration, bool) {
	if dimension == "age" {
		return excludeAges(c, value)
	}
	by, ok := criteria[dimension]
	if !ok {
		return c, false
	}
	if by == targeting.ByAudience && slices.Contains(c.LookalikeAudiences, value) {
		by = targeting.ByLookalike
	}
	if by == targeting.ByDevice || by == targeting.ByGender {
		value = strings.ToLower(value)
	}
	if slices.Contains(c.Excluded(by), value) {
		return c, false
	}
	c.Exclusions = append(slices.Clone(c.Exclusions), targeting.Exclusion{Criterion: by, Values: []string{value}})
	return c, c.Validate() == nil
}

// excludeAges takes a bracket off an end of the ages; one in the middle cannot
// be left out.
func excludeAges(c targeting.Configuration, bracket string) (targeting.Configuration, bool) {
	r := targeting.AgeRange{Min: targeting.MinAge, Max: targeting.OpenAge}
	if c.AgeRange != nil {
		r = *c.AgeRange
	}
	low, high, ok := bracketOf(bracket)
	switch {
	case !ok:
		return c, false
	case low <= r.Min && high < r.Max:
		r.Min = high + 1
	case high >= r.Max && low > r.Min:
		r.Max = low - 1
	default:
		return c, false
	}
	c.AgeRange = &r
	return c, c.Validate() == nil
}

// bracketOf reads "25-34" or "65+".
func bracketOf(text string) (low, high int, ok bool) {
	if from, open := strings.CutSuffix(text, "+"); open {
		low, err := strconv.Atoi(from)
		return low, math.MaxInt32, err == nil
	}
	from, to, _ := strings.Cut(text, "-")
	low, err := strconv.Atoi(from)
	if err != nil {
		return 0, 0, false
	}
	high, err = strconv.Atoi(to)
	return low, high, err == nil && low <= high
}

const (
	// muchWider is how many times more people a criterion has to cost before it
	// is suggested to go without it.
	muchWider = 1.5
	maxWiden  = 3
)

// widen suggests to go without the criteria that cost most reach. Nothing is
// known of how those would respond who were never reached, and it says so.
func widen(d Delivery, people People) []Suggestion {
	now, ok := people(*d.Targeting)
	if !ok || now.Mid == 0 {
		return nil
	}
	var all []Suggestion
	for _, l := range d.Targeting.Lists() {
		if len(l.Values) == 0 {
			continue
		}
		wider, ok := without(*d.Targeting, l.Criterion)
		if !ok {
			continue
		}
		then, ok := people(wider)
		if !ok || float64(then.Mid) < muchWider*float64(now.Mid) {
			continue
		}
		before := now
		all = append(all, Suggestion{
			Type: Expansion, Action: "widen", Dimension: string(l.Criterion), Targeting: wider,
			Because:    fmt.Sprintf("Without %s the targeting reaches %.1f times as many people.", strings.ReplaceAll(string(l.Criterion), "_", " "), float64(then.Mid)/float64(now.Mid)),
			Confidence: 0.5,
			Expected:   Effect{CostReason: "nothing_known_of_new_people", Before: &before, After: &then},
			Notes:      []string{learning, "How the new people respond is not known: try it with a part of the budget first."},
		})
	}
	slices.SortStableFunc(all, func(a, b Suggestion) int { return int(min(1, max(-1, b.Expected.After.Mid-a.Expected.After.Mid))) })
	return all[:min(len(all), maxWiden)]
}

// without is a configuration that does not ask for a criterion.
func without(c targeting.Configuration, by targeting.Criterion) (targeting.Configuration, bool) {
	switch by {
	case targeting.ByGender:
		c.Genders = nil
	case targeting.ByLanguage:
		c.Languages = nil
	case targeting.ByInterest:
		c.Interests = nil
	case targeting.ByBehavior:
		c.Behaviors = nil
	case targeting.ByJobTitle:
		c.JobTitles = nil
	case targeting.ByIndustry:
		c.Industries = nil
	case targeting.ByCompanySize:
		c.CompanySizes = nil
	case targeting.ByIncome:
		c.IncomeRanges = nil
	case targeting.ByDevice:
		c.DeviceTypes = nil
	case targeting.ByPlatform:
		c.Platforms = nil
	case targeting.ByConnection:
		c.ConnectionTypes = nil
	default:
		return c, false // audiences are what the campaign is for
	}
	return c, c.Validate() == nil
}
