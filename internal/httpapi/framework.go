package httpapi

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hexabuilders/campaignd/fault"
)

var (
	errMalformed = fault.New(fault.Malformed, "malformed_request", "The request cannot be read.",
		"Correct it and send it again; /docs describes the operation.")
	errMediaType = fault.New(fault.Malformed, "unsupported_media_type", "The body's format is not known.",
		"Send application/json, or what /docs lists for the operation.")
	errSlowBody = fault.New(fault.Malformed, "body_timeout", "The body did not arrive in time.",
		"Send it faster, or less of it.")
)

const unknownParameter = "unknown_parameter"

// adoptFramework makes what huma itself refuses look like everything else.
// huma's hooks are global, so they are set once however many servers there are.
var adoptFramework = sync.OnceFunc(func() {
	huma.DefaultArrayNullable = false // our lists are empty rather than null
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return frameworkProblem(nil, status, msg, errs)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return frameworkProblem(ctx, status, msg, errs)
	}
})

func frameworkProblem(ctx huma.Context, status int, msg string, errs []error) huma.StatusError {
	if ctx == nil { // asked at registration for the schema
		return &Problem{}
	}
	p := problem(ctx.Context(), refusal(ctx.Operation(), status, msg, errs))
	for name, value := range p.headers() {
		ctx.SetHeader(name, value)
	}
	return p
}

// refusal is the fault behind a call of huma's error hook: the one a handler
// returned, or one for what huma found.
func refusal(op *huma.Operation, status int, msg string, errs []error) error {
	switch {
	case len(errs) == 1 && (status == http.StatusInternalServerError || fault.As(errs[0]) != nil):
		if msg == "cannot read request body" {
			return errMalformed.With("The body ended before it was complete.").Wrap(errs[0])
		}
		return errs[0]
	case status == http.StatusRequestEntityTooLarge:
		return errBodyTooLarge
	case status == http.StatusUnsupportedMediaType:
		return errMediaType
	case status == http.StatusRequestTimeout:
		return errSlowBody
	case status >= http.StatusInternalServerError:
		return errors.Join(append(errs, errors.New(msg))...)
	}
	fields, inBody := fieldsOf(errs)
	nameParameters(op, fields)
	if inBody && status == http.StatusUnprocessableEntity {
		return fault.ErrInvalid.WithFields(fields...)
	}
	if len(fields) == 0 {
		return errMalformed.With("%s", sentence(msg))
	}
	return errMalformed.WithFields(fields...)
}

// fieldsOf keeps where and why of what does not fit the schema and drops the
// value, which may be a secret.
func fieldsOf(errs []error) (fields []fault.Field, inBody bool) {
	for _, err := range errs {
		var d *huma.ErrorDetail
		if !errors.As(err, &d) {
			d = &huma.ErrorDetail{Message: err.Error()}
		}
		place, path, _ := strings.Cut(d.Location, ".")
		inBody = inBody || place == "body"
		fields = append(fields, fieldOf(place, path, d.Message))
	}
	return fields, inBody
}

// nameParameters says of each parameter that an operation does not have which
// it has.
func nameParameters(op *huma.Operation, fields []fault.Field) {
	names := []string{}
	for _, p := range op.Parameters {
		if p.In == "query" {
			names = append(names, p.Name)
		}
	}
	slices.Sort(names)
	for i := range fields {
		if fields[i].Code == unknownParameter {
			fields[i].Allow = cmp.Or(strings.Join(names, ", "), "none")
		}
	}
}

func fieldOf(place, path, message string) fault.Field {
	if rest, ok := strings.CutPrefix(message, "expected required property "); ok {
		name, _, _ := strings.Cut(rest, " ")
		return fault.Field{Path: strings.TrimPrefix(path+"."+name, "."), Code: "required", Detail: "It is missing.", Allow: "a value of the form that /docs shows"}
	}
	path = cmp.Or(path, place)
	switch {
	case message == "unexpected property":
		return fault.Field{Path: path, Code: "unknown_field", Detail: "There is no such field here.", Allow: "the fields that /docs lists"}
	case strings.HasPrefix(message, "expected value to match "): // one of several schemas
		return fault.Field{Path: path, Code: "schema", Detail: "It has none of the forms that are allowed here.", Allow: "one of the forms that /docs shows"}
	case message == "unknown query parameter":
		return fault.Field{Path: path, Code: unknownParameter, Detail: "There is no such parameter here."}
	case strings.HasPrefix(message, "invalid date/time for format "):
		return fault.Field{Path: path, Code: "invalid_time", Detail: "This is no moment.", Allow: allowMoment}
	case message == "invalid value: "+errNoTime.Error():
		return fault.Field{Path: path, Code: "invalid_time", Detail: "This is neither a moment nor a date.", Allow: allowWhen}
	}
	code, detail := codeOf(message)
	return fault.Field{Path: path, Code: code, Detail: sentence(plainNumbers(detail)), Allow: allowedBy(message)}
}

// codeOf finds the code of a fault that went through huma as text, such as that
// of an amount with too many decimals.
func codeOf(message string) (code, detail string) {
	for _, known := range fault.Catalogue() {
		if rest, ok := strings.CutPrefix(message, known.Code+": "); ok {
			return known.Code, rest
		}
	}
	return "schema", message
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
