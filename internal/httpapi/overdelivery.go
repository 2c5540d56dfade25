package httpapi

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing"
	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

func (s *Server) registerOverdelivery() {
	route(s, detailed(operation(http.MethodGet, "/budgets/{id}/overdelivery", "list-overdelivery", "Days of a daily budget with more than its limit, and whether the platforms announce as much", partners.ActionRead, http.StatusOK),
		"Google Ads announces up to 200 % of a daily budget on a day and 3040 % in a calendar month, Meta up to 125 % on a day. What goes beyond, or comes from anybody else, is abnormal. Budgets of other kinds have no such days.", nil), s.listOverdelivery)
}

type overdeliveryBody struct {
	BudgetID   uuid.UUID     `json:"budget_id"`
	CampaignID uuid.UUID     `json:"campaign_id"`
	Kind       budgets.Kind  `json:"kind" enum:"total,daily,monthly"`
	From       string        `json:"from" format:"date" doc:"The first local day looked at."`
	To         string        `json:"to" format:"date" doc:"The local day after the last."`
	Abnormal   int           `json:"abnormal_days"`
	Items      []overrunBody `json:"items" doc:"The newest first."`
}

type overrunBody struct {
	Day          localday.Day        `json:"day" format:"date" doc:"A local day of the budget."`
	Within       money.Money         `json:"within_limit" doc:"What lay within the limit of that day."`
	Reported     money.Money         `json:"reported"`
	Overdelivery money.Money         `json:"overdelivery" doc:"reported - within_limit."`
	Announced    money.Money         `json:"announced" doc:"How much of the overdelivery the platforms' own rules explain."`
	Abnormal     bool                `json:"abnormal" doc:"Some of it no platform announces, or a platform's month is over its rule."`
	Platforms    []platformShareBody `json:"platforms" doc:"The largest first."`
}

type platformShareBody struct {
	Platform     string      `json:"platform" doc:"The source of the events; empty when they name none."`
	Spend        money.Money `json:"spend" doc:"Of the day."`
	MonthSpend   money.Money `json:"month_spend" doc:"Of the calendar month up to that day."`
	DayPercent   int64       `json:"day_rule_percent" doc:"Of the limit, on a day; 100: the platform promises to keep to it."`
	MonthPercent *int64      `json:"month_rule_percent" doc:"Of the limit, in a calendar month; null: no such rule."`
}

// overdeliveryDays is how far back is looked unless asked otherwise.
const overdeliveryDays = 31

func (s *Server) listOverdelivery(ctx context.Context, in *struct {
	ByID
	From string `query:"from" format:"date" doc:"A local day; 31 days back unless given."`
	To   string `query:"to" format:"date" doc:"A local day, not included; tomorrow unless given."`
}) (*plain[overdeliveryBody], error) {
	b, err := s.Budgets.Get(ctx, principal(ctx).Partner, in.ID)
	if err != nil {
		return nil, err
	}
	days, err := daysOf(in.From, in.To)
	if err != nil {
		return nil, err
	}
	if days.To == 0 {
		days.To = b.Today(s.opts.Now()) + 1
	}
	if days.From == 0 {
		days.From = days.To - overdeliveryDays
	}
	if days.From >= days.To || days.To-days.From > 366 {
		return nil, billing.ErrDays.With("Ask for 1 to 366 days, from before to.")
	}
	found, err := s.Overruns.Of(ctx, b, days.From, days.To)
	if err != nil {
		return nil, err
	}
	state := b.State()
	body := overdeliveryBody{
		BudgetID: state.ID, CampaignID: state.Campaign, Kind: state.Kind, From: days.From.String(), To: days.To.String(),
		Items: make([]overrunBody, len(found)),
	}
	for i := range found {
		if found[i].Abnormal {
			body.Abnormal++
		}
		body.Items[i] = describeOverrun(&found[i], state.Currency)
	}
	return &plain[overdeliveryBody]{body}, nil
}

func describeOverrun(o *budgets.Overrun, currency money.Currency) overrunBody {
	in := func(micros int64) money.Money { return money.New(micros, currency) }
	body := overrunBody{
		Day: o.Day, Within: in(o.Within), Reported: in(o.Reported), Overdelivery: in(o.Overdelivery), Announced: in(o.Announced),
		Abnormal: o.Abnormal, Platforms: make([]platformShareBody, len(o.Platforms)),
	}
	for i, p := range o.Platforms {
		shown := platformShareBody{Platform: p.Platform, Spend: in(p.Day), MonthSpend: in(p.Month), DayPercent: max(100, p.Rule.DayPercent)}
		if p.Rule.MonthPercent > 0 {
			shown.MonthPercent = &p.Rule.MonthPercent
		}
		body.Platforms[i] = shown
	}
	return body
}

// abnormal says of a local day's overdelivery whether the platforms announce
// it; nil when there is none, or it cannot be found out just now.
func (s *Server) abnormal(ctx context.Context, b *budgets.Budget, day localday.Day) *bool {
	found, err := s.Overruns.Of(ctx, b, day, day+1)
	if err != nil || len(found) == 0 {
		return nil
	}
	return &found[0].Abnormal
}
