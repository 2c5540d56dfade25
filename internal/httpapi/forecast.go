package httpapi

import (
	"context"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization/predict"
	"github.com/hexabuilders/campaignd/performance/analysis"
)

type outlookBody struct {
	StoodOn
	Period     dayRangeBody          `json:"period" doc:"The local days that are predicted, the present one first."`
	History    int                   `json:"history_days" doc:"Complete local days it is learned from."`
	Confidence string                `json:"confidence" enum:"low,medium,high" doc:"The lowest of the items. Low under 5 complete days."`
	Items      []predictionBody      `json:"items"`
	KPIs       []kpiOutlookBody      `json:"kpis" doc:"Of the expected sums."`
	Effects    []predictedEffectBody `json:"factors" doc:"What moves the prediction, and by how much."`
	Scale      float64               `json:"interval_scale" doc:"What the rehearsal made of the intervals: below 1 they are narrower than the forecasts of the single metrics, above 1 wider; 0.75 to 1.5."`
	Similar    similarBody           `json:"similar" doc:"Campaigns of the same partner that stand in for days that are missing."`
	Planned    *plannedBody          `json:"planned,omitempty" doc:"What daily_budget would change; absent without one."`
}

type predictedEffectBody struct {
	Name     string  `json:"name" enum:"weekdays,trend,similar_campaigns,schedule,budget,budget_pause,not_running,planned_budget,planned_bid"`
	Metric   string  `json:"metric"`
	Relative float64 `json:"effect" doc:"A fraction, 0.1 is +10 %: of the metric's total; of a week for a trend; of the best weekday above the mean. For similar_campaigns the part of the weight they carry."`
	Text     string  `json:"text"`
}

type similarBody struct {
	OwnWeight float64               `json:"own_weight" doc:"Of the campaign's own days: days/14, at most 1. The rest is that of the campaigns listed; 1 with fewer days where none is similar enough."`
	Campaigns []similarCampaignBody `json:"campaigns"`
}

type similarCampaignBody struct {
	ID         uuid.UUID `json:"id"`
	Name       string    `json:"name"`
	Similarity float64   `json:"similarity" doc:"0 to 1: 0.4 for the same objective, 0.2 for the same type, 0.2 each for shared channels and countries as intersection over union. At least 0.5 is asked for."`
	Weight     float64   `json:"weight" doc:"Among these campaigns, by the square of the similarity."`
	Days       int       `json:"days" doc:"With spend, among the last 56."`
}

type plannedBody struct {
	DailyBudget  *money.Money        `json:"daily_budget,omitempty" doc:"Absent when a bid is planned."`
	Bid          *money.Money        `json:"bid,omitempty" doc:"Absent when a budget is planned."`
	PresentBid   *money.Money        `json:"present_bid,omitempty"`
	PresentSpend money.Money         `json:"present_daily_spend" doc:"Mean of the last 14 complete days."`
	Spend        money.Money         `json:"planned_daily_spend" doc:"A larger budget is spent as the present one is when that is what holds the campaign (90 % of it and more is spent); otherwise it changes nothing."`
	Changes      []plannedChangeBody `json:"changes"`
	Accuracy     []plannedMissBody   `json:"accuracy" doc:"How far the response curves were off on the last days when these were held out; empty: not known, because the days before them are too few, or nothing was to be moved."`
}

type plannedMissBody struct {
	Metric string  `json:"metric"`
	Days   int     `json:"days" doc:"Held out."`
	Error  float64 `json:"error" doc:"Of the sum over them, a fraction: 0.1 expected a tenth more than came."`
}

type plannedChangeBody struct {
	Metric  string        `json:"metric"`
	Without ExpectedRange `json:"without" doc:"The total as things are."`
	With    ExpectedRange `json:"with" doc:"The total with the planned budget, as in items."`
}

