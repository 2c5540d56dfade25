package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// metaVersions are the Graph versions that are spoken: the one that campaignd
// uses, and those of the official SDKs that are checked against it.
var metaVersions = []string{"v24.0", "v25.0", "v26.0"}

func (s *Sandbox) metaRoutes() {
	for _, version := range metaVersions {
		s.mux.HandleFunc("/"+version+"/{node}", s.metaCall)
		s.mux.HandleFunc("/"+version+"/{node}/{edge}", s.metaCall)
	}
}

// graph is one call of Meta's API.
type graph struct {
	*Sandbox
	w       http.ResponseWriter
	r       *http.Request
	params  map[string]any
	account *account // that the token is for
}

// metaError is a refusal in Meta's words.
type metaError struct {
	status    int
	code, sub int
	transient bool
	message   string
	user      string
}

func (e *metaError) Error() string { return e.message }

func badParam(format string, args ...any) *metaError {
	return &metaError{status: http.StatusBadRequest, code: 100, message: "(#100) " + fmt.Sprintf(format, args...)}
}

func (s *Sandbox) metaCall(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls["meta "+r.Method]++
	s.settle()
	if s.spoil(w, r) {
		return
	}
	g := &graph{Sandbox: s, w: w, r: r}
	w.Header().Set("X-Fb-Trace-Id", s.requestID())
	w.Header().Set("X-Fb-Request-Id", s.requestID())
	body, created, err := g.answer()
	if err == nil && r.Method != http.MethodGet {
		s.note()
	}
	s.noteSometimes()
	if err == nil && created && s.lost(r) {
		hangUp(w)
	}
	if err != nil {
		g.refuse(err)
		return
	}
	writeJSON(w, http.StatusOK, body)
}

func (g *graph) answer() (body any, created bool, err error) {
	if g.params, err = g.read(); err != nil {
		return nil, false, err
	}
	if err := g.authorize(); err != nil {
		return nil, false, err
	}
	if err := g.meter(); err != nil {
		return nil, false, err
	}
	node, edge := g.r.PathValue("node"), g.r.PathValue("edge")
	if node == "act_"+g.account.ID {
		return g.ofAccount(edge)
	}
	t := g.byID[node]
	if t != nil && t.account == g.account && t.kind == "audience" && (edge == "users" || edge == "usersreplace") && g.r.Method == http.MethodPost {
		body, err = g.fill(t, edge == "usersreplace")
		return body, false, err
	}
	if t == nil || t.account != g.account || edge != "" || t.text("status") == "DELETED" && t.kind == "audience" {
		return nil, false, &metaError{status: http.StatusBadRequest, code: 100, sub: 33, message: "Unsupported " + strings.ToLower(g.r.Method) + " request. Object with ID '" + node + "' does not exist, cannot be loaded due to missing permissions, or does not support this operation"}
	}
	return g.ofThing(t)
}

// read joins the query and the body, which may be JSON or a form; JSON inside a
// form's value is read too.
func (g *graph) read() (map[string]any, error) {
	params := map[string]any{}
	put := func(name, value string) {
		var v any
		if strings.HasPrefix(value, "{") || strings.HasPrefix(value, "[") {
			if json.Unmarshal([]byte(value), &v) == nil {
				params[name] = v
				return
			}
		}
		params[name] = value
	}
	for name, values := range g.r.URL.Query() {
		put(name, values[0])
	}
	if g.r.Method != http.MethodPost {
		return params, nil
	}
	if strings.HasPrefix(g.r.Header.Get("Content-Type"), "application/json") {
		text, err := io.ReadAll(io.LimitReader(g.r.Body, 8<<20))
		if err == nil && len(text) > 0 {
			err = json.Unmarshal(text, &params)
		}
		if err != nil {
			return nil, badParam("The body is not valid JSON")
		}
		return params, nil
	}
	if err := g.r.ParseForm(); err != nil {
		return nil, badParam("The body is not a valid form")
	}
	for name, values := range g.r.PostForm {
		put(name, values[0])
	}
	return params, nil
}

// authorize finds the account of the token.
func (g *graph) authorize() error {
	token, _ := g.params["access_token"].(string)
	delete(g.params, "access_token")
	if header, ok := strings.CutPrefix(g.r.Header.Get("Authorization"), "Bearer "); ok {
		token = header
	}
	expired := g.due(g.r, BadToken) != ""
	for _, a := range g.accounts {
		if a.Platform == "meta" && a.Token == token && !expired {
			g.account = a
			return nil
		}
	}
	return &metaError{
		status: http.StatusBadRequest, code: 190, sub: 463,
		message: "Error validating access token: Session has expired on Tuesday, 24-Nov-26 08:00:00 PST.",
	}
}

// meter counts the call against the account's rate limit: it recovers by one per
// cent a second, of this machine's time.
func (g *graph) meter() error {
	now := g.config.Now()
	a := g.account
	a.used = max(0, a.used-now.Sub(a.usedAt).Seconds()) + 0.02
	a.usedAt = now
	throttled := g.due(g.r, Throttle) != "" || a.used >= 100
	wait := 0
	if throttled {
		wait = 1
	}
	g.w.Header().Set("X-Business-Use-Case-Usage", fmt.Sprintf(
		`{%q:[{"type":"ads_management","call_count":%d,"total_cputime":%d,"total_time":%d,"estimated_time_to_regain_access":%d}]}`, a.ID, int(a.used), int(a.used/2), int(a.used/2), wait))
	if throttled {
		return &metaError{
			status: http.StatusBadRequest, code: 80004, sub: 2446079,
			message: "There have been too many calls to this ad-account. Wait a bit and try again.",
		}
	}
	return nil
}

func (g *graph) refuse(err error) {
	e, ok := err.(*metaError) //nolint:errorlint // every error here is made here
	if !ok {
		e = &metaError{status: http.StatusInternalServerError, code: 1, message: "An unknown error occurred", transient: true}
	}
	body := map[string]any{
		"message": e.message, "type": "OAuthException", "code": e.code, "is_transient": e.transient, "fbtrace_id": g.w.Header().Get("X-Fb-Trace-Id"),
	}
	if e.sub != 0 {
		body["error_subcode"] = e.sub
	}
	if e.user != "" {
		body["error_user_title"], body["error_user_msg"] = "Not accepted", e.user
	}
	writeJSON(g.w, e.status, map[string]any{"error": body})
}
