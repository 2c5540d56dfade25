package httpapi

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing"
	"github.com/hexabuilders/campaignd/budgets/ledger"
)

// BookFiles writes what finance takes away, in csv and xlsx.
type BookFiles interface {
	Statement(w io.Writer, format string, s billing.Statement) error
	Journal(w io.Writer, format string, j billing.Journal) error
	// Ledger writes the entries that walk calls with, also in ndjson. names are
	// what campaigns are called.
	Ledger(w io.Writer, format string, names map[uuid.UUID]string, walk func(each func(ledger.Entry) error) error) error
}

const sheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

var fileTypes = map[string]string{"csv": "text/csv; charset=utf-8", "xlsx": sheetType, "ndjson": "application/x-ndjson"}

// detailed adds to the description, and says what is answered when it is not one
// JSON body.
func detailed(op huma.Operation, text string, content map[string]*huma.MediaType) huma.Operation {
	op.Description += text
	if content != nil {
		op.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: content}}
	}
	return op
}

func files(types ...string) map[string]*huma.MediaType {
	content := map[string]*huma.MediaType{}
	for _, t := range types {
		content[t] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	}
	return content
}

func jsonOr[T any](s *Server, types ...string) map[string]*huma.MediaType {
	content := files(types...)
	content["application/json"] = &huma.MediaType{Schema: schemaOf[T](s.api.OpenAPI().Components.Schemas)}
	return content
}

func (s *Server) exportLedger(ctx context.Context, in *struct {
	ForPartner
	Span
	Format string `query:"format" enum:"csv,xlsx,ndjson" default:"csv"`
}) (*huma.StreamResponse, error) {
	partner, err := onePartner(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	from, to, err := in.Span.in(s.partnerZone(ctx, partner))
	if err != nil {
		return nil, err
	}
	names, err := s.Statements.Names(ctx, partner)
	if err != nil {
		return nil, err
	}
	return fileAnswer("ledger", in.Format, func(w io.Writer) error {
		return s.Files.Ledger(w, in.Format, names, func(each func(ledger.Entry) error) error {
			return s.Statements.Export(ctx, partner, from, to, each)
		})
	}), nil
}

func jsonAnswer(body any) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hc huma.Context) { encodeJSON(hc, body) }}
}

func encodeJSON(hc huma.Context, body any) {
	text, err := json.Marshal(body)
	if err != nil { // no body of ours fails
		hc.SetStatus(http.StatusInternalServerError)
		return
	}
	hc.SetHeader("Content-Type", "application/json")
	_, _ = hc.BodyWriter().Write(text)
}

// fileAnswer is a file that is written as it is sent.
func fileAnswer(name, format string, write func(io.Writer) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Trailer", completeTrailer)
		hc.SetHeader("Content-Type", fileTypes[format])
		hc.SetHeader("Content-Disposition", `attachment; filename="`+name+"."+format+`"`)
		if err := write(hc.BodyWriter()); err != nil {
			// What was sent cannot be taken back: the trailer is missing.
			slog.WarnContext(hc.Context(), "file not completed", "name", name, "error", err)
			return
		}
		hc.SetHeader(completeTrailer, "true")
	}}
}
