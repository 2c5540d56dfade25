package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets/pacing"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

func (s *Server) registerPacing() {
	route(s, operation(http.MethodGet, "/budgets/{id}/pacing", "get-budget-pacing", "How a budget keeps up with its plan, and where it will land", partners.ActionRead, http.StatusOK), s.getPacing)
	route(s, operation(http.MethodGet, "/budgets/{id}/forecast", "get-budget-forecast", "What a budget will have spent some days from now, and how likely it is too much", partners.ActionRead, http.StatusOK), s.getBudgetForecast)
	route(s, operation(http.MethodGet, "/budgets/{id}/efficiency", "get-budget-efficiency", "What a result costs in each channel, on average and for the next one", partners.ActionRead, http.StatusOK), s.getEfficiency)
}

// AboutBudget is what every answer here says first.
type AboutBudget struct {
	BudgetID   uuid.UUID   `json:"budget_id"`
	CampaignID uuid.UUID   `json:"campaign_id"`
	KnownAt    *time.Time  `json:"known_at" doc:"What had been recorded by then; null when nothing was delivered."`
	Limit      money.Money `json:"limit" doc:"Of the whole plan: a daily budget's limit on every day of the schedule."`
	Spent      money.Money `json:"spent" doc:"Everything reported."`
}

func aboutOf(a pacing.Answer) AboutBudget {
	about := AboutBudget{
		BudgetID: a.Subject.Budget, CampaignID: a.Subject.Campaign,
		Limit: money.New(a.Subject.Plan.Limit, a.Subject.Currency), Spent: money.New(a.Subject.Spent, a.Subject.Currency),
	}
	if !a.KnownAt.IsZero() {
		about.KnownAt = &a.KnownAt
	}
	return about
}

// maybeMoney is an amount that may not be known.
func maybeMoney(a pacing.Answer, micros *int64) *money.Money {
	if micros == nil {
		return nil
	}
	m := money.New(*micros, a.Subject.Currency)
	return &m
}

type paceBody struct {
	AboutBudget
	Index        *float64          `json:"index" doc:"Spent over what the plan had spent by now: 1 is on track, within 10 %; null when it is not known."`
	Status       pacing.Status     `json:"status" enum:"on_track,behind,ahead,unknown"`
	Reason       string            `json:"reason,omitempty" doc:"Why it is not known: no_schedule, not_started or nothing_planned_yet."`
	Expected     money.Money       `json:"expected_by_now"`
	RunRate      *money.Money      `json:"run_rate" doc:"Spend of a complete local day, the mean of the last seven; today is not one of them. Null before one is complete."`
	Landing      *money.Money      `json:"projected_end" doc:"Where the run rate ends: to date + run rate x days left."`
	Required     *money.Money      `json:"daily_to_land" doc:"What a day may spend from today on so that the plan ends at its limit."`
	CompleteDays int               `json:"complete_days"`
	Confidence   pacing.Confidence `json:"confidence" enum:"low,medium,high" doc:"low under 5 complete days, high from 14."`
}

func (s *Server) getPacing(ctx context.Context, in *ByID) (*plain[paceBody], error) {
	a, p, err := s.Pacing.Pace(ctx, principal(ctx).Partner, in.ID)
	if err != nil {
		return nil, err
	}
	return &plain[paceBody]{paceBody{
		AboutBudget: aboutOf(a), Index: p.Index, Status: p.Status, Reason: p.Reason, Expected: money.New(p.Expected, a.Subject.Currency),
		RunRate: maybeMoney(a, p.RunRate), Landing: maybeMoney(a, p.Landing), Required: maybeMoney(a, p.Required),
		CompleteDays: p.CompleteDays, Confidence: p.Confidence,
	}}, nil
}

type budgetForecastBody struct {
	AboutBudget
	Until       string            `json:"until" format:"date" doc:"The last local day that counts."`
	P10         money.Money       `json:"p10" doc:"Reported in all by then: in one of ten cases it is less."`
	P50         money.Money       `json:"p50"`
	P90         money.Money       `json:"p90" doc:"In one of ten cases it is more."`
	Overspend   float64           `json:"overspend_probability" minimum:"0" maximum:"1" doc:"That more than the limit is reported by then if nothing stops it. A probability, not a ratio."`
	Recommended *money.Money      `json:"recommended_daily_limit" doc:"From today on, to end at the limit with the schedule; null without one."`
	Backtest    budgetBacktest    `json:"backtest"`
	Confidence  pacing.Confidence `json:"confidence" enum:"low,medium,high" doc:"low under 5 complete days."`
	Method      string            `json:"method" doc:"The forecasting methods that carry the weight."`
	Days        []budgetDay       `json:"days"`
}

