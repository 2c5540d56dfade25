// Package fault is the error model of the whole program: what kind of failure
// it is, a stable code that clients may switch on, the field that caused it
// and what to do next.
//
// An error that carries no *Error is internal: its text is logged and never
// shown to a client. Domain packages declare sentinels with New and add detail
// with With; errors.Is compares by code, so a detailed error still matches its
// sentinel.
package fault

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Kind says how a failure is treated. The mapping from kind to HTTP status
// stands in one table, in internal/httpapi.
type Kind uint8

const (
	Internal     Kind = iota // a bug or a broken dependency; never shown
	Malformed                // the request cannot be read (400)
	Unauthorized             // no credential, or one that is not valid (401)
	Forbidden                // the credential's role does not allow it (403)
	NotFound                 // missing, or another partner's (404)
	Conflict                 // the state does not allow it (409)
	Stale                    // the revision is not the current one (412)
	TooLarge                 // a limit of size (413)
	Invalid                  // a rule of the domain (422)
	Precondition             // If-Match is missing (428)
	Throttled                // too many requests (429)
	Unavailable              // try again later (503)
)

// Recovery tells a program what it can do about an error.
type Recovery string

const (
	Transient   Recovery = "transient"   // the same request may succeed later
	Correctable Recovery = "correctable" // a changed request may succeed
	Terminal    Recovery = "terminal"    // no request of this kind will succeed
)

// Field is one wrong field of a request: where, why and what is allowed.
type Field struct {
	Path   string `json:"path"`              // e.g. "goals.target_metrics.cpa"
	Code   string `json:"code"`              // stable, e.g. "out_of_range"
	Detail string `json:"detail"`            // a sentence for a person
	Allow  string `json:"allowed,omitempty"` // e.g. "1 to 65"
}

// Error is a failure that may be shown to whoever caused it.
type Error struct {
	Kind       Kind
	Code       string         // stable, snake_case
	Detail     string         // a sentence: what is wrong
	Fix        string         // a sentence: what to do next
	Fields     []Field        // all the wrong fields at once
	Extra      map[string]any // further members of the problem document
	RetryAfter time.Duration  // with Throttled and Unavailable
	cause      error
}

// New declares a sentinel and notes it in the catalogue.
func New(kind Kind, code, detail, fix string) *Error {
	e := &Error{Kind: kind, Code: code, Detail: detail, Fix: fix}
	catalogue.LoadOrStore(code, e)
	return e
}

// catalogue holds the first sentinel of every code. Codes are constants, so it
// is as large as the program's vocabulary of errors and no larger.
var catalogue sync.Map // code → *Error

// Catalogue returns every declared sentinel by code, for the documentation.
func Catalogue() []*Error {
	var all []*Error
	catalogue.Range(func(_, e any) bool { all = append(all, e.(*Error)); return true })
	slices.SortFunc(all, func(a, b *Error) int { return strings.Compare(a.Code, b.Code) })
	return all
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Code)
	b.WriteString(": ")
	b.WriteString(e.Detail)
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "; %s: %s", f.Path, f.Detail)
	}
	if e.cause != nil {
		b.WriteString(": ")
		b.WriteString(e.cause.Error())
	}
	return b.String()
}

// Is matches by code, so that an error with detail matches its sentinel.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

func (e *Error) Unwrap() error { return e.cause }

// With returns a copy whose detail is the formatted sentence.
func (e *Error) With(format string, args ...any) *Error {
	c := *e
	c.Detail = fmt.Sprintf(format, args...)
	return &c
}

// After returns a copy that says when trying again makes sense.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// WithFields returns a copy that names the wrong fields.
func (e *Error) WithFields(fields ...Field) *Error {
	c := *e
	c.Fields = append(append([]Field(nil), e.Fields...), fields...)
	return &c
}

// WithExtra returns a copy with one more member for the problem document.
func (e *Error) WithExtra(key string, value any) *Error {
	c := *e
	c.Extra = make(map[string]any, len(e.Extra)+1)
	for k, v := range e.Extra {
		c.Extra[k] = v
	}
	c.Extra[key] = value
	return &c
}

// Wrap returns a copy that keeps its cause for the log.
func (e *Error) Wrap(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// Recovery says what a program can do about it, from the kind.
func (e *Error) Recovery() Recovery {
	switch e.Kind {
	case Throttled, Unavailable:
		return Transient
	case Malformed, Conflict, Stale, TooLarge, Invalid, Precondition:
		return Correctable
	default:
		return Terminal
	}
}

// As returns the *Error in err's chain, or nil when err is internal.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// KindOf returns the kind of err; an unknown error is Internal.
func KindOf(err error) Kind {
	if e := As(err); e != nil {
		return e.Kind
	}
	return Internal
}

// ErrInvalid is the common sentinel for a request whose fields break rules.
var ErrInvalid = New(Invalid, "validation_failed", "Some fields are not valid.", "Correct the fields listed and send the request again.")

// Fields gathers every wrong field before refusing, so that a person corrects
// all of them at once.
type Fields []Field

// Add notes one wrong field.
func (f *Fields) Add(path, code, detail, allowed string) {
	*f = append(*f, Field{Path: path, Code: code, Detail: detail, Allow: allowed})
}

// Err is nil when nothing was noted.
func (f Fields) Err() error {
	if len(f) == 0 {
		return nil
	}
	return ErrInvalid.WithFields(f...)
}
