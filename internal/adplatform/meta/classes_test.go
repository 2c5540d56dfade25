package meta

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/internal/adplatform/exchange"
	"github.com/hexabuilders/campaignd/platforms"
)

// scripted is a client of a platform that gives one answer, and its clock.
func scripted(t *testing.T, status int, header, body string) (client *Client, now *time.Time, calls *int) {
	t.Helper()
	calls, at := new(int), time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		*calls++
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Fb-Trace-Id", "trace-7")
		if header != "" {
			w.Header().Set("X-Business-Use-Case-Usage", header)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return New(server.URL, "v26.0", exchange.NewClient(), func() time.Time { return at }), &at, calls
}

// usageOf is what Meta says of the account's limit.
func usageOf(percent, minutes int) string {
	return fmt.Sprintf(`{"1":[{"type":"ads_management","call_count":%d,"total_cputime":1,"total_time":1,"estimated_time_to_regain_access":%d}]}`, percent, minutes)
}

// What is said with status 400 may be a limit, a bad token or a refusal: the code
// tells them apart, and of nothing that may have been done is it said that it was
// not.
func TestErrorsAreClassedByTheirCode(t *testing.T) {
	type answer struct {
		name, header, body string
		status             int
		class              platforms.Class
		wait               time.Duration
	}
	answers := []answer{
		{"expired token", "", `{"error":{"code":190,"error_subcode":463,"message":"expired"}}`, 400, platforms.Unauthorized, 0},
		{"refused", "", `{"error":{"code":100,"message":"no such field"}}`, 400, platforms.Refused, 0},
		{"permission", "", `{"error":{"code":200,"message":"not yours"}}`, 403, platforms.Refused, 0},
		{"transient", "", `{"error":{"code":368,"message":"try again","is_transient":true}}`, 400, platforms.Unknown, 0},
		{"of the server", "", `{"error":{"code":2,"message":"unavailable"}}`, 500, platforms.Unknown, 0},
		{"of nobody", "", `{"error":{"code":1,"message":"unknown"}}`, 400, platforms.Unknown, 0},
		{"no error object", "", `{}`, 503, platforms.Unknown, 0},
		{"cut off", "", `{"error":`, 400, platforms.Unknown, 0},
		{"limit with a time", usageOf(100, 7), `{"error":{"code":80004,"message":"too many"}}`, 400, platforms.Throttled, 7 * time.Minute},
	}
	for _, code := range []int{4, 17, 613, 80000, 80003, 80004} {
		answers = append(answers, answer{fmt.Sprint("limit ", code), "", fmt.Sprintf(`{"error":{"code":%d,"message":"too many"}}`, code), 400, platforms.Throttled, time.Minute})
	}
	for _, a := range answers {
		client, _, _ := scripted(t, a.status, a.header, a.body)
		_, err := client.Create(t.Context(), access, sketch(), []platforms.Object{{Key: "campaign", Kind: "campaign", Reference: "cm-1"}}, nil)
		var f *platforms.Failure
		if !errors.As(err, &f) || f.Class != a.class || f.RetryAfter != a.wait || f.RequestID != "trace-7" {
			t.Errorf("%s: %+v", a.name, f)
		}
	}
}

// A limit that is nearly used up stops the calls of that account, and of no other,
// until Meta says that it is free again.
func TestALimitNearlyUsedUpIsWaitedFor(t *testing.T) {
	client, now, calls := scripted(t, 200, usageOf(96, 3), `{"name":"A","currency":"USD","timezone_name":"UTC"}`)
	other := access
	other.External = "2"
	ask := func(a platforms.Access) *platforms.Failure {
		_, err := client.Describe(t.Context(), a)
		var f *platforms.Failure
		errors.As(err, &f)
		return f
	}
	if f := ask(access); f != nil {
		t.Fatal(f)
	}
	*now = now.Add(time.Minute)
	if f := ask(access); f == nil || f.Class != platforms.Throttled || f.RetryAfter != 2*time.Minute || *calls != 1 {
		t.Errorf("asked again after a minute: %+v, %d calls", f, *calls)
	}
	if f := ask(other); f != nil {
		t.Errorf("another account waits too: %v", f)
	}
	*now = now.Add(2 * time.Minute)
	if f := ask(access); f != nil || *calls != 3 {
		t.Errorf("does not go on after three minutes: %v, %d calls", f, *calls)
	}
}