type predictionBody struct {
	Metric     string        `json:"metric"`
	Points     []expectedDay `json:"points"`
	Total      ExpectedRange `json:"total" doc:"Over all days, from a thousand futures that are drawn together: narrower than the sums of the days' bounds."`
	Method     string        `json:"method" doc:"The methods that carry weight, heaviest first."`
	Accuracy   accuracyBody  `json:"accuracy" doc:"How this prediction would have done at up to four moments of the past, a week apart: the predictor's own, similar campaigns included, without budget and schedule, and without a plan."`
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

// accuracyBody is of the predictor itself.
type accuracyBody struct {
	Origins int     `json:"origins" doc:"Moments of the past at which it was rehearsed; 0: it could not be, and the figures are 0."`
	SMAPE   float64 `json:"smape" doc:"Percent, 0 to 200."`
	MASE    float64 `json:"mase" doc:"Below 1: better than repeating the week before."`
	OWA     float64 `json:"owa" doc:"Relative to Naive2: below 1 is better."`
	Days    int     `json:"days" doc:"Days predicted at each of them."`
	Held80  float64 `json:"held_80" doc:"Share of those days that lay in the 80 % interval, before it was scaled."`
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
	Range  *ExpectedRange  `json:"range,omitempty" doc:"Of the total, from the same futures; absent where more than one in forty of them has no such ratio."`
}

func (s *Server) getForecast(ctx context.Context, in *struct {
	ByID
	AsOf
	Days        int    `query:"days" default:"7" doc:"Local days to predict, 1 to 90, the present one first."`
	DailyBudget string `query:"daily_budget" example:"150.00" doc:"What if it might spend so much a day, in its currency, and no more in all than its budget has left? Answered from the response of its results to spend, up to twice the largest daily spend seen."`
	Bid         string `query:"bid" example:"1.20" doc:"What if it bid so much, in its currency? Answered from what its own bids brought in the auction, a quarter beyond the lowest and the highest of them: two bids that were in force for 5 whole days each, over 14 days. Refused where its budget is spent whole. Not together with daily_budget."`
}) (*plain[outlookBody], error) {
	o, err := s.Predictor.Predict(ctx, principal(ctx).Partner, in.ID, predict.Question{Days: in.Days, AsOf: in.asOf(), DailyBudget: in.DailyBudget, Bid: in.Bid})
	if err != nil {
		return nil, err
	}
	b := outlookBody{StoodOn: describeAnswer(o.Answer), Period: describePeriod(o.Period), History: len(o.History), Confidence: string(o.Confidence), Scale: o.Scale}
	for i, p := range o.Items {
		b.Items = append(b.Items, describePrediction(p, o.Accuracy[i], o.Currency))
	}
	for _, k := range o.KPIs {
		shown := kpiOutlookBody{Metric: k.Metric, Points: []dayFigureBody{}, Total: measuredFigure{k.Total}}
		if k.Range != nil {
			r := describeRange(*k.Range)
			shown.Range = &r
		}
		for _, p := range k.Points {
			shown.Points = append(shown.Points, dayFigureBody{p.Day, measuredFigure{p.Value}})
		}
		b.KPIs = append(b.KPIs, shown)
	}
	b.Effects = []predictedEffectBody{}
	for _, e := range o.Effects {
		b.Effects = append(b.Effects, predictedEffectBody(e))
	}
	b.Similar = similarBody{OwnWeight: o.Own, Campaigns: []similarCampaignBody{}}
	for _, l := range o.Similar {
		b.Similar.Campaigns = append(b.Similar.Campaigns, similarCampaignBody{l.ID, l.Name, l.Similarity, l.Weight, l.Days})
	}
	b.Planned = describePlanned(o.Planned)
	return &plain[outlookBody]{b}, nil
}

func describePlanned(p *predict.Planned) *plannedBody {
	if p == nil {
		return nil
	}
	b := &plannedBody{DailyBudget: p.DailyBudget, Bid: p.Bid, PresentBid: p.PresentBid, PresentSpend: p.Present, Spend: p.Spend, Accuracy: []plannedMissBody{}}
	for _, m := range p.Accuracy {
		b.Accuracy = append(b.Accuracy, plannedMissBody(m))
	}
	for _, c := range p.Changes {
		b.Changes = append(b.Changes, plannedChangeBody{c.Metric, describeRange(c.Without), describeRange(c.With)})
	}
	return b
}

func describePrediction(p analysis.Prediction, a predict.Accuracy, currency string) predictionBody {
	b := predictionBody{
		Metric: p.Metric, Total: describeRange(p.Total), Method: p.Method, Accuracy: describeAccuracy(a), Confidence: string(p.Confidence),
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

func describeAccuracy(a predict.Accuracy) accuracyBody {
	return accuracyBody{a.Origins, a.SMAPE, a.MASE, a.OWA, a.Horizon, a.Held80}
}
