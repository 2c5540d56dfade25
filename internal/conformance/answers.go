package conformance

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/platforms"
)

// Answer is an ad platform that always says the same: a transport for clients.
type Answer struct {
	Status int
	Kind   string // the Content-Type
	Body   []byte
	Calls  int
}

// AnyStatus makes a status of any number, 100 to 599.
func AnyStatus(n int) int { return 100 + max(n, -(n+1))%500 }

// RoundTrip implements http.RoundTripper.
func (a *Answer) RoundTrip(r *http.Request) (*http.Response, error) {
	a.Calls++
	header := http.Header{"Content-Type": {a.Kind}, "Request-Id": {"trace"}, "X-Fb-Trace-Id": {"trace"}}
	return &http.Response{StatusCode: a.Status, Header: header, Body: io.NopCloser(bytes.NewReader(a.Body)), Request: r}, nil
}

// Client follows no redirect, as the service's own does.
func (a *Answer) Client() *http.Client {
	return &http.Client{Transport: a, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Held holds an error to the contract of connectors: a Failure with a class, which
// does not say the secret.
func Held(t *testing.T, err error, secret string) {
	t.Helper()
	var f *platforms.Failure
	if err != nil && (!errors.As(err, &f) || f.Class == "" || strings.Contains(err.Error(), secret)) {
		t.Errorf("error %v", err)
	}
}

// PossibleRows holds a page of delivery to what can be.
func PossibleRows(t *testing.T, p platforms.Page) error {
	t.Helper()
	for _, r := range p.Rows {
		if r.Hour < 0 || r.Hour > 23 || r.Day < localday.Day(-4_000_000) {
			t.Errorf("row %+v", r)
		}
	}
	return nil
}
