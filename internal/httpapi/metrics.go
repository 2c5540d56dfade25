package httpapi

import (
	"context"
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// totalsBody are sums, and the latest value of each gauge that has one.
type totalsBody struct {
	Events       int64              `json:"events" doc:"How many facts it rests on."`
	Impressions  int64              `json:"impressions"`
	Clicks       int64              `json:"clicks"`
	Conversions  int64              `json:"conversions"`
	Leads        int64              `json:"leads"`
	Spend        money.Money        `json:"spend"`
	Revenue      money.Money        `json:"revenue"`
	Reach        *int64             `json:"reach" nullable:"true" doc:"The latest of one channel; people are not added up."`
	ReachReason  string             `json:"reach_reason,omitempty" doc:"Why reach is null: no_reach, or reach_not_additive across channels or campaigns."`
	BrandLift    *decimal           `json:"brand_lift,omitempty"`
	QualityScore *decimal           `json:"quality_score,omitempty"`
	Custom       map[string]decimal `json:"custom"`
}

// kpis are derived figures by name; one that is not defined is null with a
// reason.
type kpis map[string]performance.KPI

// decimal is a number in micros, written as a JSON number.
type decimal int64

// MarshalJSON writes the shortest exact number.
func (d decimal) MarshalJSON() ([]byte, error) { return []byte(performance.Decimal(int64(d))), nil }

// Schema implements huma.SchemaProvider.
func (decimal) Schema(huma.Registry) *huma.Schema { return &huma.Schema{Type: huma.TypeNumber} }

// reported is a value of an event: a number, or a decimal string when it is
// money, which must never pass through a float of its reader.
type reported struct {
	value decimal
	money bool
}

// MarshalJSON implements json.Marshaler.
func (r reported) MarshalJSON() ([]byte, error) {
	text, err := r.value.MarshalJSON()
	if err == nil && r.money {
		return json.Marshal(string(text))
	}
	return text, err
}

// Schema implements huma.SchemaProvider.
func (reported) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeNumber}, {Type: huma.TypeString, Description: "Money, as a decimal string."}}}
}

func describeTotals(t performance.Totals) totalsBody {
	currency := money.Currency(t.Currency)
	b := totalsBody{
		Events: t.Events, Impressions: t.Impressions, Clicks: t.Clicks, Conversions: t.Conversions, Leads: t.Leads,
		Spend: money.New(t.Spend, currency), Revenue: money.New(t.Revenue, currency), Custom: map[string]decimal{},
	}
	switch {
	case t.Present.Has(performance.Reach):
		b.Reach = &t.Reach
	case t.ReachMixed:
		b.ReachReason = "reach_not_additive"
	default:
		b.ReachReason = "no_reach"
	}
	if t.Present.Has(performance.BrandLift) {
		b.BrandLift = new(decimal(t.BrandLift))
	}
	if t.Present.Has(performance.QualityScore) {
		b.QualityScore = new(decimal(t.QualityScore))
	}
	for _, c := range t.Custom {
		b.Custom[c.Name] = decimal(c.Value)
	}
	return b
}

// given is nil for no time.
func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// metricEvent is a delivery fact as it was recorded.
type metricEvent struct {
	EventID       string              `json:"event_id"`
	OccurredAt    time.Time           `json:"occurred_at"`
	RecordedAt    time.Time           `json:"recorded_at"`
	Channel       string              `json:"channel,omitempty"`
	Source        string              `json:"source,omitempty"`
	Ad            string              `json:"ad,omitempty"`
	Creative      string              `json:"creative,omitempty"`
	Audience      string              `json:"audience,omitempty"`
	Country       string              `json:"country,omitempty"`
	Device        string              `json:"device,omitempty"`
	CorrelationID string              `json:"correlation_id,omitempty"`
	Restates      *restates           `json:"restates,omitempty" doc:"Why it corrects others."`
	Metrics       map[string]reported `json:"metrics" doc:"What was given: counts, and money in the campaign's currency as a decimal string, as POST /metrics takes them."`
	Custom        map[string]decimal  `json:"custom,omitempty"`
	Metadata      json.RawMessage     `json:"metadata,omitempty"`
}

func describeMetricEvent(e performance.RawEvent) metricEvent {
	b := metricEvent{
		EventID: e.ID, OccurredAt: time.UnixMicro(e.OccurredAt).UTC(), RecordedAt: e.RecordedAt,
		Channel: e.Channel, Source: e.Source, Ad: e.Ad, Creative: e.Creative, Audience: e.Audience, Country: e.Country, Device: e.Device,
		CorrelationID: e.CorrelationID, Metrics: map[string]reported{}, Metadata: json.RawMessage(e.Metadata),
	}
	if e.Cause != "" {
		b.Restates = &restates{e.Cause, e.Reference}
	}
	present := e.Given()
	for m := range performance.NumMetrics {
		if !present.Has(m) {
			continue
		}
		value := *e.At(m)
		if !m.IsDecimal() {
			value *= money.Unit
		}
		b.Metrics[m.String()] = reported{decimal(value), m.IsMoney()}
	}
	for _, c := range e.Custom {
		if b.Custom == nil {
			b.Custom = map[string]decimal{}
		}
		b.Custom[c.Name] = decimal(c.Value)
	}
	return b
}

func (s *Server) listMetricEvents(ctx context.Context, in *struct {
	ByID
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Cursor string `query:"cursor" maxLength:"200" doc:"next_cursor of the page before."`
	Projected
}) (*plain[list[partial[metricEvent]]], error) {
	events, next, err := s.Performance.Events(ctx, principal(ctx).Partner, in.ID, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	return page(s, events, describeMetricEvent, in.Fields, next)
}
