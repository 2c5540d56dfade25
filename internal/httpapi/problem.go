package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hexabuilders/campaignd/fault"
)

// statuses is the one table from a kind of failure to its HTTP status.
var statuses = map[fault.Kind]int{
	fault.Internal:     http.StatusInternalServerError,
	fault.Malformed:    http.StatusBadRequest,
	fault.Unauthorized: http.StatusUnauthorized,
	fault.Forbidden:    http.StatusForbidden,
	fault.NotFound:     http.StatusNotFound,
	fault.Conflict:     http.StatusConflict,
	fault.Stale:        http.StatusPreconditionFailed,
	fault.TooLarge:     http.StatusRequestEntityTooLarge,
	fault.Invalid:      http.StatusUnprocessableEntity,
	fault.Precondition: http.StatusPreconditionRequired,
	fault.Throttled:    http.StatusTooManyRequests,
	fault.Unavailable:  http.StatusServiceUnavailable,
}

// Problem is an RFC 9457 problem document. Codes are stable; sentences are for
// people and may change.
type Problem struct {
	Type     string         `json:"type" doc:"A URI that names the code and leads to its documentation."`
	Title    string         `json:"title" doc:"The status in words."`
	Status   int            `json:"status"`
	Code     string         `json:"code" doc:"Stable code to switch on." example:"validation_failed"`
	Detail   string         `json:"detail" doc:"What is wrong, for a person."`
	Fix      string         `json:"fix,omitempty" doc:"What to do next."`
	Recovery fault.Recovery `json:"recovery" enum:"transient,correctable,terminal" doc:"Whether the same request, a changed one or none may succeed."`
	Errors   []fault.Field  `json:"errors,omitempty" doc:"Every wrong field at once."`
	Instance string         `json:"instance,omitempty" doc:"The request's id, to quote to support."`

	extra      map[string]any
	retryAfter int // seconds; 0 is none
}

// Error implements error.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="campaignd"`)
	}
	return h
}

// ContentType implements huma's content type filter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// MarshalJSON puts the extra members beside the standard ones.
func (p *Problem) MarshalJSON() ([]byte, error) {
	type plain Problem
	body, err := json.Marshal((*plain)(p))
	if err != nil || len(p.extra) == 0 {
		return body, err
	}
	extra, err := json.Marshal(p.extra)
	if err != nil {
		return nil, err
	}
	return append(append(body[:len(body)-1], ','), extra[1:]...), nil
}

// problem turns any error into what the client is shown. An error that is not
// a *fault.Error is a bug of ours: it is logged whole and shown as nothing.
func problem(err error) *Problem {
	var already *Problem
	if errors.As(err, &already) {
		return already
	}
	f := fault.As(err)
	if f == nil {
		slog.Error("internal error", "error", err)
		f = fault.New(fault.Internal, "internal", "Something went wrong on our side; it has been logged.", "Try again; if it stays, quote the instance to support.")
	}
	status := statuses[f.Kind]
	p := &Problem{
		Type: typeOf(f.Code), Title: http.StatusText(status), Status: status, Code: f.Code,
		Detail: f.Detail, Fix: f.Fix, Recovery: f.Recovery(), Errors: f.Fields, extra: f.Extra,
	}
	if f.RetryAfter > 0 {
		p.retryAfter = max(1, int(f.RetryAfter.Seconds()+0.999))
	}
	return p
}

func typeOf(code string) string { return "/docs/errors#" + code }

// humaProblem replaces huma.NewError: what the framework itself refuses looks
// like everything else, and never echoes the refused value, which may be a
// secret.
func humaProblem(status int, msg string, errs ...error) huma.StatusError {
	if len(errs) == 1 && fault.As(errs[0]) != nil {
		return problem(errs[0])
	}
	code, fix := "malformed_request", "Correct the request and send it again; /docs describes it."
	switch status {
	case http.StatusUnprocessableEntity:
		code, fix = fault.ErrInvalid.Code, fault.ErrInvalid.Fix
	case http.StatusRequestEntityTooLarge:
		code, fix = "too_large", "Send less at once."
	case http.StatusUnsupportedMediaType:
		code, fix = "unsupported_media_type", "Send application/json, or what /docs lists for this operation."
	case http.StatusNotAcceptable:
		code, fix = "not_acceptable", "Accept application/json."
	case http.StatusRequestTimeout:
		code, fix = "request_timeout", "Send the body faster, or less of it."
	}
	recovery := fault.Correctable
	if status >= 500 {
		code, recovery = "internal", fault.Terminal
		slog.Error("internal error", "message", msg, "errors", errs)
		msg, errs = "Something went wrong on our side; it has been logged.", nil
	}
	p := &Problem{Type: typeOf(code), Title: http.StatusText(status), Status: status, Code: code, Detail: sentence(msg), Fix: fix, Recovery: recovery}
	for _, err := range errs {
		p.Errors = append(p.Errors, fieldOf(err))
	}
	return p
}

// fieldOf keeps where and why of a schema violation and drops the value.
func fieldOf(err error) fault.Field {
	var d *huma.ErrorDetail
	if errors.As(err, &d) {
		return fault.Field{Path: strings.TrimPrefix(strings.TrimPrefix(d.Location, "body."), "body"), Code: "schema", Detail: sentence(d.Message)}
	}
	return fault.Field{Code: "schema", Detail: sentence(err.Error())}
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

// writeProblem answers outside huma: middleware, the hot paths, 404 and 405.
func writeProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := *problem(err)
	p.Instance = requestID(r.Context())
	for k, v := range p.GetHeaders() {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	if err := json.NewEncoder(w).Encode(&p); err != nil {
		slog.DebugContext(r.Context(), "answer not written", "error", fmt.Sprint(err))
	}
}
