package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
)

// kpiUnits is what the contract says of numbers, once for every query.
const kpiUnits = " Counts are whole numbers, money is a decimal string with its currency. ctr, cvr and roi are fractions (0.01 is 1 %), never percent; roas and frequency are ratios (2 is twice); cpc, cpm (of a thousand impressions) and cpa are money. KPIs are exact to 6 decimals, rounded half to even, computed from the sums and never averaged; one that is not defined is null with a reason."

const asOf = " Without from: everything, or the last 60 minutes, 48 hours or 30 local days of the granularity. Every number can be asked for as of two clocks, in any combination and with every granularity and group_by: at counts what had happened by then (occurred_at <= at), known_at what had been recorded by then (recorded_at <= known_at). An answer with a known_at never changes."

func (s *Server) registerMetrics() {
	read := partners.ActionRead
	one := operation(http.MethodGet, "/campaigns/{id}/metrics", "get-metrics", "A campaign's counts, money and KPIs", read, http.StatusOK)
	one.Description += asOf + kpiUnits + " Conversions and revenue of sources with different declared attribution windows are not added up: 422 mixed_attribution_windows says which; group by source, or send allow_mixed=true."
	route(s, one, s.getMetrics)
	all := operation(http.MethodGet, "/partners/{id}/metrics", "get-partner-metrics", "Counts, money and KPIs over a partner's campaigns", read, http.StatusOK)
	all.Description += asOf + kpiUnits + " What has no sum is refused unless the mix is asked for: several currencies (mixed_currencies), local days of several time zones (mixed_time_zones), conversions under several attribution windows (mixed_attribution_windows). With allow_mixed=true there is one item of each currency, zone and window, each marked; currencies are never added up or converted. Reach and frequency are never added up across campaigns."
	route(s, all, s.getPartnerMetrics)
	route(s, operation(http.MethodGet, "/campaigns/{id}/metrics/events", "list-metric-events", "The raw log of a campaign's delivery facts, in the order in which they became known", read, http.StatusOK), s.listMetricEvents)
	s.registerRestatements()
	s.registerExport()
}

// metricsAnswer is what a campaign delivered.
type metricsAnswer struct {
	CampaignID  uuid.UUID     `json:"campaign_id"`
	At          *time.Time    `json:"at" doc:"As it was asked for: what had happened by then."`
	KnownAt     time.Time     `json:"known_at" doc:"What had been recorded by then: as it was asked for, cut back to what is settled. Asked for again with this known_at the answer is the same."`
	KnownAtCut  bool          `json:"known_at_cut" doc:"The known_at that was asked for lies beyond what is settled, and was cut back."`
	Granularity string        `json:"granularity" enum:"total,minute,hour,day"`
	Currency    string        `json:"currency"`
	Mixed       bool          `json:"mixed" doc:"The items are parts of a mix that has no sum, each marked with what it is of."`
	Items       []metricsItem `json:"items" doc:"One for each bucket and group that has delivery."`
}

// partnerMetrics is what a partner's campaigns delivered.
type partnerMetrics struct {
	PartnerID   uuid.UUID     `json:"partner_id"`
	At          *time.Time    `json:"at"`
	KnownAt     time.Time     `json:"known_at" doc:"One moment for all campaigns; asked for again with it the answer is the same."`
	KnownAtCut  bool          `json:"known_at_cut" doc:"The known_at that was asked for lies beyond what is settled, and was cut back."`
	Granularity string        `json:"granularity" enum:"total,minute,hour,day"`
	Currency    string        `json:"currency" doc:"Of all items; empty when they differ."`
	Mixed       bool          `json:"mixed" doc:"The items are parts of a mix that has no sum, each marked with what it is of."`
	Items       []metricsItem `json:"items" doc:"One for each bucket and group that has delivery."`
}

type metricsItem struct {
	From    *time.Time        `json:"from" doc:"Null for a total without bounds."`
	To      *time.Time        `json:"to" doc:"Exclusive."`
	Group   map[string]string `json:"group"`
	Mix     *mixBody          `json:"mix,omitempty" doc:"What this part of a mix is of."`
	Metrics totalsBody        `json:"metrics"`
	KPIs    kpis              `json:"kpis"`
}

