package httpapi

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/wire"
)

func (s *Server) registerExport() {
	for _, op := range []huma.Operation{
		operation(http.MethodGet, "/campaigns/{id}/metrics/export", "export-campaign-events", "All raw events of a campaign, to be kept or sent again", partners.ActionRead, http.StatusOK),
		operation(http.MethodGet, "/partners/{id}/metrics/export", "export-partner-events", "All raw events of a partner, to be kept or sent again", partners.ActionRead, http.StatusOK),
	} {
		op.Description += " A stream in the form that POST /metrics takes: sent again, every event counts as a duplicate. NDJSON, or CSV (RFC 4180) in which text that begins like a formula has a quote in front, which POST /metrics takes away again. Known at one moment, which the header X-Known-At names; the trailer X-Export-Complete is true when nothing is missing."
		text := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
		op.Responses = map[string]*huma.Response{"200": {
			Description: "OK", Content: map[string]*huma.MediaType{"application/x-ndjson": text, "text/csv": text},
			Headers: map[string]*huma.Param{"X-Known-At": {Schema: &huma.Schema{Type: huma.TypeString, Format: "date-time"}, Description: "What had been recorded by then is in it."}},
		}}
		if op.OperationID == "export-campaign-events" {
			route(s, op, s.exportCampaign)
		} else {
			route(s, op, s.exportPartner)
		}
	}
}

// ExportQuery is what both operations ask.
type ExportQuery struct {
	ByID
	Span
	Format  string    `query:"format" enum:"ndjson,csv" default:"ndjson"`
	KnownAt time.Time `query:"known_at" doc:"Only what had been recorded by then."`
}

func (s *Server) exportCampaign(ctx context.Context, in *ExportQuery) (*huma.StreamResponse, error) {
	partner := principal(ctx).Partner
	return s.export(ctx, partner, in.ID, in, s.campaignZone(ctx, partner, in.ID))
}

func (s *Server) exportPartner(ctx context.Context, in *ExportQuery) (*huma.StreamResponse, error) {
	if err := s.ownPartner(ctx, in.ID); err != nil {
		return nil, err
	}
	return s.export(ctx, in.ID, uuid.Nil, in, s.partnerZone(ctx, in.ID))
}

func (s *Server) export(ctx context.Context, partner, campaign uuid.UUID, in *ExportQuery, zone zoneOf) (*huma.StreamResponse, error) {
	from, to, err := in.Span.in(zone)
	if err != nil {
		return nil, err
	}
	x, err := s.Performance.Export(ctx, partner, campaign, performance.ExportQuery{From: from, To: to, KnownAt: in.KnownAt})
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("X-Known-At", x.KnownAt.Format(time.RFC3339Nano))
		hc.SetHeader("Trailer", completeTrailer)
		hc.SetHeader("Content-Type", exportTypes[in.Format])
		hc.SetHeader("Content-Disposition", `attachment; filename="events-`+in.ID.String()+"."+in.Format+`"`)
		if err := writeExport(hc.Context(), hc.BodyWriter(), x, in.Format); err != nil {
			// What was sent cannot be taken back: the trailer is missing.
			slog.WarnContext(hc.Context(), "export not completed", "error", err)
			return
		}
		hc.SetHeader(completeTrailer, "true")
	}}, nil
}

// completeTrailer tells a stream that ended from one that was cut off.
const completeTrailer = "X-Export-Complete"

var exportTypes = map[string]string{"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}

func writeExport(ctx context.Context, to io.Writer, x *performance.Export, format string) error {
	var w wire.Writer = wire.NewLineWriter(to)
	if format == "csv" {
		w = wire.NewTableWriter(to, x.Custom)
	}
	if err := x.Each(ctx, w.Write); err != nil {
		return err
	}
	return w.Close()
}
