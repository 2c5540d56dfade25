package httpapi_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/internal/httpapi"
	"github.com/hexabuilders/campaignd/internal/testenv"
)

// complete ends the test unless a refusal has every member of a problem.
func (a *answer) complete() *answer {
	a.Helper()
	for _, member := range []string{"type", "title", "code", "detail", "fix", "recovery", "instance"} {
		if a.str(member) == "" {
			a.Errorf("%s %s: no %s in %s", a.Request.Method, a.Request.URL, member, a.text)
		}
	}
	if a.num("status") != float64(a.StatusCode) || a.Header.Get("Content-Type") != "application/problem+json" ||
		a.str("type") != "/docs#"+a.str("code") || a.str("instance") != a.Header.Get("X-Request-Id") {
		a.Errorf("%s %s: %d %v %s", a.Request.Method, a.Request.URL, a.StatusCode, a.Header, a.text)
	}
	return a
}

func TestEveryRefusalIsAProblem(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.draft()
	deep := strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	long := `{"name":"` + strings.Repeat("x", 3<<20) + `"}`
	for name, c := range map[string]struct {
		key, method, path, body string
		headers                 []string
		status                  int
		code                    string
	}{
		"no key":            {"", "GET", "/api/v1/campaigns", "", nil, 401, "invalid_key"},
		"a wrong key":       {"cmk_wrong", "GET", "/api/v1/campaigns", "", nil, 401, "invalid_key"},
		"another scheme":    {"", "GET", "/api/v1/campaigns", "", []string{"Authorization", "Basic YTpi"}, 401, "invalid_key"},
		"a role":            {h.analyst, "POST", "/api/v1/campaigns", draft, nil, 403, "role_not_allowed"},
		"no such path":      {h.manager, "GET", "/api/v1/nothing", "", nil, 404, "no_such_route"},
		"outside the API":   {h.manager, "GET", "/nothing", "", nil, 404, "no_such_route"},
		"no such campaign":  {h.manager, "GET", "/api/v1/campaigns/" + newID().String(), "", nil, 404, "campaign_not_found"},
		"no id":             {h.manager, "GET", "/api/v1/campaigns/7", "", nil, 400, "malformed_request"},
		"method":            {h.manager, "DELETE", at, "", nil, 405, "method_not_allowed"},
		"no revision":       {h.manager, "PATCH", at, `{}`, nil, 428, "if_match_required"},
		"another revision":  {h.manager, "PATCH", at, `{"name":"B"}`, []string{"If-Match", `"9"`}, 412, "stale_revision"},
		"state":             {h.manager, "POST", at + "/pause", "", nil, 409, "invalid_transition"},
		"a domain rule":     {h.manager, "PATCH", at, `{"name":""}`, []string{"If-Match", "*"}, 422, "validation_failed"},
		"not JSON":          {h.manager, "PATCH", at, `{`, []string{"If-Match", "*"}, 400, "malformed_request"},
		"no body":           {h.manager, "PATCH", at, ``, []string{"If-Match", "*"}, 400, "malformed_request"},
		"deep JSON":         {h.manager, "PATCH", at, deep, []string{"If-Match", "*"}, 400, "malformed_request"},
		"deep lists":        {h.manager, "PATCH", at, strings.Repeat("[", 500_000), []string{"If-Match", "*"}, 400, "malformed_request"},
		"a long body":       {h.manager, "PATCH", at, long, []string{"If-Match", "*"}, 413, "body_too_large"},
		"a long keyed body": {h.manager, "POST", "/api/v1/campaigns", long, []string{"Idempotency-Key", onceKey}, 413, "body_too_large"},
		"XML":               {h.manager, "POST", "/api/v1/campaigns", "<a/>", []string{"Content-Type", "application/xml"}, 400, "unsupported_media_type"},
		"a form":            {h.manager, "POST", "/api/v1/campaigns", "name=A", []string{"Content-Type", "application/x-www-form-urlencoded"}, 400, "unsupported_media_type"},
		"no media type":     {h.manager, "POST", "/api/v1/campaigns", draft, []string{"Content-Type", "///"}, 400, "unsupported_media_type"},
	} {
		got := h.call(c.key, c.method, c.path, c.body, c.headers...)
		if got.StatusCode != c.status || got.str("code") != c.code {
			t.Errorf("%s: %d %.300s, want %d %s", name, got.StatusCode, got.text, c.status, c.code)
			continue
		}
		got.complete()
	}
	if allow := h.call(h.manager, "DELETE", at, "").Header.Get("Allow"); allow != "GET, PATCH" {
		t.Errorf("allowed is %q", allow)
	}
	if got := h.call("", "GET", "/api/v1/campaigns", nil).Header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Bearer") {
		t.Errorf("WWW-Authenticate is %q", got)
	}
}

