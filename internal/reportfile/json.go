package reportfile

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/report"
)

// jsonHead is everything of a report but its rows, which follow as "rows".
type jsonHead struct {
	Report     report.Definition `json:"report"`
	Partner    string            `json:"partner"`
	Subject    string            `json:"subject,omitempty"`
	NamesOf    time.Time         `json:"names_of"` // names, budgets and alerts are those of this moment
	Zones      []string          `json:"timezones"`
	Compared   *report.Dates     `json:"compared_with,omitempty"`
	Currencies []jsonCurrency    `json:"currencies"`
	Alerts     []report.Alert    `json:"open_alerts"`
	MoreAlerts bool              `json:"more_alerts"`
}

type jsonCurrency struct {
	Currency  string       `json:"currency"`
	Totals    jsonTotals   `json:"totals"`
	Before    jsonTotals   `json:"before"`
	ByMonth   bool         `json:"course_by_month"`
	Course    []jsonPoint  `json:"course"`
	Campaigns []jsonLine   `json:"campaigns"`
	Channels  []jsonLine   `json:"channels"`
	Budgets   []jsonBudget `json:"budgets"`
}

type jsonTotals struct {
	Impressions int64                      `json:"impressions"`
	Clicks      int64                      `json:"clicks"`
	Conversions int64                      `json:"conversions"`
	Leads       int64                      `json:"leads"`
	Spend       money.Money                `json:"spend"`
	Revenue     money.Money                `json:"revenue"`
	KPIs        map[string]performance.KPI `json:"kpis"`
}

type jsonPoint struct {
	Day string `json:"day"` // or the first of the month
	jsonTotals
}

type jsonLine struct {
	ID     string     `json:"campaign_id,omitempty"`
	Name   string     `json:"name"`
	Status string     `json:"status,omitempty"`
	Totals jsonTotals `json:"totals"`
	Before jsonTotals `json:"before"`
}

type jsonBudget struct {
	Name  string      `json:"name"`
	Daily bool        `json:"daily"`
	Limit money.Money `json:"limit"`
	Spent money.Money `json:"spent"`
}

type jsonRow struct {
	CampaignID string            `json:"campaign_id"`
	Campaign   string            `json:"campaign"`
	Day        string            `json:"day"`
	From       time.Time         `json:"from"`
	To         time.Time         `json:"to"`
	Timezone   string            `json:"timezone"`
	Group      map[string]string `json:"group,omitempty"`
	jsonTotals
}

func jsonOf(t performance.Totals) jsonTotals {
	code := money.Currency(t.Currency)
	all, shown := performance.KPIs(t), map[string]performance.KPI{}
	for _, name := range report.ShownKPIs {
		shown[name] = all[name]
	}
	return jsonTotals{t.Impressions, t.Clicks, t.Conversions, t.Leads, money.New(t.Spend, code), money.New(t.Revenue, code), shown}
}

func jsonLines(lines []report.Line) []jsonLine {
	out := make([]jsonLine, len(lines))
	for i, l := range lines {
		out[i] = jsonLine{l.ID, l.Name, l.Status, jsonOf(l.Totals), jsonOf(l.Before)}
	}
	return out
}

// writeJSON writes the head and then every row as it is read, so that the
// whole is never in memory.
func writeJSON(ctx context.Context, to io.Writer, d *report.Document) error {
	head := jsonHead{
		Report: d.Definition, Partner: d.Partner, Subject: d.Subject, NamesOf: d.FactsAt, Zones: d.Zones, Compared: d.Before,
		Currencies: []jsonCurrency{}, Alerts: d.Alerts, MoreAlerts: d.MoreAlerts,
	}
	if head.Alerts == nil {
		head.Alerts = []report.Alert{}
	}
	for _, c := range d.Currencies {
		shown := jsonCurrency{Currency: c.Code, Totals: jsonOf(c.Now), Before: jsonOf(c.Before), ByMonth: d.ByMonth,
			Course: []jsonPoint{}, Campaigns: jsonLines(c.Campaigns), Channels: jsonLines(c.Channels), Budgets: []jsonBudget{}}
		for _, p := range c.Course {
			shown.Course = append(shown.Course, jsonPoint{p.Day.String(), jsonOf(p.Totals)})
		}
		for _, b := range c.Budgets {
			code := money.Currency(c.Code)
			shown.Budgets = append(shown.Budgets, jsonBudget{b.Name, b.Daily, money.New(b.Limit, code), money.New(b.Spent, code)})
		}
		head.Currencies = append(head.Currencies, shown)
	}
	text, err := json.Marshal(head)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(to)
	_, _ = w.Write(text[:len(text)-1]) // without the closing brace; errors stay until Flush
	_, _ = w.WriteString(`,"rows":[`)
	first := true
	err = d.Rows(ctx, func(r report.Row) error {
		if !first {
			_ = w.WriteByte(',')
		}
		first = false
		r.Currency = r.Campaign.Currency
		text, err := json.Marshal(jsonRow{r.Campaign.ID.String(), r.Campaign.Name, r.Day.String(), r.From, r.To, r.Zone, r.Group, jsonOf(r.Totals)})
		if err != nil {
			return err
		}
		_, err = w.Write(text)
		return err
	})
	if err != nil {
		return err
	}
	_, _ = w.WriteString("]}\n")
	return w.Flush()
}