// mixBody marks a part of a mix.
type mixBody struct {
	Currency string      `json:"currency"`
	Timezone string      `json:"timezone,omitempty" doc:"Of the days, when zones are mixed."`
	Window   *windowBody `json:"attribution_window,omitempty" doc:"When windows are mixed and one is declared of these sources."`
	Declared *bool       `json:"attribution_declared,omitempty" doc:"When windows are mixed: false for the sources of which nothing is declared."`
	Sources  []string    `json:"sources,omitempty" doc:"When windows are mixed; empty text is events that do not say."`
}

// MetricsQuery is what both operations ask.
type MetricsQuery struct {
	Span
	Granularity string    `query:"granularity" enum:"total,minute,hour,day" default:"total" doc:"Minutes and hours are UTC; days are the campaign's local days."`
	At          time.Time `query:"at" doc:"Count what had happened by then."`
	KnownAt     time.Time `query:"known_at" doc:"Count what had been recorded by then. One in the future is cut back, and the answer says so."`
	AllowMixed  bool      `query:"allow_mixed" doc:"Instead of refusing what has no sum, give one item of each part, marked."`
}

func (q MetricsQuery) query(groupBy []string, zone zoneOf) (performance.Query, error) {
	from, to, err := q.Span.in(zone)
	return performance.Query{From: from, To: to, Granularity: q.Granularity, GroupBy: groupBy, At: q.At, KnownAt: q.KnownAt}, err
}

func (q MetricsQuery) cut(known time.Time) bool {
	return !q.KnownAt.IsZero() && known.Before(q.KnownAt)
}

func (s *Server) getMetrics(ctx context.Context, in *struct {
	ByID
	MetricsQuery
	GroupBy []string `query:"group_by" doc:"Any of channel, source, ad, creative, audience, country, device, separated by commas."`
}) (*plain[metricsAnswer], error) {
	partner := principal(ctx).Partner
	q, err := in.query(in.GroupBy, s.campaignZone(ctx, partner, in.ID))
	if err != nil {
		return nil, err
	}
	r, err := s.Explorer.Campaign(ctx, partner, in.ID, q, in.AllowMixed)
	if err != nil {
		return nil, err
	}
	return &plain[metricsAnswer]{metricsAnswer{
		CampaignID: in.ID, At: given(r.At), KnownAt: r.KnownAt, KnownAtCut: in.cut(r.KnownAt), Granularity: r.Granularity,
		Currency: r.Currency, Mixed: r.Mixed, Items: describeItems(r.Items),
	}}, nil
}

func (s *Server) getPartnerMetrics(ctx context.Context, in *struct {
	ByID
	MetricsQuery
	GroupBy []string `query:"group_by" doc:"Any of campaign, type, channel, source, ad, creative, audience, country, device, separated by commas."`
}) (*plain[partnerMetrics], error) {
	if err := s.ownPartner(ctx, in.ID); err != nil {
		return nil, err
	}
	q, err := in.query(in.GroupBy, s.partnerZone(ctx, in.ID))
	if err != nil {
		return nil, err
	}
	r, err := s.Explorer.Partner(ctx, in.ID, q, in.AllowMixed)
	if err != nil {
		return nil, err
	}
	return &plain[partnerMetrics]{partnerMetrics{
		PartnerID: in.ID, At: given(r.At), KnownAt: r.KnownAt.UTC(), KnownAtCut: in.cut(r.KnownAt), Granularity: r.Granularity,
		Currency: r.Currency, Mixed: r.Mixed, Items: describeItems(r.Items),
	}}, nil
}

func describeItems(items []performance.MarkedItem) []metricsItem {
	out := make([]metricsItem, len(items))
	for i, item := range items {
		group := item.Group
		if group == nil {
			group = map[string]string{}
		}
		out[i] = metricsItem{
			From: given(item.From), To: given(item.To), Group: group, Mix: describeMix(item.Mark),
			Metrics: describeTotals(item.Totals), KPIs: performance.KPIs(item.Totals),
		}
	}
	return out
}

func describeMix(m *performance.Mark) *mixBody {
	if m == nil {
		return nil
	}
	out := &mixBody{Currency: m.Currency, Timezone: m.Timezone}
	if m.Windows {
		out.Window, out.Declared, out.Sources = (*windowBody)(m.Window), new(m.Window != nil), m.Sources
	}
	return out
}