// What cannot be read may be a secret in the wrong place: it never comes back,
// and never reaches the log.
func TestRefusalsNeverRepeatWhatWasSent(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	t.Cleanup(func() { slog.SetDefault(before) })
	w := newWorld(t)
	h := newHouse(w, "Andes")
	const secret = "cmk_SecretSecretSecretSecretSecretSecretSecret"
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/api/v1/campaigns", `{"name":{"key":"` + secret + `"}}`},
		{"POST", "/api/v1/campaigns", `{"name":"A","budget":"` + secret + `"}`},
		{"POST", "/api/v1/campaigns", `"` + secret + `"`},
		{"POST", "/api/v1/campaigns", `{"name":` + secret + `}`},
		{"POST", "/api/v1/campaigns", strings.Replace(draft, `"100.00"`, `{"key":"`+secret+`"}`, 1)},
		{"GET", "/api/v1/campaigns?limit=" + secret, ""},
		{"GET", "/api/v1/campaigns?cursor=" + secret, ""},
		{"GET", "/api/v1/campaigns/" + secret, ""},
		{"GET", "/api/v1/campaigns?key=" + secret, ""},
		{"POST", "/api/v1/metrics?partner_id=" + secret, `{"events":[]}`},
	} {
		if got := h.call(h.manager, c.method, c.path, c.body); got.StatusCode < 400 || strings.Contains(string(got.text), "SecretSecret") {
			t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, got.StatusCode, got.text)
		}
	}
	w.call(secret, "GET", "/api/v1/campaigns", nil).refused(http.StatusUnauthorized, "invalid_key")
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, "SecretSecret") && !strings.Contains(line, `"path":"/api/v1/campaigns/`) {
			t.Errorf("logged %s", line)
		}
	}
}

// A body without end costs the memory of its limit, and is cut off.
func TestEndlessBodyIsCutOff(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	for _, path := range []string{"/api/v1/campaigns", "/api/v1/metrics", "/api/v1/imports"} {
		body := newEndless(100 << 20)
		runtime.GC() // what other tests have left does not count
		before := heap()
		peak := before
		body.every = func() { peak = max(peak, heap()) }
		request := httptest.NewRequest(http.MethodPost, path, body)
		request.Header.Set("Authorization", "Bearer "+h.manager)
		request.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		h.api.ServeHTTP(answer, request)
		if answer.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d %.200s", path, answer.Code, answer.Body)
		}
		if read := 100<<20 - body.left.Load(); read > 20<<20 || peak-before > 128<<20 {
			t.Errorf("%s: read %d bytes with %d bytes more in memory", path, read, peak-before)
		}
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// endless is a JSON string that goes on and on.
type endless struct {
	left  atomic.Int64 // a transport reads on while the answer is looked at
	every func()
}

func newEndless(bytes int64) *endless {
	e := &endless{}
	e.left.Store(bytes)
	return e
}

func (e *endless) Read(b []byte) (int, error) {
	n := min(len(b), int(e.left.Load()))
	if n == 0 {
		return 0, io.EOF
	}
	for i := range b[:n] {
		b[i] = '['
	}
	if left := e.left.Add(int64(-n)); e.every != nil && left%(1<<20) < int64(n) {
		e.every()
	}
	return n, nil
}

func TestKindsOfFailureHaveTheirStatus(t *testing.T) {
	for kind, want := range map[fault.Kind]int{
		fault.Malformed: 400, fault.Unauthorized: 401, fault.Forbidden: 403, fault.NotFound: 404, fault.Conflict: 409,
		fault.Stale: 412, fault.TooLarge: 413, fault.Invalid: 422, fault.Precondition: 428, fault.Throttled: 429, fault.Unavailable: 503, fault.Internal: 500,
	} {
		w := httptest.NewRecorder()
		err := &fault.Error{Kind: kind, Code: "test", Detail: "It failed.", Fix: "Mend it.", RetryAfter: 1500}
		httpapi.WriteProblem(w, httptest.NewRequest(http.MethodGet, "/", nil), err)
		if w.Code != want {
			t.Errorf("kind %d is answered %d, want %d", kind, w.Code, want)
		}
		if got := w.Header().Get("Retry-After"); got != "1" {
			if kind != fault.Internal {
				t.Errorf("kind %d: Retry-After is %q", kind, got)
			}
		}
	}
	w := httptest.NewRecorder()
	httpapi.WriteProblem(w, httptest.NewRequest(http.MethodGet, "/", nil), io.ErrUnexpectedEOF)
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "EOF") {
		t.Errorf("an unknown error is shown as %d %s", w.Code, w.Body)
	}
}

