package httpapi

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance/analysis"
)

func (s *Server) registerAnalysis() {
	read := partners.ActionRead
	route(s, operation(http.MethodGet, "/campaigns/{id}/trends", "get-trends", "Whether figures rise or fall over the last complete local days, and how sure that is", read, http.StatusOK), s.getTrends)
	route(s, operation(http.MethodGet, "/campaigns/{id}/compare", "compare-periods", "Two periods beside each other: differences with their uncertainty, and where a changed KPI comes from", read, http.StatusOK), s.comparePeriods)
	route(s, operation(http.MethodGet, "/campaigns/{id}/insights", "get-insights", "What is worth knowing about the last days, in sentences with the numbers behind them", read, http.StatusOK), s.getInsights)
	route(s, operation(http.MethodGet, "/campaigns/{id}/forecast", "get-forecast", "What to expect of the next local days, with intervals", read, http.StatusOK), s.getForecast)
}

// AsOf is what every question about a moment takes.
type AsOf struct {
	At      time.Time `query:"at" doc:"As if it were this moment: days that ended later are not complete. Now, or known_at, unless given."`
	KnownAt time.Time `query:"known_at" doc:"Count what had been recorded by then. With at and known_at of an answer the same question has the same answer."`
}

func (a AsOf) asOf() analysis.AsOf { return analysis.AsOf{At: a.At, KnownAt: a.KnownAt} }

// StoodOn is what every answer says of the moment it stands on.
type StoodOn struct {
	CampaignID uuid.UUID `json:"campaign_id"`
	At         time.Time `json:"at"`
	KnownAt    time.Time `json:"known_at"`
	Timezone   string    `json:"timezone" doc:"Of the local days."`
	Currency   string    `json:"currency"`
}

func describeAnswer(a analysis.Answer) StoodOn {
	return StoodOn{a.Campaign, a.At.UTC(), a.KnownAt.UTC(), a.Zone.String(), a.Currency}
}

// dayRangeBody is a range of local days.
type dayRangeBody struct {
	First    localday.Day `json:"first" format:"date" doc:"A local day."`
	Last     localday.Day `json:"last" format:"date" doc:"A local day, included."`
	From     time.Time    `json:"from"`
	To       time.Time    `json:"to" doc:"Exclusive. Of a day that is not over, the last whole hour."`
	Complete bool         `json:"complete" doc:"false when the last day is counted up to an hour only."`
}

func describePeriod(p analysis.Period) dayRangeBody {
	return dayRangeBody{p.First, p.Last, p.From.UTC(), p.To.UTC(), !p.Partial}
}

type trendsBody struct {
	StoodOn
	Period dayRangeBody      `json:"period" doc:"The days that were asked for."`
	Items  []figureTrendBody `json:"items"`
}

type figureTrendBody struct {
	Metric string `json:"metric"`
	TrendTest
	Points []dayFigureBody `json:"points" doc:"The local days from the first with delivery on."`
}

// TrendTest is a slope with its test.
type TrendTest struct {
	Direction   string         `json:"direction" enum:"rising,falling,none,unknown" doc:"none: what there is may well be chance."`
	Reason      string         `json:"reason,omitempty" doc:"too_few_days (8 with a value are needed) or constant."`
	SlopePerDay measuredFigure `json:"slope_per_day" doc:"Theil-Sen: the median slope between pairs of days."`
	Low         measuredFigure `json:"low" doc:"Of the 95 % confidence interval of the slope."`
	High        measuredFigure `json:"high"`
	PerWeek     *float64       `json:"per_week" doc:"The slope of a week relative to the median: 0.1 is +10 % a week."`
	PValue      *float64       `json:"p_value" doc:"Mann-Kendall, two-sided, corrected for ties and autocorrelation."`
	Tau         float64        `json:"tau" doc:"Kendall's, -1 to 1."`
	Sample      int            `json:"sample" doc:"Days with a value."`
	Weekdays    bool           `json:"weekdays_held_apart" doc:"Only equal weekdays were compared with each other; from 14 days on."`
	Inflation   float64        `json:"variance_inflation" doc:"For autocorrelation; 1 is none."`
}

type dayFigureBody struct {
	Day localday.Day `json:"day" format:"date"`
	measuredFigure
}

// describeTrend shows a trend; without one to speak of there are no numbers.
func describeTrend(t analysis.Trend, unit analysis.Value) TrendTest {
	b := TrendTest{Direction: t.Direction, Reason: t.Reason, Tau: t.Tau, Sample: t.Days, Weekdays: t.Weekdays, Inflation: t.Inflation}
	b.SlopePerDay.Value, b.Low.Value, b.High.Value = t.Measured(unit)
	if t.Direction != "unknown" {
		b.PValue = &t.P
	}
	if t.HasWeekly {
		b.PerWeek = &t.Weekly
	}
	return b
}

