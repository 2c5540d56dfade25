package httpapi

import (
	"context"

	"github.com/hexabuilders/campaignd/forecast"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance/analysis"
)

type outlookBody struct {
	StoodOn
	Period     dayRangeBody     `json:"period" doc:"The local days that are predicted, the present one first."`
	History    int              `json:"history_days" doc:"Complete local days it is learned from."`
	Confidence string           `json:"confidence" enum:"low,medium,high" doc:"The lowest of the items. Low under 5 complete days."`
	Items      []predictionBody `json:"items"`
	KPIs       []kpiOutlookBody `json:"kpis" doc:"Of the expected sums."`
}

type predictionBody struct {
	Metric     string        `json:"metric"`
	Points     []expectedDay `json:"points"`
	Total      ExpectedRange `json:"total" doc:"Over all days. Its bounds are the sums of the days' bounds, which is wide rather than narrow."`
	Method     string        `json:"method" doc:"The methods that carry weight, heaviest first."`
	Accuracy   accuracyBody  `json:"accuracy" doc:"What the same methods would have missed in the past of this campaign."`
	Confidence string        `json:"confidence" enum:"low,medium,high"`
	Factors    factorsBody   `json:"factors"`
}

type expectedDay struct {
	Day localday.Day `json:"day" format:"date"`
	ExpectedRange
}

// ExpectedRange is the middle with its 80 and 95 % intervals.
type ExpectedRange struct {
	Mid    measuredFigure `json:"mid"`
	Low80  measuredFigure `json:"low_80"`
	High80 measuredFigure `json:"high_80"`
	Low95  measuredFigure `json:"low_95"`
	High95 measuredFigure `json:"high_95"`
}

func describeRange(r analysis.Range) ExpectedRange {
	return ExpectedRange{measuredFigure{r.Mid}, measuredFigure{r.Low80}, measuredFigure{r.High80}, measuredFigure{r.Low95}, measuredFigure{r.High95}}
}

type accuracyBody struct {
	Origins int     `json:"origins" doc:"Moments of the past at which it was rehearsed; 0: it could not be, and the figures are 0."`
	SMAPE   float64 `json:"smape" doc:"Percent, 0 to 200."`
	MASE    float64 `json:"mase" doc:"Below 1: better than repeating the week before."`
	OWA     float64 `json:"owa" doc:"Relative to Naive2: below 1 is better."`
}

type factorsBody struct {
	Level    measuredFigure     `json:"level" doc:"The mean of the last 7 complete days."`
	Weekdays map[string]float64 `json:"weekdays" doc:"Relative to the mean of all days, by weekday; empty under 7 days."`
	Trend    TrendTest          `json:"trend"`
}

type kpiOutlookBody struct {
	Metric string          `json:"metric"`
	Points []dayFigureBody `json:"points"`
	Total  measuredFigure  `json:"total"`
}

func (s *Server) getForecast(ctx context.Context, in *struct {
	ByID
	AsOf
	Days int `query:"days" default:"7" doc:"Local days to predict, 1 to 90, the present one first."`
}) (*plain[outlookBody], error) {
	o, err := s.Analysis.Outlook(ctx, principal(ctx).Partner, in.ID, in.Days, in.asOf())
	if err != nil {
		return nil, err
	}
	b := outlookBody{StoodOn: describeAnswer(o.Answer), Period: describePeriod(o.Period), History: len(o.History), Confidence: string(o.Confidence)}
	for _, p := range o.Items {
		b.Items = append(b.Items, describePrediction(p, o.Currency))
	}
	for _, k := range o.KPIs {
		shown := kpiOutlookBody{k.Metric, []dayFigureBody{}, measuredFigure{k.Total}}
		for _, p := range k.Points {
			shown.Points = append(shown.Points, dayFigureBody{p.Day, measuredFigure{p.Value}})
		}
		b.KPIs = append(b.KPIs, shown)
	}
	return &plain[outlookBody]{b}, nil
}

func describePrediction(p analysis.Prediction, currency string) predictionBody {
	b := predictionBody{
		Metric: p.Metric, Total: describeRange(p.Total), Method: p.Method, Accuracy: describeAccuracy(p.Backtest), Confidence: string(p.Confidence),
		Factors: factorsBody{measuredFigure{p.Factors.Level}, map[string]float64{}, describeTrend(p.Factors.Trend, analysis.Value{Unit: p.Unit, Currency: currency})},
	}
	for _, point := range p.Points {
		b.Points = append(b.Points, expectedDay{point.Day, describeRange(point.Range)})
	}
	names := [7]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
	for i, share := range p.Factors.Weekdays {
		if p.Factors.HasWeekdays {
			b.Factors.Weekdays[names[i]] = share
		}
	}
	return b
}

func describeAccuracy(b forecast.Backtest) accuracyBody {
	return accuracyBody{b.Origins, b.SMAPE, b.MASE, b.OWA}
}
