package httpapi

import (
	"mime"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/wire"
)

// ingest is POST /metrics, the hot path: no reflection and no copy of the body
// between the socket and the store. Events carry ids that never expire, so a
// repetition needs no Idempotency-Key.
func (s *Server) ingest(w http.ResponseWriter, r *http.Request) {
	receipt, err := s.record(w, r)
	if err != nil {
		WriteProblem(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(wire.AppendReceipt(nil, receipt))
}

func (s *Server) record(w http.ResponseWriter, r *http.Request) (receipt performance.Receipt, err error) {
	if err := principal(r.Context()).Require(partners.ActionWriteMetrics); err != nil {
		return receipt, err
	}
	query, err := readQuery(r, "partner_id", "validate_only")
	if err != nil {
		return receipt, err
	}
	author, err := byWithin(r.Context(), query.partner)
	if err != nil {
		return receipt, err
	}
	source, err := wire.Open(r.Header.Get("Content-Type"), http.MaxBytesReader(w, r.Body, s.bodyLimit(r)))
	if err != nil {
		return receipt, err
	}
	return wire.Record(r.Context(), s.recorder(query.validateOnly), author, source)
}

// recorder takes facts in, or only checks them.
func (s *Server) recorder(validateOnly bool) wire.Recorder {
	if validateOnly {
		return s.Performance.Rehearsal()
	}
	return s.Performance
}

// maxStream is the longest stream taken in one request: far more than a day of
// any campaign, and an end to a client that never stops.
const maxStream = 16 << 30

// bodyLimit is larger for formats that are read line by line.
func (s *Server) bodyLimit(r *http.Request) int64 {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media == "" || media == "application/json" {
		return s.opts.MaxBody
	}
	return maxStream
}

// describeIngest writes the operation into the contract by hand, since it does
// not pass through huma.
func (s *Server) describeIngest() {
	op := operation(http.MethodPost, "/metrics", "record-metrics", "Record delivery facts", partners.ActionWriteMetrics, http.StatusOK)
	op.Description += " Answered when the facts are durable. Each counts once for ever by its event_id, by occurred_at however late it comes, whatever the campaign's state. A bad fact is refused by index and the rest is taken. Streams (NDJSON, CSV) are recorded in slices: after an error send the same body again."
	op.Parameters = []*huma.Param{partnerIDParam, validateOnlyParam, idempotencyKeyParam}
	text := &huma.MediaType{Schema: &huma.Schema{Type: "string"}}
	registry := s.api.OpenAPI().Components.Schemas
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json":     {Schema: schemaOf[newMetrics](registry)},
		"application/x-ndjson": text,
		"text/csv":             text,
	}}
	s.describe(&op, "200", schemaOf[receiptBody](registry))
}

// newMetrics, newMetricEvent and receiptBody only describe what package wire reads
// and writes.
type newMetrics struct {
	Events []newMetricEvent `json:"events" maxItems:"10000"`
}

type newMetricEvent struct {
	EventID       string                  `json:"event_id" minLength:"1" maxLength:"128" doc:"The sender's id; time-ordered UUIDs (version 7) are stored best."`
	CampaignID    uuid.UUID               `json:"campaign_id" format:"uuid"`
	OccurredAt    string                  `json:"occurred_at" format:"date-time" doc:"At most five minutes in the future."`
	Channel       string                  `json:"channel,omitempty" maxLength:"128"`
	Source        string                  `json:"source,omitempty" maxLength:"128"`
	Ad            string                  `json:"ad,omitempty" maxLength:"128"`
	Creative      string                  `json:"creative,omitempty" maxLength:"128"`
	Audience      string                  `json:"audience,omitempty" maxLength:"128"`
	Country       string                  `json:"country,omitempty" maxLength:"128"`
	Device        string                  `json:"device,omitempty" maxLength:"128"`
	Currency      string                  `json:"currency,omitempty" doc:"Refused when it is not the campaign's."`
	CorrelationID string                  `json:"correlation_id,omitempty" maxLength:"128"`
	Restates      *restates               `json:"restates,omitempty" doc:"This event corrects others: its values are the difference. A day that was over and changes without it counts as late."`
	Metrics       metricValues            `json:"metrics,omitempty"`
	Custom        map[string]numberOrText `json:"custom,omitempty" doc:"Named increments, as decimal strings or numbers."`
	Metadata      map[string]any          `json:"metadata,omitempty" doc:"Carried, not read; at most 4 KiB."`
}

// restates says why a fact corrects others.
type restates struct {
	Cause     string `json:"cause" enum:"late_conversion,invalid_traffic,platform_adjustment,refund,correction,currency_correction,other"`
	Reference string `json:"reference,omitempty" maxLength:"128" doc:"Where it can be looked up: a ticket, a credit note, the platform's notice."`
}

type metricValues struct {
	Impressions  int64        `json:"impressions,omitempty" doc:"An increment; negative restates."`
	Clicks       int64        `json:"clicks,omitempty"`
	Conversions  int64        `json:"conversions,omitempty"`
	Leads        int64        `json:"leads,omitempty"`
	Spend        string       `json:"spend,omitempty" doc:"Decimal string in the campaign's currency." example:"1.23"`
	Revenue      string       `json:"revenue,omitempty" doc:"Decimal string in the campaign's currency."`
	Reach        int64        `json:"reach,omitempty" doc:"A gauge: the latest value holds, it is never summed."`
	BrandLift    numberOrText `json:"brand_lift,omitempty" doc:"A gauge."`
	QualityScore numberOrText `json:"quality_score,omitempty" doc:"A gauge."`
}

// numberOrText is a decimal either way.
type numberOrText struct{}

// Schema implements huma.SchemaProvider.
func (numberOrText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeNumber}, {Type: huma.TypeString}}}
}

type receiptBody struct {
	Accepted      int             `json:"accepted" doc:"Counted now."`
	Duplicates    int             `json:"duplicates" doc:"Counted before."`
	RejectedTotal int             `json:"rejected_total,omitempty" doc:"How many were refused, when the list was cut at 1000."`
	Rejected      []rejectionBody `json:"rejected"`
	RecordedAt    *string         `json:"recorded_at,omitempty" format:"date-time"`
	Seq           int64           `json:"seq,omitempty" doc:"Of the event in the partner's feed."`
}

type rejectionBody struct {
	Index  int    `json:"index" doc:"Of the event in the request, from 0."`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}
