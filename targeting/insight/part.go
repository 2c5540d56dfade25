package insight

import (
	"math"
	"slices"
	"strings"

	"github.com/hexabuilders/campaignd/money"
)

// Part is what one part of a campaign's targeting brought: everybody who was
// reached on one device, in one country, of one audience.
type Part struct {
	Dimension   string `json:"dimension" enum:"audience,age,gender,device,country"`
	Value       string `json:"value"`
	Impressions int64  `json:"impressions"`
	Clicks      int64  `json:"clicks"`
	Conversions int64  `json:"conversions"`
	Spend       int64  `json:"-"` // micros
}

func (p Part) minus(o Part) Part {
	return Part{Impressions: p.Impressions - o.Impressions, Clicks: p.Clicks - o.Clicks, Conversions: p.Conversions - o.Conversions, Spend: p.Spend - o.Spend}
}

// Dimensions are what responses are divided by. Ages and genders come from
// audiences whose label names them (Demographic).
var Dimensions = []string{"audience", "age", "gender", "device", "country"}

// Demographic reads the label of an audience in which a source says the age and
// gender of whom it reached: "age=25-34", "gender=female" or both with "|", ":"
// for "=" too.
func Demographic(label string) (age, gender string) {
	for part := range strings.SplitSeq(label, "|") {
		name, value, ok := strings.Cut(strings.ReplaceAll(part, ":", "="), "=")
		if !ok {
			continue
		}
		switch value = strings.TrimSpace(value); strings.ToLower(strings.TrimSpace(name)) {
		case "age":
			age = value
		case "gender", "sex":
			gender = strings.ToLower(value)
		}
	}
	return age, gender
}

// Split turns the parts by audience whose labels are demographic into parts by
// age and by gender. What carries no label is left out: the rest of a campaign
// is what has one.
func Split(byAudience []Part) []Part {
	var out []Part
	add := func(dimension, value string, p Part) {
		if value == "" {
			return
		}
		i := slices.IndexFunc(out, func(o Part) bool { return o.Dimension == dimension && o.Value == value })
		if i < 0 {
			i = len(out)
			out = append(out, Part{Dimension: dimension, Value: value})
		}
		o := &out[i]
		o.Impressions, o.Clicks, o.Conversions, o.Spend = o.Impressions+p.Impressions, o.Clicks+p.Clicks, o.Conversions+p.Conversions, o.Spend+p.Spend
	}
	for _, p := range byAudience {
		age, gender := Demographic(p.Value)
		if age == "" && gender == "" {
			add("audience", p.Value, p)
			continue
		}
		add("age", age, p)
		add("gender", gender, p)
	}
	return out
}

// Minimum samples of each kind of comparison, on both sides (docs/decisions/0028).
const (
	MinImpressions = 1000 // for the share of clicks
	MinClicks      = 200  // for the share of conversions
	MinConversions = 30   // for what a conversion costs
	// Noise is how far a ratio may be from 1 and mean nothing.
	Noise = 0.10
)

// Window is how many days the evidence is of, for audiences.
const Window = 14

// Verdict is what a comparison comes to.
type Verdict string

// The verdicts. Alike is also a difference within Noise.
const (
	Better Verdict = "better"
	Worse  Verdict = "worse"
	Alike  Verdict = "alike"
	TooFew Verdict = "too_few"
)

// Measure is one comparison of a part with the rest of the campaign.
type Measure struct {
	Name    string    `json:"name" enum:"ctr,cvr,cost_per_conversion"`
	Here    *float64  `json:"here" nullable:"true" doc:"A fraction, or units of the currency; null without a denominator."`
	Rest    *float64  `json:"rest" nullable:"true" doc:"The same in the rest of the campaign."`
	Ratio   *Interval `json:"ratio,omitempty" doc:"Of here to rest; absent where it cannot be measured."`
	Q       *float64  `json:"adjusted_p" nullable:"true" doc:"The rate of false findings at which it would still be called a difference."`
	Verdict Verdict   `json:"verdict" enum:"better,worse,alike,too_few" doc:"alike: less than 10 % apart, or no more than chance."`
	Lacking string    `json:"lacking,omitempty" doc:"What a verdict needs."`

	p float64
}

