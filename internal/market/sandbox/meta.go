package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/money"
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

// ofAccount answers about the account or one of its edges.
func (g *graph) ofAccount(edge string) (body any, created bool, err error) {
	kind, ok := map[string]string{"campaigns": "campaign", "customaudiences": "audience", "advideos": "video", "adsets": "ad_set", "ads": "ad"}[edge]
	switch {
	case edge == "" && g.r.Method == http.MethodGet:
		body, err = g.describe()
	case edge == "insights" && g.r.Method == http.MethodGet:
		body, err = g.insights()
	case ok && g.r.Method == http.MethodGet:
		body, err = g.list(kind)
	case ok && g.r.Method == http.MethodPost:
		body, err = g.create(kind)
		created = err == nil
	default:
		err = &metaError{status: http.StatusBadRequest, code: 2500, message: "Unknown path components: /" + edge}
	}
	return body, created, err
}

func (g *graph) describe() (any, error) {
	a := g.account
	all := map[string]any{"id": "act_" + a.ID, "account_id": a.ID, "name": a.Name, "currency": a.Currency, "timezone_name": a.Timezone, "account_status": 1}
	return g.project(all, "act_"+a.ID)
}

// project keeps the fields that were asked for, and refuses unknown ones.
func (g *graph) project(all map[string]any, id string) (map[string]any, error) {
	out := map[string]any{"id": id}
	asked, _ := g.params["fields"].(string)
	for name := range strings.SplitSeq(asked, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if !slices.Contains(metaReadable, name) && all[name] == nil {
			return nil, badParam("Tried accessing nonexisting field (%s) on node type", name)
		}
		if v := all[name]; v != nil {
			out[name] = v
		}
	}
	return out, nil
}

// ofThing reads, changes or deletes one object.
func (g *graph) ofThing(t *thing) (any, bool, error) {
	switch g.r.Method {
	case http.MethodGet:
		body, err := g.project(g.shown(t), t.id)
		return body, false, err
	case http.MethodPost:
		delete(g.params, "id")
		if err := check(metaObjects[t.kind], g.params, false); err != nil {
			return nil, false, err
		}
		if t.text("status") == "DELETED" {
			return nil, false, badParam("Cannot update a deleted object")
		}
		if err := g.knowsAudiences(g.params["targeting"]); err != nil {
			return nil, false, err
		}
		if err := g.knowsVideo(g.params["creative"]); err != nil {
			return nil, false, err
		}
		for name, value := range g.params {
			t.fields[name] = value
		}
		return map[string]any{"success": true}, false, nil
	case http.MethodDelete:
		if t.kind == "audience" && g.inUse(t) {
			return nil, false, badParam("The audience is used by an ad set")
		}
		t.fields["status"] = "DELETED"
		return map[string]any{"success": true}, false, nil
	}
	return nil, false, badParam("Unsupported method %s", g.r.Method)
}

// shown is an object with what the platform adds to it.
func (g *graph) shown(t *thing) map[string]any {
	all := map[string]any{}
	for name, value := range t.fields {
		all[name] = value
	}
	all["id"], all["account_id"], all["created_time"] = t.id, g.account.ID, t.made.Format("2006-01-02T15:04:05-0700")
	all["configured_status"] = t.fields["status"]
	all["effective_status"] = g.effective(t)
	switch t.kind {
	case "audience":
		all["approximate_count_lower_bound"] = len(t.members)
	case "video":
		g.showVideo(t, all)
	}
	for p := t.parent; p != nil; p = p.parent {
		all[map[string]string{"campaign": "campaign_id", "ad_set": "adset_id"}[p.kind]] = p.id
	}
	if t.kind == "ad" && !g.inReview(t) && t.rejected != "" {
		all["ad_review_feedback"] = map[string]any{"global": map[string]any{"Policy": t.rejected}}
	}
	return all
}

func (g *graph) effective(t *thing) string {
	own := t.text("status")
	switch {
	case own != "ACTIVE":
		return own
	case t.kind == "ad" && g.inReview(t):
		return "PENDING_REVIEW"
	case t.kind == "ad" && t.rejected != "":
		return "DISAPPROVED"
	}
	for p := t.parent; p != nil; p = p.parent {
		if p.text("status") != "ACTIVE" {
			return strings.ToUpper(map[string]string{"campaign": "campaign", "ad_set": "adset"}[p.kind]) + "_PAUSED"
		}
	}
	return "ACTIVE"
}

// create makes an object below the account.
func (g *graph) create(kind string) (any, error) {
	if err := check(metaObjects[kind], g.params, true); err != nil {
		return nil, err
	}
	var parent *thing
	if name := map[string]string{"ad_set": "campaign_id", "ad": "adset_id"}[kind]; name != "" {
		id, _ := g.params[name].(string)
		parent = g.byID[id]
		if parent == nil || parent.account != g.account || parent.kind+"_id" != strings.Replace(name, "adset", "ad_set", 1) {
			return nil, badParam("Invalid parameter: %s does not name an object of this account", name)
		}
		delete(g.params, name)
	}
	if err := g.agrees(kind, parent); err != nil {
		return nil, err
	}
	if err := g.knowsVideo(g.params["creative"]); err != nil {
		return nil, err
	}
	if err := g.knowsAudiences(g.params["targeting"]); err != nil {
		return nil, err
	}
	if g.params["status"] == nil {
		g.params["status"] = "ACTIVE"
	}
	return map[string]any{"id": g.add(g.account, kind, parent, g.params).id}, nil
}

