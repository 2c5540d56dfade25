package httpapi

import (
	"context"
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/text/language"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/analysis"
)

// measuredFigure is a number with its unit, as KPIs are written.
type measuredFigure struct{ analysis.Value }

// MarshalJSON writes {"value":3,"unit":"count"}, money as amount and currency,
// and null with a reason where there is none.
func (m measuredFigure) MarshalJSON() ([]byte, error) { return json.Marshal(m.body()) }

type measuredBody struct {
	Value  any              `json:"value"`
	Unit   performance.Unit `json:"unit"`
	Reason string           `json:"reason,omitempty"`
}

func (m measuredFigure) body() measuredBody {
	b := measuredBody{Unit: m.Unit, Reason: m.Reason}
	switch {
	case !m.Defined():
	case m.Unit == performance.Amount:
		b.Value = money.New(m.Micros, money.Currency(m.Currency))
	default:
		b.Value = decimal(m.Micros)
	}
	return b
}

// Schema implements huma.SchemaProvider.
func (measuredFigure) Schema(r huma.Registry) *huma.Schema {
	s := kpi{}.Schema(r)
	s.Properties["unit"] = &huma.Schema{Type: huma.TypeString, Enum: []any{analysis.Count, performance.Fraction, performance.Ratio, performance.Amount}}
	return s
}

// MarshalJSON adds the day to the number.
func (p dayFigureBody) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Day string `json:"day"`
		measuredBody
	}{p.Day.String(), p.body()})
}

// Schema implements huma.SchemaProvider.
func (dayFigureBody) Schema(r huma.Registry) *huma.Schema {
	s := measuredFigure{}.Schema(r)
	s.Properties["day"], s.Required = &huma.Schema{Type: huma.TypeString, Format: "date"}, append(s.Required, "day")
	return s
}

// preferred is the language of the sentences that a browser would like best.
func preferred(accept string) string {
	wanted, _, _ := language.ParseAcceptLanguage(accept)
	_, i, _ := spoken.Match(wanted...)
	return []string{"en", "es"}[i]
}

var spoken = language.NewMatcher([]language.Tag{language.English, language.Spanish})

type comparisonBody struct {
	StoodOn
	Period         dayRangeBody        `json:"period"`
	Against        dayRangeBody        `json:"against"`
	Alignment      alignmentBody       `json:"alignment"`
	GroupBy        string              `json:"group_by"`
	Items          []differenceBody    `json:"items"`
	Decompositions []decompositionBody `json:"decompositions"`
}

type alignmentBody struct {
	ByWeekday bool   `json:"by_weekday" doc:"Each day stands opposite one of the same weekday."`
	Reason    string `json:"reason,omitempty" doc:"Why not: different_length or different_weekdays. The difference may then come from the weekdays."`
}

type differenceBody struct {
	Metric     string         `json:"metric"`
	Before     measuredFigure `json:"before" doc:"In against."`
	After      measuredFigure `json:"after" doc:"In period."`
	Difference measuredFigure `json:"difference" doc:"after - before."`
	Relative   *float64       `json:"relative" doc:"difference / before: 0.1 is +10 %. Null where before is 0."`
	Low        measuredFigure `json:"low" doc:"Of the 95 % confidence interval of the difference."`
	High       measuredFigure `json:"high"`
	PValue     *float64       `json:"p_value" doc:"Two-sided; null when it cannot be tested."`
	Method     string         `json:"method" enum:",paired_days,days,counting,exact" doc:"What the uncertainty comes from: how days differ, subtracted by weekday first or not; counting alone (Poisson, binomial), with fewer than 4 days; the exact test where a count is zero."`
	Verdict    string         `json:"verdict" enum:"higher,lower,no_difference,unknown" doc:"At 5 %, each figure for itself."`
	Reason     string         `json:"reason,omitempty" doc:"Why it is unknown, such as sample_too_small."`
	Sample     sampleTwo      `json:"sample"`
	PerDay     bool           `json:"per_day" doc:"The periods differ in length: both values are means of a day."`
	Lower      bool           `json:"lower_is_better"`
}

type sampleTwo struct {
	Of      string `json:"of" example:"conversions"`
	Before  int64  `json:"before"`
	After   int64  `json:"after"`
	Minimum int64  `json:"minimum" doc:"In each period, before there is a verdict."`
}