// Whatever stands in a query, the answer is a result or the client's problem.
func TestAnyQueryIsAnsweredOrRefused(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { askAnything(t, t.TempDir()) })
	t.Run("postgres", func(t *testing.T) { askAnything(t, testenv.Postgres(t)) })
}

func askAnything(t *testing.T, store string) {
	h := newHouse(newWorldOn(t, store), "Andes")
	at := h.active()
	paths := []string{at + "/metrics", at + "/metrics/events", at + "/history", "/api/v1/campaigns", "/api/v1/events", "/api/v1/alerts", "/api/v1/anomalies", at + "/anomalies"}
	names := []string{"kpi", "kind", "min_score", "from", "to", "at", "known_at", "granularity", "group_by", "limit", "cursor", "after", "status", "fields", "q", "partner_id"}
	values := []string{
		"", "-1", "0", "1e3", "9223372036854775807", "9223372036854775808", "NaN", "\x00", "%zz", ",,", "channel,country", "minute", "hour", "day", "total",
		"2026-01-01T00:00:00Z", "2026-01-02T00:00:00+23:59", "2026-01-01", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "1677-01-01T00:00:00Z",
		"292278994-08-17T07:12:55Z", "id,name", "DRAFT", "ñ", "\xff", "' OR 1=1", "a.b", "1.-1", "zzzzzzzzzzzzz.0",
	}
	for path, body := range map[string]string{
		at + "/targeting": `{"locations":[{"country":"CO","city":"\u0000"}],"interests":["\u0000"],"job_titles":["\ud800"]}`,
		at + "/creatives": `[{"name":"\u0000","format":"\u0000","url":"https://a/\u0000"}]`,
		strings.Split(at, "/campaigns/")[0] + "/campaigns": strings.Replace(draft, "Trail shoes", "\\u0000", 1),
	} {
		method := "PUT"
		if strings.HasSuffix(path, "/campaigns") {
			method = "POST"
		}
		if got := h.call(h.manager, method, path, body, "If-Match", "*"); got.StatusCode >= 500 || got.StatusCode < 400 {
			t.Errorf("%s: %d %s", path, got.StatusCode, got.text)
		}
	}
	ask := func(path, query string) {
		request := httptest.NewRequest(http.MethodGet, path, nil)
		request.URL.RawQuery = query
		request.Header.Set("Authorization", "Bearer "+h.manager)
		answer := httptest.NewRecorder()
		h.api.ServeHTTP(answer, request)
		if answer.Code >= 500 || answer.Code >= 300 && answer.Code < 400 {
			t.Errorf("%s?%s: %d %s", path, query, answer.Code, answer.Body)
		}
	}
	for _, path := range paths {
		for _, name := range names {
			for i, value := range values {
				ask(path, url.Values{name: {value}}.Encode())
				ask(path, url.Values{name: {value, value}, "granularity": {"day"}, "from": {values[len(values)-1-i]}}.Encode()+"&%zz;")
			}
		}
	}
}
