package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

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

var (
	errInternal = fault.New(fault.Internal, "internal", "Something went wrong on our side; it has been logged.",
		"Try again; if it stays, quote the instance to support.")
	errInterrupted = fault.New(fault.Unavailable, "interrupted", "The request ended before its work was done.",
		"Send it again.").After(time.Second)
	errBodyTooLarge = fault.New(fault.TooLarge, "body_too_large", "The body is larger than this operation takes.",
		"Send less at once, or stream NDJSON or CSV where the operation takes them.")
)

// Problem is an RFC 9457 problem document. Codes are stable; sentences are for
// people and may change.
type Problem struct {
	_ struct{} `additionalProperties:"true"`

	Type     string         `json:"type" format:"uri-reference" doc:"A URI that names the code and leads to its documentation."`
	Title    string         `json:"title" doc:"The status in words."`
	Status   int            `json:"status"`
	Code     string         `json:"code" doc:"Stable code to switch on." example:"validation_failed"`
	Detail   string         `json:"detail" doc:"What is wrong, for a person."`
	Fix      string         `json:"fix" doc:"What to do next."`
	Recovery fault.Recovery `json:"recovery" enum:"transient,correctable,terminal" doc:"Whether the same request, a changed one or none may succeed."`
	Errors   []fault.Field  `json:"errors,omitempty" doc:"Every wrong field at once."`
	Instance string         `json:"instance" doc:"The request's id, to quote to support."`

	extra      map[string]any
	retryAfter int // seconds; 0 is none
}

// Error implements error.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// headers are those that belong to the status.
func (p *Problem) headers() map[string]string {
	h := map[string]string{}
	if p.retryAfter > 0 {
		h["Retry-After"] = strconv.Itoa(p.retryAfter)
	}
	if p.Status == http.StatusUnauthorized {
		h["WWW-Authenticate"] = `Bearer realm="campaignd"`
		if p.Code == "invalid_token" { // RFC 6750: clients get themselves a new one
			h["WWW-Authenticate"] += `, error="invalid_token"`
		}
	}
	return h
}

// MarshalJSON puts the extra members beside the standard ones, whose names they
// must not have: a key that stands twice means whatever its reader makes of it.
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

// problem turns any error into what the client is shown.
func problem(ctx context.Context, err error) *Problem {
	var already *Problem
	if errors.As(err, &already) {
		return already
	}
	f := visible(ctx, err)
	status := statuses[f.Kind]
	p := &Problem{
		Type: "/docs#" + f.Code, Title: http.StatusText(status), Status: status, Code: f.Code,
		Detail: f.Detail, Fix: f.Fix, Recovery: f.Recovery(), Errors: f.Fields,
		Instance: requestID(ctx), extra: f.Extra,
	}
	if f.RetryAfter > 0 {
		p.retryAfter = int((f.RetryAfter + time.Second - 1) / time.Second)
	} else if status == http.StatusServiceUnavailable {
		p.retryAfter = 1
	}
	return p
}

// visible is the part of an error that its cause may see. One that carries no
// *fault.Error is a bug of ours: it is logged whole and shown as nothing.
func visible(ctx context.Context, err error) *fault.Error {
	var long *http.MaxBytesError
	f := fault.As(err)
	switch {
	case errors.As(err, &long):
		return errBodyTooLarge.WithExtra("limit_bytes", long.Limit)
	case f != nil && f.Kind != fault.Internal:
		return f
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return errInterrupted
	}
	slog.ErrorContext(ctx, "internal error", "error", err, "request_id", requestID(ctx))
	return errInternal
}

// WriteProblem answers with an error as every handler of the API does; other
// handlers on the same listener use it to refuse alike.
func WriteProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := problem(r.Context(), err)
	for name, value := range p.headers() {
		w.Header().Set(name, value)
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	if err := json.NewEncoder(w).Encode(p); err != nil {
		slog.DebugContext(r.Context(), "answer not written", "error", fmt.Sprint(err))
	}
}