type decompositionBody struct {
	KPI           string            `json:"kpi"`
	Before        measuredFigure    `json:"before"`
	After         measuredFigure    `json:"after"`
	Change        measuredFigure    `json:"change" doc:"after - before, exactly the sum of the contributions of the factors, and of those of the groups."`
	Factors       []factorBody      `json:"factors" doc:"CPA = CPM / (1000 CTR CVR), ROAS = AOV CVR CTR 1000 / CPM, CPC = CPM / (1000 CTR), by shares of the logarithm."`
	FactorsReason string            `json:"factors_reason,omitempty" doc:"Why there are none: a factor is zero or undefined in one period."`
	Groups        []groupEffectBody `json:"groups" doc:"By the dimension of group_by, the largest first."`
	GroupsReason  string            `json:"groups_reason,omitempty"`
}

type factorBody struct {
	Factor       string         `json:"factor" enum:"cpm,ctr,cvr,aov"`
	Before       measuredFigure `json:"before"`
	After        measuredFigure `json:"after"`
	Contribution measuredFigure `json:"contribution" doc:"In the KPI's own unit."`
}

type groupEffectBody struct {
	Group        string         `json:"group" doc:"Empty where the dimension was not said."`
	Before       measuredFigure `json:"before" doc:"Its own KPI."`
	After        measuredFigure `json:"after"`
	Mix          measuredFigure `json:"mix" doc:"From its share having moved."`
	Rate         measuredFigure `json:"rate" doc:"From its own KPI having moved."`
	Alone        measuredFigure `json:"alone" doc:"Of a group whose KPI exists in one period only: mix and rate cannot be told apart."`
	Contribution measuredFigure `json:"contribution" doc:"mix + rate + alone."`
}

func (s *Server) comparePeriods(ctx context.Context, in *struct {
	ByID
	AsOf
	Period  string `query:"period" default:"last_7_days" doc:"today, yesterday, last_7_days (1 to 366), this_week, last_week, this_month, last_month, or two local days, both included: 2026-11-01/2026-11-07. A day that is not over counts up to its last whole hour." example:"last_7_days"`
	Against string `query:"against" doc:"As period; the period before, moved by whole weeks, unless given. What period lacks of its last day it lacks too."`
	GroupBy string `query:"group_by" default:"channel" doc:"What the change of a KPI is divided by: channel, source, ad, creative, audience, country or device."`
}) (*plain[comparisonBody], error) {
	c, err := s.Analysis.Compare(ctx, principal(ctx).Partner, in.ID, analysis.CompareQuery{Period: in.Period, Against: in.Against, Dimension: in.GroupBy, AsOf: in.asOf()})
	if err != nil {
		return nil, err
	}
	b := comparisonBody{
		StoodOn: describeAnswer(c.Answer), Period: describePeriod(c.Period), Against: describePeriod(c.Against),
		Alignment: alignmentBody{c.Weekday, c.Alignment.Reason}, GroupBy: c.Dimension,
	}
	for _, item := range c.Items {
		b.Items = append(b.Items, describeDifference(item))
	}
	for _, d := range c.Decompositions {
		b.Decompositions = append(b.Decompositions, describeDecomposition(d))
	}
	return &plain[comparisonBody]{b}, nil
}

func describeDifference(c analysis.Change) differenceBody {
	b := differenceBody{
		Metric: c.Metric, Before: measuredFigure{c.Before}, After: measuredFigure{c.After}, Difference: measuredFigure{c.Difference}, Low: measuredFigure{c.Low}, High: measuredFigure{c.High},
		Method: c.Method, Verdict: c.Verdict, Reason: c.Reason, PerDay: c.PerDay, Lower: c.LowerBetter,
		Sample: sampleTwo{c.SampleOf, c.Sample[0], c.Sample[1], c.Minimum},
	}
	if c.HasRelative {
		b.Relative = &c.Relative
	}
	if c.Tested {
		b.PValue = &c.P
	}
	return b
}

func describeDecomposition(d analysis.Decomposition) decompositionBody {
	in := func(micros int64) measuredFigure {
		v := d.After
		v.Micros, v.Reason = micros, ""
		return measuredFigure{v}
	}
	b := decompositionBody{
		KPI: d.KPI, Before: measuredFigure{d.Before}, After: measuredFigure{d.After}, Change: in(d.Change),
		Factors: []factorBody{}, FactorsReason: d.FactorsReason, Groups: []groupEffectBody{}, GroupsReason: d.GroupsReason,
	}
	if d.GroupsReason != "" {
		b.Change.Reason = d.GroupsReason
	}
	for _, f := range d.Factors {
		b.Factors = append(b.Factors, factorBody{f.Name, measuredFigure{f.Before}, measuredFigure{f.After}, in(f.Contribution)})
	}
	for _, g := range d.Groups {
		b.Groups = append(b.Groups, groupEffectBody{g.Group, measuredFigure{g.Before}, measuredFigure{g.After}, in(g.Mix), in(g.Rate), in(g.Alone), in(g.Total())})
	}
	return b
}
