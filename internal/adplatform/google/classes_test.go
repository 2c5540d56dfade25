package google

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/internal/adplatform/exchange"
	"github.com/hexabuilders/campaignd/platforms"
)

// scripted is a client of a platform that gives one answer, and counts how often
// it was asked.
func scripted(t *testing.T, status int, body string) (client *Client, calls *int) {
	t.Helper()
	calls = new(int)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"access_token":"x","expires_in":3600}`))
	})
	mux.HandleFunc("POST /v26/", func(w http.ResponseWriter, _ *http.Request) {
		*calls++
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Request-Id", "request-7")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return New(server.URL, "v26", server.URL+"/token", exchange.NewClient(), time.Now), calls
}

// The canonical status says what can be done about an error. What the server did
// not finish may have been done.
func TestErrorsAreClassedByTheirStatus(t *testing.T) {
	for _, a := range []struct {
		name, body string
		status     int
		class      platforms.Class
		wait       time.Duration
		calls      int
	}{
		{"quota", `{"error":{"status":"RESOURCE_EXHAUSTED","message":"slow down"}}`, 429, platforms.Throttled, 30 * time.Second, 1},
		{"quota with a time", `{"error":{"status":"RESOURCE_EXHAUSTED","message":"x","details":[{"errors":[{"errorCode":{"quotaError":"RESOURCE_EXHAUSTED"},"details":{"quotaErrorDetails":{"retryDelay":"630s"}}}]}]}}`, 429, platforms.Throttled, 630 * time.Second, 1},
		// Once more with a new access token: the first call was refused.
		{"token", `{"error":{"status":"UNAUTHENTICATED","message":"expired"}}`, 401, platforms.Unauthorized, 0, 2},
		{"argument", `{"error":{"status":"INVALID_ARGUMENT","message":"no"}}`, 400, platforms.Refused, 0, 1},
		{"permission", `{"error":{"status":"PERMISSION_DENIED","message":"no"}}`, 403, platforms.Refused, 0, 1},
		{"internal", `{"error":{"status":"INTERNAL","message":"oh"}}`, 500, platforms.Unknown, 0, 1},
		{"unavailable", `{"error":{"status":"UNAVAILABLE","message":"oh"}}`, 503, platforms.Unknown, 0, 1},
		{"late", `{"error":{"status":"DEADLINE_EXCEEDED","message":"oh"}}`, 504, platforms.Unknown, 0, 1},
		{"no error object", `{}`, 502, platforms.Unknown, 0, 1},
		{"cut off", `{"error":`, 400, platforms.Unknown, 0, 1},
	} {
		client, calls := scripted(t, a.status, a.body)
		_, err := client.Describe(t.Context(), access)
		var f *platforms.Failure
		if !errors.As(err, &f) || f.Class != a.class || f.RetryAfter != a.wait || f.RequestID != "request-7" || *calls != a.calls {
			t.Errorf("%s: %+v after %d calls", a.name, f, *calls)
		}
	}
}

// Of several ads in one call each is made or refused by itself, with the reason
// that is about it.
func TestAdsAreRefusedOneByOne(t *testing.T) {
	client, _ := scripted(t, 200, `{"results":[{"resourceName":"customers/1234567890/adGroupAds/5~6"},{}],"partialFailureError":{"code":3,"message":"x","details":[{"errors":[
		{"errorCode":{"adError":"LINE_TOO_WIDE"},"message":"Too wide.","location":{"fieldPathElements":[{"fieldName":"operations","index":1}]}}]}]}}`)
	d := sketch()
	d.Creatives = append(d.Creatives, d.Creatives[0])
	d.Creatives[0].Name, d.Creatives[1].Name = "Summit", "Valley"
	outcomes, err := client.Create(t.Context(), access, d, []platforms.Object{
		{Key: "ad:Summit", Kind: "ad", Call: callAds, Reference: "cm-1"}, {Key: "ad:Valley", Kind: "ad", Call: callAds, Reference: "cm-2"},
	}, map[string]string{"ad_group": "5"})
	if err != nil {
		t.Fatal(err)
	}
	if outcomes[0].External != "5~6" || outcomes[0].Refused != nil || outcomes[1].External != "" || outcomes[1].Refused == nil || outcomes[1].Refused.Message != "Too wide." {
		t.Errorf("%+v", outcomes)
	}
}
