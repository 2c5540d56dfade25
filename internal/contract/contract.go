// Package contract holds what a server does against its OpenAPI document: every
// request that was accepted and every answer that passes through a test's
// server has to be what the document promises. Only tests import it.
package contract

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	verrors "github.com/pb33f/libopenapi-validator/errors"
)

// reporter is the part of testing.TB that is needed here.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// base is the path that the document's operations lie under.
const base = "/api/v1"

// maxBody bounds what is held in memory to be checked; longer bodies pass
// unchecked.
const maxBody = 4 << 20

// Guard checks what passes through a handler.
type Guard struct {
	t     reporter
	next  http.Handler
	check validator.Validator
}

// mu guards validators, which fill caches of their own.
var mu sync.Mutex

// validators are kept by document: making one takes longer than most tests.
var validators = map[[32]byte]validator.Validator{}

func validatorOf(openapi []byte) (validator.Validator, error) {
	mu.Lock()
	defer mu.Unlock()
	key := sha256.Sum256(openapi)
	if check := validators[key]; check != nil {
		return check, nil
	}
	document, err := libopenapi.NewDocument(openapi)
	if err != nil {
		return nil, err
	}
	check, errs := validator.NewValidator(document, config.WithFormatAssertions())
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	validators[key] = check
	return check, nil
}

// New checks what passes through next against an OpenAPI document. Violations
// are errors of the test.
func New(t reporter, openapi []byte, next http.Handler) *Guard {
	t.Helper()
	check, err := validatorOf(openapi)
	if err != nil {
		t.Fatalf("the OpenAPI document cannot be used: %v", err)
	}
	return &Guard{t: t, next: next, check: check}
}

// Document checks the document itself against the OpenAPI specification.
func (g *Guard) Document() {
	g.t.Helper()
	if ok, errs := g.check.ValidateDocument(); !ok {
		g.t.Errorf("the OpenAPI document is not valid: %s", describe(errs))
	}
}

func (g *Guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, base+"/") || isStream(r) {
		g.next.ServeHTTP(w, r)
		return
	}
	kept := &limited{max: maxBody}
	r = r.WithContext(r.Context()) // the server looks at its own request's body when it ends the connection
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.TeeReader(r.Body, kept), r.Body}
	answer := httptest.NewRecorder()
	g.next.ServeHTTP(answer, r)
	g.verify(r, kept, answer.Result(), answer.Body.Bytes())
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// isStream finds live updates, which are not one answer.
func isStream(r *http.Request) bool {
	return r.Header.Get("Upgrade") != "" || strings.Contains(r.Header.Get("Accept"), "text/event-stream")
}

func (g *Guard) verify(r *http.Request, body *limited, answer *http.Response, text []byte) {
	mu.Lock()
	defer mu.Unlock()
	name := fmt.Sprintf("%s %s %d", r.Method, r.URL.Path, answer.StatusCode)
	if answer.StatusCode == http.StatusMethodNotAllowed || bytes.Contains(text, []byte(`"code":"no_such_route"`)) {
		return // what is not in the document is refused, which is all it asks
	}
	if answer.StatusCode < http.StatusBadRequest && !body.cut && whole(r, text) {
		request := r.Clone(r.Context())
		request.Body = io.NopCloser(bytes.NewReader(body.Bytes()))
		if ok, errs := g.check.ValidateHttpRequestSync(request); !ok {
			g.t.Errorf("%s: the accepted request is not what the contract asks for: %s\n%.2000s", name, describe(errs), body)
		}
	}
	if strings.Contains(answer.Header.Get("Content-Type"), "ndjson") {
		return // many values, which the checker takes for a broken one
	}
	answer.Body = io.NopCloser(bytes.NewReader(text))
	if ok, errs := g.check.ValidateHttpResponse(r, answer); !ok {
		g.t.Errorf("%s: the answer is not what the contract promises: %s\n%.2000s", name, describe(errs), text)
	}
}

// whole reports whether a request was taken as a whole and can be checked as
// one: streams are read line by line, and bad facts are refused one by one.
func whole(r *http.Request, answer []byte) bool {
	contentType := r.Header.Get("Content-Type")
	return (contentType == "" || strings.Contains(contentType, "json") && !strings.Contains(contentType, "ndjson")) &&
		!bytes.Contains(answer, []byte(`"rejected":[{`))
}

func describe(errs []*verrors.ValidationError) string {
	var b strings.Builder
	for _, e := range errs {
		fmt.Fprintf(&b, "\n  %s: %s", e.Message, e.Reason)
		for _, s := range e.SchemaValidationErrors {
			fmt.Fprintf(&b, "\n    %s: %s", s.FieldPath, s.Reason)
		}
	}
	return b.String()
}

// limited keeps the beginning of what is written.
type limited struct {
	bytes.Buffer
	max int
	cut bool
}

func (l *limited) Write(b []byte) (int, error) {
	if room := l.max - l.Len(); len(b) > room {
		l.cut = true
		_, _ = l.Buffer.Write(b[:room])
		return len(b), nil
	}
	return l.Buffer.Write(b)
}