func (s *Server) getTrends(ctx context.Context, in *struct {
	ByID
	AsOf
	Metric string `query:"metric" doc:"One of impressions, clicks, conversions, leads, spend, revenue, ctr, cvr, cpm, cpc, cpa, roas, roi; all unless given." example:"ctr"`
	Days   int    `query:"days" default:"28" doc:"Complete local days, 8 to 365."`
}) (*plain[trendsBody], error) {
	t, err := s.Analysis.Trends(ctx, principal(ctx).Partner, in.ID, in.Metric, in.Days, in.asOf())
	if err != nil {
		return nil, err
	}
	b := trendsBody{StoodOn: describeAnswer(t.Answer), Period: describePeriod(t.Period), Items: []figureTrendBody{}}
	for _, item := range t.Items {
		shown := figureTrendBody{item.Metric, describeTrend(item.Trend, analysis.Value{Unit: item.Unit, Currency: t.Currency}), []dayFigureBody{}}
		for _, p := range item.Points {
			shown.Points = append(shown.Points, dayFigureBody{p.Day, measuredFigure{p.Value}})
		}
		b.Items = append(b.Items, shown)
	}
	return &plain[trendsBody]{b}, nil
}

type insightsBody struct {
	StoodOn
	Days     int            `json:"days" doc:"Complete local days with delivery among the last 28."`
	Items    []insightBody  `json:"items" doc:"The most important first; none is an answer."`
	Tried    int            `json:"tried" doc:"How many findings were possible: at most a tenth of those told is expected to be chance (Benjamini-Hochberg)."`
	Untested []untestedBody `json:"untested" doc:"What there is too little of to judge."`
}

type insightBody struct {
	Code          string             `json:"code" example:"cpa_rose"`
	Kind          string             `json:"kind" enum:"change,trend"`
	Metric        string             `json:"metric"`
	Text          string             `json:"text" doc:"In the language asked for."`
	Tone          string             `json:"tone" enum:"good,bad,neutral"`
	Confidence    string             `json:"confidence" enum:"low,medium,high"`
	PValue        float64            `json:"p_value"`
	QValue        float64            `json:"q_value" doc:"p_value adjusted for all that was tried."`
	Period        dayRangeBody       `json:"period"`
	Against       *dayRangeBody      `json:"against,omitempty" doc:"What a change compares with."`
	Change        *differenceBody    `json:"change,omitempty" doc:"The evidence of a change."`
	Decomposition *decompositionBody `json:"decomposition,omitempty" doc:"Where the change comes from, of CPA, ROAS and CPC."`
	Trend         *TrendTest         `json:"trend,omitempty" doc:"The evidence of a trend."`
}

type untestedBody struct {
	Metric   string   `json:"metric"`
	Kind     string   `json:"kind" enum:"change,trend"`
	Reason   string   `json:"reason"`
	Sample   [2]int64 `json:"sample" doc:"Before and after; of a trend 0 and its days."`
	SampleOf string   `json:"sample_of"`
	Minimum  int64    `json:"minimum" doc:"What is needed in each period."`
}

func (s *Server) getInsights(ctx context.Context, in *struct {
	ByID
	AsOf
	Lang           string `query:"lang" enum:"en,es" doc:"Of the sentences; what Accept-Language prefers unless given."`
	AcceptLanguage string `header:"Accept-Language"`
}) (*plain[insightsBody], error) {
	found, err := s.Analysis.Insights(ctx, principal(ctx).Partner, in.ID, in.asOf())
	if err != nil {
		return nil, err
	}
	lang := cmp.Or(in.Lang, preferred(in.AcceptLanguage))
	b := insightsBody{StoodOn: describeAnswer(found.Answer), Days: found.Days, Tried: found.Tried, Items: []insightBody{}, Untested: []untestedBody{}}
	for _, i := range found.Items {
		b.Items = append(b.Items, describeInsight(i, lang, found.Currency))
	}
	for _, u := range found.Untested {
		b.Untested = append(b.Untested, untestedBody(u))
	}
	return &plain[insightsBody]{b}, nil
}

func describeInsight(i analysis.Insight, lang, currency string) insightBody {
	b := insightBody{
		Code: i.Code(), Kind: i.Kind, Metric: i.Metric, Text: i.Sentence(lang, analysis.Plain(lang)), Tone: i.Tone(),
		Confidence: string(i.Confidence), PValue: i.P, QValue: i.Q, Period: describePeriod(i.Period),
	}
	if i.Kind == "trend" {
		b.Trend = new(describeTrend(*i.Trend, analysis.Value{Unit: i.Unit(), Currency: currency}))
		return b
	}
	b.Against, b.Change = new(describePeriod(i.Against)), new(describeDifference(*i.Change))
	if i.Decomposition != nil {
		b.Decomposition = new(describeDecomposition(*i.Decomposition))
	}
	return b
}
