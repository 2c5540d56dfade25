package integration

import (
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// Performance is the data of campaign-management/performance-report.
type Performance struct {
	Campaign uuid.UUID        `json:"campaign_id"`
	Partner  uuid.UUID        `json:"partner_id"`
	Name     string           `json:"campaign_name"`
	Status   campaigns.Status `json:"status"` // when the report was made
	Period   Period           `json:"reporting_period"`
	// KnownAt is up to when deliveries had been recorded: platforms report some
	// of a day later, and restate others.
	KnownAt       time.Time                  `json:"known_at"`
	Summary       Summary                    `json:"performance_summary"` // of the period
	KPIs          map[string]performance.KPI `json:"kpis"`                // of the period
	Achievements  Achievements               `json:"kpi_achievements"`
	Budget        *Utilization               `json:"budget_utilization"` // null without a budget
	Opportunities []Opportunity              `json:"optimization_opportunities"`
}

// Summary is what was delivered in a period.
type Summary struct {
	Impressions int64       `json:"impressions"`
	Clicks      int64       `json:"clicks"`
	Conversions int64       `json:"conversions"`
	Leads       int64       `json:"leads"`
	Spend       money.Money `json:"spend"`
	Revenue     money.Money `json:"revenue"`
}

// Achievements hold the campaign's targets against everything it had delivered
// by the end of the period.
type Achievements struct {
	SuccessScore float64               `json:"success_score"` // 0 to 1
	Targets      []campaigns.Indicator `json:"targets"`
}

// Utilization is how the budget stood when the report was made.
type Utilization struct {
	Limit        money.Money `json:"limit"`
	Settled      money.Money `json:"settled"`
	Available    money.Money `json:"available"`
	Overdelivery money.Money `json:"overdelivery"`
	Used         *float64    `json:"used"` // settled / limit, a fraction; null without a limit
}

// Opportunity is something that got worse beyond chance, as the analysis of the
// campaign tells it, such as cpa_rose.
type Opportunity struct {
	Code   string `json:"code"`
	Metric string `json:"metric"`
}

// Figures are totals in the terms of goals.
func Figures(t performance.Totals) campaigns.Figures {
	c := money.Currency(t.Currency)
	return campaigns.Figures{
		Impressions: t.Impressions, Clicks: t.Clicks, Conversions: t.Conversions, Leads: t.Leads,
		Spend: money.New(t.Spend, c), Revenue: money.New(t.Revenue, c),
	}
}

// Summarize is what was delivered by totals.
func Summarize(t performance.Totals) Summary {
	f := Figures(t)
	return Summary{f.Impressions, f.Clicks, f.Conversions, f.Leads, f.Spend, f.Revenue}
}
