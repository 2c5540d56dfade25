package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
)

func (s *Server) registerRestatements() {
	op := operation(http.MethodGet, "/campaigns/{id}/metrics/restatements", "list-restatements", "What became known later about days that were over: before, after, and why", partners.ActionRead, http.StatusOK)
	op.Description += " Compares two moments of the known clock: before is exactly what metrics answers with the first as known_at, after with the second. A day is listed, the latest first, when something was recorded about it after it was over, or that states a cause. Causes are late_conversion, invalid_traffic, platform_adjustment, refund, correction, currency_correction and other as they were stated in restates; late is what was recorded after its day without a cause, delivery what was recorded while the day still ran. The deltas of the causes add up to the day's. first_report marks a day of which nothing was known before."
	route(s, op, s.listRestatements)
}

// restatementsAnswer compares two moments of the known clock.
type restatementsAnswer struct {
	CampaignID uuid.UUID        `json:"campaign_id"`
	Currency   string           `json:"currency"`
	Timezone   string           `json:"timezone" doc:"Days are local days of this zone."`
	Between    betweenBody      `json:"between"`
	Items      []restatementDay `json:"items"`
	NextCursor cursor           `json:"next_cursor" doc:"For the next page; null on the last."`
}

type betweenBody struct {
	From time.Time `json:"from" doc:"Known before: up to and with this moment."`
	To   time.Time `json:"to" doc:"Known after: as it was asked for, cut back to what is settled."`
}

type restatementDay struct {
	Day    string             `json:"day" format:"date"`
	From   time.Time          `json:"from"`
	To     time.Time          `json:"to" doc:"Exclusive: when the day was over."`
	Before dayFigures         `json:"before"`
	After  dayFigures         `json:"after"`
	Delta  dayFigures         `json:"delta" doc:"after - before; gauges have none, and a KPI has none that is not defined on both sides."`
	Causes []restatementCause `json:"causes"`
	First  bool               `json:"first_report" doc:"Nothing was known of the day before and nothing states a cause: it was reported late for the first time, and contradicts nothing."`
}

type dayFigures struct {
	Metrics totalsBody `json:"metrics"`
	KPIs    kpis       `json:"kpis"`
}

type restatementCause struct {
	Cause      string     `json:"cause" enum:"late_conversion,invalid_traffic,platform_adjustment,refund,correction,currency_correction,other,late,delivery"`
	Events     int64      `json:"events"`
	References []string   `json:"references" doc:"The first 20."`
	Sources    []string   `json:"sources" doc:"The first 20."`
	More       bool       `json:"more" doc:"There are further references or sources."`
	Delta      totalsBody `json:"delta"`
}

func (s *Server) listRestatements(ctx context.Context, in *struct {
	ByID
	Between []string `query:"between" doc:"Two moments as RFC 3339 times, separated by a comma: the earlier and the later. Without it, from the beginning of the last local day that is over until now." example:"[\"2026-03-01T00:00:00Z\",\"2026-03-08T00:00:00Z\"]"`
	Limit   int      `query:"limit" minimum:"1" maximum:"366" default:"31"`
	Cursor  string   `query:"cursor" maxLength:"200" doc:"next_cursor of the page before."`
}) (*plain[restatementsAnswer], error) {
	from, to, err := readBetween(in.Between)
	if err != nil {
		return nil, err
	}
	r, err := s.Performance.Restatements(ctx, principal(ctx).Partner, in.ID, performance.RestatementQuery{From: from, To: to, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	answer := restatementsAnswer{
		CampaignID: r.Campaign, Currency: r.Currency, Timezone: r.Zone.String(), Between: betweenBody{r.From, r.To},
		Items: make([]restatementDay, len(r.Days)), NextCursor: cursor(r.Next),
	}
	for i := range r.Days {
		answer.Items[i] = describeRestatement(&r.Days[i])
	}
	return &plain[restatementsAnswer]{answer}, nil
}

// readBetween reads none or two moments.
func readBetween(texts []string) (from, to time.Time, err error) {
	const allow = "two RFC 3339 times separated by a comma, such as 2026-03-01T00:00:00Z,2026-03-08T00:00:00Z; a + of an offset is written %2B"
	if len(texts) == 0 {
		return from, to, nil
	}
	if len(texts) == 2 {
		var wrong error
		from, err = time.Parse(time.RFC3339Nano, texts[0])
		if to, wrong = time.Parse(time.RFC3339Nano, texts[1]); err == nil && wrong == nil {
			return from, to, nil
		}
	}
	return from, to, errMalformed.WithFields(fault.Field{Path: "between", Code: "invalid_time", Detail: "These are not two moments.", Allow: allow})
}

func describeRestatement(d *performance.DayRestatement) restatementDay {
	out := restatementDay{
		Day: d.Day.String(), From: d.From, To: d.To,
		Before: dayFigures{describeTotals(d.Before), performance.KPIs(d.Before)},
		After:  dayFigures{describeTotals(d.After), performance.KPIs(d.After)},
		Delta:  dayFigures{describeTotals(d.Delta()), performance.KPIDifference(d.Before, d.After)},
		Causes: make([]restatementCause, len(d.Causes)),
		First:  d.FirstReport(),
	}
	for i, c := range d.Causes {
		out.Causes[i] = restatementCause{
			Cause: c.Cause, Events: c.Delta.Events, References: orEmpty(c.References), Sources: orEmpty(c.Sources),
			More: c.More, Delta: describeTotals(c.Delta),
		}
	}
	return out
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