// agrees checks what concerns an object and its parent together.
func (g *graph) agrees(kind string, parent *thing) error {
	p := g.params
	switch {
	case kind == "campaign" && (p["daily_budget"] != nil) == (p["lifetime_budget"] != nil):
		return badParam("Specify either daily_budget or lifetime_budget of the campaign")
	case kind == "ad_set" && parent.fields["lifetime_budget"] != nil && p["end_time"] == nil:
		return &metaError{status: http.StatusBadRequest, code: 100, sub: 1885039, message: "Invalid parameter", user: "A lifetime budget needs an end date."}
	case kind == "ad_set" && slices.Contains([]string{"COST_CAP", "LOWEST_COST_WITH_BID_CAP"}, parent.text("bid_strategy")) && p["bid_amount"] == nil:
		return &metaError{status: http.StatusBadRequest, code: 100, sub: 1815857, message: "Invalid parameter", user: "Bid amount required for the bid strategy provided."}
	}
	return nil
}

// list is a page of an edge.
func (g *graph) list(kind string) (any, error) {
	for name := range g.params {
		if !slices.Contains([]string{"fields", "filtering", "limit", "after", "summary", "effective_status"}, name) && (name != "title" || kind != "video") {
			return nil, badParam("Unexpected parameter %s", name)
		}
	}
	filters, _ := g.params["filtering"].([]any)
	var items []any
	for _, t := range g.things {
		if t.kind != kind || t.account != g.account || t.text("status") == "DELETED" {
			continue
		}
		fits, err := matches(t, filters)
		if err != nil {
			return nil, err
		}
		if title, ok := g.params["title"].(string); !fits || ok && !strings.EqualFold(t.text("title"), title) {
			continue
		}
		item, err := g.project(g.shown(t), t.id)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return g.page(items, 25)
}

func matches(t *thing, filters []any) (bool, error) {
	for _, f := range filters {
		filter, _ := f.(map[string]any)
		value, _ := filter["value"].(string)
		if filter["field"] != "name" || filter["operator"] != "CONTAIN" || value == "" {
			return false, badParam("Filtering field '%v' with operation '%v' is not supported", filter["field"], filter["operator"])
		}
		if !strings.Contains(t.text("name"), value) {
			return false, nil
		}
	}
	return true, nil
}

// page cuts a list and says how to go on.
func (g *graph) page(items []any, usual int) (any, error) {
	limit, start := usual, 0
	if text := fmt.Sprint(g.params["limit"]); g.params["limit"] != nil {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, badParam("Param limit must be a positive integer")
		}
		limit = min(n, 1000)
	}
	if text, ok := g.params["after"].(string); ok {
		n, err := strconv.Atoi(strings.TrimPrefix(text, "c"))
		if err != nil {
			return nil, badParam("Invalid cursors values")
		}
		start = n
	}
	if g.due(g.r, EmptyPage) != "" {
		return map[string]any{"data": []any{}, "paging": g.paging(start, start)}, nil
	}
	end := min(start+limit, len(items))
	part := items[min(start, end):end]
	if part == nil {
		part = []any{}
	}
	out := map[string]any{"data": part}
	if end < len(items) {
		out["paging"] = g.paging(start, end)
	} else if len(part) > 0 {
		out["paging"] = map[string]any{"cursors": map[string]string{"before": cursor(start), "after": cursor(end)}}
	}
	return out, nil
}

func cursor(n int) string { return "c" + strconv.Itoa(n) }

func (g *graph) paging(start, end int) map[string]any {
	next := *g.r.URL
	q := next.Query()
	q.Set("after", cursor(end))
	next.RawQuery = q.Encode()
	return map[string]any{"cursors": map[string]string{"before": cursor(start), "after": cursor(end)}, "next": "http://" + g.r.Host + next.String()}
}

// metaTerms are how a campaign may deliver.
func (s *Sandbox) metaTerms(c *thing) terms {
	a := c.account
	scale := minor(a.Currency)
	t := terms{
		active: c.text("status") == "ACTIVE", daily: number(c.fields["daily_budget"]) / scale, total: number(c.fields["lifetime_budget"]) / scale,
		overspend: 1.25, devices: []string{""},
	}
	for _, set := range s.children(c, "ad_set") {
		if set.text("status") != "ACTIVE" {
			continue
		}
		t.start, t.end = readTime(set.text("start_time")), readTime(set.text("end_time"))
		t.bid, t.results = number(set.fields["bid_amount"])/scale, resultsOf(set.text("optimization_goal"))
		if c.text("bid_strategy") == "LOWEST_COST_WITHOUT_CAP" {
			t.bid = 0
		}
		for _, ad := range s.children(set, "ad") {
			if ad.text("status") == "ACTIVE" && s.passed(ad) {
				t.ads = append(t.ads, ad)
			}
		}
	}
	return t
}

// resultsOf is how many results a thousand impressions bring: a bid at Meta is for
// one of what the ad set is to bring.
func resultsOf(goal string) float64 {
	switch goal {
	case "LINK_CLICKS", "LANDING_PAGE_VIEWS", "POST_ENGAGEMENT":
		return 1000 * shownCTR
	case "OFFSITE_CONVERSIONS", "LEAD_GENERATION", "VALUE":
		return 1000 * shownCTR * shownCVR
	}
	return 1 // REACH, IMPRESSIONS: a thousand of them
}

// minor is how many of Meta's units are one of a currency.
func minor(currency string) float64 {
	if slices.Contains([]string{"CLP", "COP", "CRC", "HUF", "ISK", "IDR", "JPY", "KRW", "PYG", "TWD", "VND"}, currency) {
		return 1
	}
	return 100
}

func number(v any) float64 {
	f, _ := strconv.ParseFloat(fmt.Sprint(v), 64)
	return f
}

func readTime(text string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05-0700"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t
		}
	}
	return time.Time{}
}

// amount is money as Meta writes it in reports.
func amount(micros int64) string { return money.FormatMicros(micros) }