type budgetBacktest struct {
	Error    *float64 `json:"mean_absolute_error" doc:"Of such outlooks made in this campaign's own past, as a fraction; null when none could be made."`
	Outlooks int      `json:"outlooks"`
}

type budgetDay struct {
	Day string      `json:"day" format:"date"`
	P10 money.Money `json:"p10"`
	P50 money.Money `json:"p50"`
	P90 money.Money `json:"p90"`
}

func (s *Server) getBudgetForecast(ctx context.Context, in *struct {
	ByID
	Days int `query:"days" minimum:"0" maximum:"366" doc:"Local days from today on; without it to the end of the schedule, or 30."`
}) (*plain[budgetForecastBody], error) {
	a, f, err := s.Pacing.Ahead(ctx, principal(ctx).Partner, in.ID, in.Days)
	if err != nil {
		return nil, err
	}
	amount := func(micros int64) money.Money { return money.New(micros, a.Subject.Currency) }
	body := budgetForecastBody{
		AboutBudget: aboutOf(a), Until: f.Until.String(), P10: amount(f.P10), P50: amount(f.P50), P90: amount(f.P90),
		Overspend: f.Overspend, Recommended: maybeMoney(a, f.Recommended), Backtest: budgetBacktest{f.Error, f.Backtests},
		Confidence: f.Confidence, Method: f.Method, Days: make([]budgetDay, len(f.Daily)),
	}
	for i, d := range f.Daily {
		body.Days[i] = budgetDay{d.Day.String(), amount(d.P10), amount(d.P50), amount(d.P90)}
	}
	return &plain[budgetForecastBody]{body}, nil
}

type efficiencyBody struct {
	AboutBudget
	Result pacing.Result       `json:"result" enum:"conversions,clicks,leads,impressions"`
	Items  []channelEfficiency `json:"items" doc:"The cheapest next result first."`
}

type channelEfficiency struct {
	Channel    string      `json:"channel"`
	Spend      money.Money `json:"spend"`
	Results    int64       `json:"results"`
	Days       int         `json:"days" doc:"Complete local days with delivery; the two latest are left out, since results come late."`
	Average    *costRange  `json:"average_cost" doc:"Spend per result with its 90 % interval; null without results."`
	Marginal   *costRange  `json:"marginal_cost" doc:"What the next result costs at the present spend, with its 90 % interval; null when the days do not tell."`
	Reason     string      `json:"reason,omitempty" doc:"Why the marginal cost is not known: few_days (14), few_results (30), steady_spend (it has to vary by 10 %) or no_results."`
	Elasticity *float64    `json:"elasticity" doc:"By how many percent results grow with one percent more spend."`
}

type costRange struct {
	Value money.Money  `json:"value"`
	Low   *money.Money `json:"low"`
	High  *money.Money `json:"high"`
}

func (s *Server) getEfficiency(ctx context.Context, in *struct {
	ByID
	Result pacing.Result `query:"result" enum:"conversions,clicks,leads,impressions" default:"conversions"`
	Days   int           `query:"days" minimum:"1" maximum:"400" default:"56" doc:"Complete local days to look back on."`
}) (*plain[efficiencyBody], error) {
	a, found, err := s.Pacing.Efficiency(ctx, principal(ctx).Partner, in.ID, in.Result, in.Days)
	if err != nil {
		return nil, err
	}
	body := efficiencyBody{AboutBudget: aboutOf(a), Result: in.Result, Items: make([]channelEfficiency, len(found))}
	for i, e := range found {
		body.Items[i] = channelEfficiency{
			Channel: e.Channel, Spend: money.New(e.Spend, a.Subject.Currency), Results: e.Results, Days: e.Days, Reason: e.Reason, Elasticity: e.Elasticity,
			Average: costOf(a, e.Average, e.AverageLow, e.AverageHigh), Marginal: costOf(a, e.Marginal, e.MarginalLow, e.MarginalHigh),
		}
	}
	return &plain[efficiencyBody]{body}, nil
}

func costOf(a pacing.Answer, value, low, high *int64) *costRange {
	if value == nil {
		return nil
	}
	return &costRange{money.New(*value, a.Subject.Currency), maybeMoney(a, low), maybeMoney(a, high)}
}