// Response is how the people of a part responded, beside all the others.
type Response struct {
	Part
	Cost     money.Money  `json:"spend"`
	Measures []Measure    `json:"measures"`
	Verdict  Verdict      `json:"verdict" enum:"better,worse,alike,too_few" doc:"By what a conversion costs; without enough conversions by the share of clicks."`
	Wasted   *money.Money `json:"wasted,omitempty" doc:"What its conversions cost beyond what they cost elsewhere; only where it is worse."`
}

func (r *Response) measure(name string) *Measure {
	i := slices.IndexFunc(r.Measures, func(m Measure) bool { return m.Name == name })
	return &r.Measures[i]
}

// CostPerConversion is what a conversion cost here and in the rest of the
// campaign, in units of the currency; 0 where it cannot be said.
func (r *Response) CostPerConversion() (here, rest float64) {
	if m := r.measure(CostPerConversion); m.Here != nil && m.Rest != nil {
		return *m.Here, *m.Rest
	}
	return 0, 0
}

// Measures of a part.
const (
	CTR               = "ctr"
	CVR               = "cvr"
	CostPerConversion = "cost_per_conversion"
)

// measures compares a part with the rest.
func measures(p, rest Part) []Measure {
	return []Measure{
		shares(CTR, p.Clicks, p.Impressions, rest.Clicks, rest.Impressions, MinImpressions, "impressions"),
		shares(CVR, p.Conversions, p.Clicks, rest.Conversions, rest.Clicks, MinClicks, "clicks"),
		costs(p, rest),
	}
}

func shares(name string, a, n, b, m, least int64, of string) Measure {
	out := Measure{Name: name, Here: over(float64(a), float64(n)), Rest: over(float64(b), float64(m)), Verdict: TooFew, p: math.NaN()}
	// Restatements and late clicks can leave more of them than of what they are a
	// share of.
	if n < least || m < least || a > n || b > m || a < 0 || b <= 0 {
		out.Lacking = lacking(least, of)
		return out
	}
	r := ratio(float64(a), float64(n), float64(b), float64(m))
	out.Ratio, out.p = &r, differ(float64(a), float64(n), float64(b), float64(m))
	return out
}

// costs compares what a conversion costs. Conversions are taken as Poisson with
// money as exposure; given how many there are in all, those of the part are then
// binomial with its share of the money (Przyborowski and Wilenski 1940), for
// which the normal approximation is used: both sides have enough. A part that
// brought few is compared all the same when its money would have bought enough
// elsewhere.
func costs(p, rest Part) Measure {
	spend, other := units(p.Spend), units(rest.Spend)
	c, d := float64(p.Conversions), float64(rest.Conversions)
	out := Measure{Name: CostPerConversion, Here: over(spend, c), Rest: over(other, d), Verdict: TooFew, p: math.NaN()}
	enough := d >= MinConversions && spend > 0 && other > 0 && c >= 0
	if !enough || c < MinConversions && spend*d/other < MinConversions {
		out.Lacking = lacking(MinConversions, "conversions")
		return out
	}
	share := spend / (spend + other)
	out.p = tail((c - (c+d)*share) / math.Sqrt((c+d)*share*(1-share)))
	c = max(c, 0.5)
	value, spread := (spend/c)/(other/d), math.Exp(z95*math.Sqrt(1/c+1/d))
	out.Ratio = &Interval{value, value / spread, value * spread}
	return out
}

func units(micros int64) float64 { return float64(micros) / money.Unit }

func over(a, b float64) *float64 {
	if b <= 0 {
		return nil
	}
	v := a / b
	return &v
}
