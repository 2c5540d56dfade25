package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/anomaly"
	"github.com/hexabuilders/campaignd/performance/lookout"
)

func (s *Server) registerAnomalies() {
	read := partners.ActionRead
	route(s, operation(http.MethodGet, "/campaigns/{id}/anomalies", "list-campaign-anomalies", "A campaign's unusual hours, the latest first", read, http.StatusOK), s.listCampaignAnomalies)
	route(s, operation(http.MethodGet, "/anomalies", "list-anomalies", "Unusual hours of all campaigns, the latest first", read, http.StatusOK), s.listAnomalies)
}

// anomalyBody is an hour that was unusual in one figure. Figures are decimal
// strings: 0.02 of a ctr, 12.5 of the currency, 1000 clicks.
type anomalyBody struct {
	ID         uuid.UUID            `json:"id" doc:"The same wherever it is found: of campaign, figure and hour."`
	CampaignID uuid.UUID            `json:"campaign_id"`
	KPI        string               `json:"kpi" enum:"impressions,clicks,spend,conversions,ctr,cpc,cpm,cpa,cvr,roas"`
	Unit       string               `json:"unit" enum:"count,fraction,ratio,money" doc:"A fraction of 0.02 is 2 %."`
	Currency   string               `json:"currency,omitempty" doc:"Of money."`
	Bucket     string               `json:"bucket" enum:"hour"`
	From       time.Time            `json:"from"`
	To         time.Time            `json:"to" doc:"Exclusive."`
	Kind       string               `json:"kind" enum:"spike,drop,no_delivery,level_shift,unrest,flatline"`
	Observed   string               `json:"observed" example:"1.5652" doc:"What was known when the hour was judged."`
	Expected   expectedBody         `json:"expected" doc:"Where 95 % of the hours before lay as close."`
	Score      float64              `json:"score" minimum:"0" maximum:"1" doc:"From 0.5, which takes one in a thousand of the campaign's own hours."`
	Confidence string               `json:"confidence" enum:"low,medium,high" doc:"low: less than two days or 100 hours are known; high: 14 days or more."`
	Severity   performance.Severity `json:"severity" doc:"LOW below a score of 0.6, MEDIUM below 0.75, else HIGH; one step up when it is for the worse, one down with low confidence; HIGH at least when nothing is delivered."`
	Sample     int64                `json:"sample" doc:"What the figure rests on: impressions of a ctr, conversions of a cpa, and so on."`
	Evidence   []evidenceBody       `json:"evidence" doc:"The tests that found it unusual, the loudest first."`
	KnownAt    time.Time            `json:"known_at" doc:"What had been recorded when the hour was judged."`
	DetectedAt time.Time            `json:"detected_at"`
	Present    *string              `json:"present" doc:"The figure as it stands now; null when it has no value."`
	Restated   bool                 `json:"restated" doc:"Later data has changed the hour."`
}

type expectedBody struct {
	Low  string `json:"low" example:"0.4413"`
	Mid  string `json:"mid" example:"0.4942"`
	High string `json:"high" example:"0.5451"`
}

type evidenceBody struct {
	Test  string  `json:"test" enum:"point,season,shift,unrest,long_unrest,still,delivery" doc:"point: against the hours just before; season: for its hour of the day and week; shift: the mean of six hours; unrest: how much they move; still: hours of one same value; delivery: whether there is any at this hour of the day."`
	Value float64 `json:"value" doc:"What the test measured: the distance from the forecast, in the figure's unit."`
	Usual float64 `json:"usual" doc:"99 % of what it measured before was at most this; of delivery, the share of days that had some."`
	OneIn float64 `json:"one_in" doc:"How rare that is, by the campaign's own past; what is rarer than one in a million is not told apart."`
}

func describeAnomaly(a lookout.Listed) anomalyBody {
	b := anomalyBody{
		ID: a.ID, CampaignID: a.Campaign, KPI: a.KPI, Unit: a.Unit, Currency: a.Currency, Bucket: a.Bucket,
		From: a.From.UTC(), To: a.To.UTC(), Kind: string(a.Kind), Observed: a.Observed, Expected: expectedBody(a.Expected),
		Score: a.Score, Confidence: string(a.Confidence), Severity: a.Severity, Sample: a.Sample,
		Evidence: make([]evidenceBody, len(a.Evidence)), KnownAt: a.KnownAt.UTC(), DetectedAt: a.DetectedAt.UTC(),
		Present: a.Present, Restated: a.Restated,
	}
	for i, e := range a.Evidence {
		b.Evidence[i] = evidenceBody(e)
	}
	return b
}

// WhichAnomalies are the conditions that both lists take.
type WhichAnomalies struct {
	Page
	Projected
	Span
	KPI      []string `query:"kpi" enum:"impressions,clicks,spend,conversions,ctr,cpc,cpm,cpa,cvr,roas" doc:"Any of these, separated by commas."`
	Kind     []string `query:"kind" enum:"spike,drop,no_delivery,level_shift,unrest,flatline" doc:"Any of these, separated by commas."`
	MinScore float64  `query:"min_score" minimum:"0" maximum:"1" doc:"Only those with at least this score."`
}

func (w *WhichAnomalies) query(campaign uuid.UUID, zone zoneOf) (lookout.Query, error) {
	from, to, err := w.Span.in(zone)
	q := lookout.Query{Campaign: campaign, From: from, To: to, KPIs: w.KPI, MinScore: w.MinScore, Limit: w.Limit, Cursor: w.Cursor}
	for _, kind := range w.Kind {
		q.Kinds = append(q.Kinds, anomaly.Kind(kind))
	}
	return q, err
}

func (s *Server) listCampaignAnomalies(ctx context.Context, in *struct {
	ByID
	WhichAnomalies
}) (*plain[list[partial[anomalyBody]]], error) {
	partner := principal(ctx).Partner
	q, err := in.query(in.ID, s.campaignZone(ctx, partner, in.ID))
	if err != nil {
		return nil, err
	}
	items, next, err := s.Anomalies.List(ctx, partner, q)
	if err != nil {
		return nil, err
	}
	return page(s, items, describeAnomaly, in.Fields, next)
}

func (s *Server) listAnomalies(ctx context.Context, in *struct {
	WhichAnomalies
	ForPartner
	Campaign uuid.UUID `query:"campaign_id"`
}) (*plain[list[partial[anomalyBody]]], error) {
	author, err := byWithin(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	q, err := in.query(in.Campaign, s.partnerZone(ctx, author.Partner))
	if err != nil {
		return nil, err
	}
	items, next, err := s.Anomalies.List(ctx, author.Partner, q)
	if err != nil {
		return nil, err
	}
	return page(s, items, describeAnomaly, in.Fields, next)
}
