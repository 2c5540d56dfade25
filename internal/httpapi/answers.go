package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/partners"
)

// created is the answer to a request that made something.
type created[T any] struct {
	Location string `header:"Location" doc:"Where the new thing is read."`
	ETag     string `header:"ETag" doc:"Its revision, for If-Match."`
	Body     T
}

// found is a mutable thing with the revision to base changes on.
type found[T any] struct {
	ETag string `header:"ETag" doc:"The revision, for If-Match."`
	Body T
}

// plain is an answer without a revision.
type plain[T any] struct{ Body T }

// Write is what every write takes.
type Write struct {
	ValidateOnly bool `query:"validate_only" doc:"Check everything and change nothing; the answer is what it would be."`
}

// rehearsed is w, and changes nothing if only is set.
func (w Write) rehearsed(only bool) Write { return Write{w.ValidateOnly || only} }

// Retryable is what every POST takes.
type Retryable struct {
	IdempotencyKey string `header:"Idempotency-Key" minLength:"16" maxLength:"255" doc:"Repeating a request with the same key and body returns the first answer."`
}

// ByID names one thing in the path.
type ByID struct {
	ID uuid.UUID `path:"id" format:"uuid"`
}

// deletion asks to delete the thing that the path names, at a revision.
type deletion struct {
	ByID
	IfMatch
	Write
}

// deletes carries a deletion out. Rehearsed, it is a change of nothing: that
// refuses what is missing, another's or stale, as the deletion would.
func deletes[S, P any](
	ctx context.Context, in *deletion, rehearsal P,
	change func(context.Context, event.Origin, uuid.UUID, int64, P) (S, error),
	remove func(context.Context, event.Origin, uuid.UUID, int64) error,
) (*struct{}, error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	if in.ValidateOnly {
		_, err := change(ctx, by(ctx), in.ID, revision, rehearsal)
		return nil, err
	}
	return nil, remove(ctx, by(ctx), in.ID, revision)
}

// operation describes one route; the action is what the caller's role needs.
func operation(method, path, id, summary string, action partners.Action, status int) huma.Operation {
	return huma.Operation{
		Method: method, Path: path, OperationID: id, Summary: summary, DefaultStatus: status,
		Errors: refusals(method), Metadata: map[string]any{"action": action},
		Description: "For keys with the role " + rolesFor(action) + ".",
	}
}

// rolesFor are the roles that may, as a sentence names them.
func rolesFor(action partners.Action) string {
	var roles []string
	for _, role := range partners.Roles {
		if role.Can(action) {
			roles = append(roles, string(role))
		}
	}
	if last := len(roles) - 1; last > 0 {
		roles = []string{strings.Join(roles[:last], ", "), roles[last]}
	}
	return strings.Join(roles, " or ")
}

// refusals are the statuses that an operation may answer besides its own.
func refusals(method string) []int {
	statuses := []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound,
		http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable}
	if method != http.MethodGet {
		statuses = append(statuses, http.StatusConflict, http.StatusPreconditionFailed, http.StatusRequestEntityTooLarge)
	}
	if method != http.MethodGet && method != http.MethodPost {
		statuses = append(statuses, http.StatusPreconditionRequired)
	}
	return statuses
}

// route registers an operation for the roles that may. Who may not is told so
// before anything of the request is looked at.
func route[I, O any](s *Server, op huma.Operation, handler func(context.Context, *I) (*O, error)) {
	action, _ := op.Metadata["action"].(partners.Action)
	op.Middlewares = huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) {
		if err := principal(ctx.Context()).Require(action); err != nil {
			_ = huma.WriteErr(s.api, ctx, http.StatusForbidden, "", err)
			return
		}
		next(ctx)
	}}
	huma.Register(s.api, op, handler)
}
