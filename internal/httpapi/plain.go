package httpapi

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
)

// What the few operations outside huma need: the hot path, and files.

// plainQuery is what they read of the query.
type plainQuery struct {
	partner      uuid.UUID // uuid.Nil unless named
	validateOnly bool
}

// readQuery refuses parameters that are not among those known: a misspelt
// validate_only must not become a write.
func readQuery(r *http.Request, known ...string) (q plainQuery, err error) {
	values := r.URL.Query()
	for name := range values {
		if !slices.Contains(known, name) {
			return q, errMalformed.WithFields(fault.Field{Path: name, Code: "unknown_field", Detail: "There is no such query parameter here."})
		}
	}
	if text := values.Get("validate_only"); text != "" {
		if q.validateOnly, err = strconv.ParseBool(text); err != nil {
			return q, errMalformed.WithFields(fault.Field{Path: "validate_only", Code: "schema", Detail: "This is neither true nor false.", Allow: "true or false"})
		}
	}
	q.partner, err = parseID("partner_id", values.Get("partner_id"))
	return q, err
}

// parseID reads an id; uuid.Nil for none.
func parseID(path, text string) (uuid.UUID, error) {
	if text == "" {
		return uuid.Nil, nil
	}
	id, err := uuid.Parse(text)
	if err != nil {
		return uuid.Nil, errMalformed.WithFields(fault.Field{Path: path, Code: "invalid_id", Detail: "This is not an id.", Allow: "a UUID"})
	}
	return id, nil
}

func writeJSON(w http.ResponseWriter, status int, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text)
	return nil
}

// The parameters that operations described by hand share with the others.
var (
	partnerIDParam      = &huma.Param{Name: "partner_id", In: "query", Description: "The partner, when the key is an administrator's.", Schema: &huma.Schema{Type: huma.TypeString, Format: "uuid"}}
	validateOnlyParam   = &huma.Param{Name: "validate_only", In: "query", Description: "Check everything and change nothing; the answer is what it would be.", Schema: &huma.Schema{Type: huma.TypeBoolean}}
	idempotencyKeyParam = &huma.Param{Name: "Idempotency-Key", In: "header", Description: "Repeating a request with the same key and body returns the first answer.", Schema: &huma.Schema{Type: huma.TypeString}}
)

// describe adds an operation that does not pass through huma to the contract.
func (s *Server) describe(op *huma.Operation, status string, answer *huma.Schema) {
	refused := &huma.MediaType{Schema: schemaOf[Problem](s.api.OpenAPI().Components.Schemas)}
	op.Responses = map[string]*huma.Response{
		status: {Description: http.StatusText(op.DefaultStatus), Content: map[string]*huma.MediaType{"application/json": {Schema: answer}}},
	}
	if op.DefaultStatus == http.StatusCreated {
		op.Responses[status].Headers = map[string]*huma.Param{
			"Location": {Schema: &huma.Schema{Type: huma.TypeString}, Description: "Where the new thing is read."},
		}
	}
	for _, code := range op.Errors {
		op.Responses[strconv.Itoa(code)] = &huma.Response{
			Description: http.StatusText(code), Content: map[string]*huma.MediaType{"application/problem+json": refused},
		}
	}
	s.api.OpenAPI().AddOperation(op)
}
