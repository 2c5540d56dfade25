package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// ofAccount answers about the account or one of its edges.
func (g *graph) ofAccount(edge string) (body any, created bool, err error) {
	kind, ok := map[string]string{"campaigns": "campaign", "customaudiences": "audience", "advideos": "video", "adsets": "ad_set", "ads": "ad"}[edge]
	switch {
	case edge == "" && g.r.Method == http.MethodGet:
		body, err = g.describe()
	case edge == "targetingsearch" && g.r.Method == http.MethodGet:
		body, err = g.searchInterests()
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
		if err := g.knowsPeople(g.params["targeting"]); err != nil {
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
	if err := g.knowsPeople(g.params["targeting"]); err != nil {
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
