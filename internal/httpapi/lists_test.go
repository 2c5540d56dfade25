package httpapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

// otherwise are the lists that are asked for in another way, and why.
var otherwise = map[string]string{
	"find-interests":      "the best matches of a search",
	"read-reconciliation": "differences, beside the totals they come from",
	"list-restatements":   "days, beside what they belong to",
}

// A client that pages through one list pages through all of them.
func TestEveryListIsAskedForAlike(t *testing.T) {
	api := newWorld(t).api.OpenAPI()
	for path, item := range api.Paths {
		op := item.Get
		if op == nil || otherwise[op.OperationID] != "" || op.Responses["200"] == nil || op.Responses["200"].Content["application/json"] == nil || op.Responses["200"].Content["application/json"].Schema == nil {
			continue
		}
		schema := op.Responses["200"].Content["application/json"].Schema
		if schema.Ref != "" {
			schema = api.Components.Schemas.SchemaFromRef(schema.Ref)
		}
		if schema.Properties["next_cursor"] == nil {
			continue
		}
		for _, name := range []string{"limit", "cursor", "fields"} {
			if !slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.Name == name && p.In == "query" }) {
				t.Errorf("GET %s (%s) takes no %s", path, op.OperationID, name)
			}
		}
		if !slices.Contains(schema.Required, "next_cursor") {
			t.Errorf("GET %s may leave out next_cursor", path)
		}
	}
}

// What a store gives as a whole is paged through all the same.
func TestShortListsHavePages(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	var made []string
	for range 5 {
		made = append(made, h.webhook().str("id"))
	}
	const at = "/api/v1/webhook-endpoints"
	var seen []string
	for next := "?limit=2&fields=id"; next != ""; {
		got := h.call(h.manager, "GET", at+next, nil).want(http.StatusOK)
		for _, item := range got.at("items").([]any) {
			members := item.(map[string]any)
			if len(members) != 1 {
				t.Errorf("more than was asked for: %v", members)
			}
			seen = append(seen, members["id"].(string))
		}
		next = ""
		if cursor := got.str("next_cursor"); cursor != "" {
			next = "?limit=2&fields=id&cursor=" + cursor
		} else if !strings.Contains(string(got.text), `"next_cursor":null`) {
			t.Errorf("the last page does not say so: %s", got.text)
		}
	}
	slices.Sort(made)
	slices.Sort(seen)
	if !slices.Equal(made, seen) {
		t.Errorf("saw %v of %v", seen, made)
	}
	h.call(h.manager, "GET", at+"?cursor="+newID().String(), nil).refused(http.StatusBadRequest, "invalid_cursor")
	h.call(h.manager, "GET", at+"?fields=idd", nil).refused(http.StatusBadRequest, "malformed_request")

	keys := h.call(adminSecret, "GET", "/api/v1/partners/"+h.id+"/keys?limit=1&fields=role", nil).want(http.StatusOK)
	if keys.len("items") != 1 || keys.str("next_cursor") == "" || keys.at("items.0.id") != nil {
		t.Errorf("%s", keys.text)
	}
}

// Money in the raw log is what POST /metrics took: never a JSON number.
func TestTheRawLogShowsMoneyAsText(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.active()
	campaign := strings.TrimPrefix(at, "/api/v1/campaigns/")
	h.report("e-1", campaign, h.clock(), `"metrics":{"spend":"1.230000","revenue":"9.90","clicks":3}`)
	got := h.call(h.manager, "GET", at+"/metrics/events", nil).want(http.StatusOK)
	if got.at("items.0.metrics.spend") != "1.23" || got.at("items.0.metrics.revenue") != "9.9" || got.num("items.0.metrics.clicks") != 3 {
		t.Errorf("%s", got.text)
	}
	part := h.call(h.manager, "GET", at+"/metrics/events?fields=event_id", nil).want(http.StatusOK)
	if part.at("items.0.metrics") != nil || part.str("items.0.event_id") != "e-1" {
		t.Errorf("%s", part.text)
	}
}

// What is made can be named and told from what it becomes: "a created thing: 201,
// Location, {id, revision}".
func TestEverythingThatIsMadeHasAnIDAndARevision(t *testing.T) {
	differs := map[string]string{
		"issue-key":    "a key has no revision: it holds or it is revoked",
		"record-spend": "a fact; the answer is about its budget",
	}
	api := newWorld(t).api.OpenAPI()
	for path, item := range api.Paths {
		op := item.Post
		if op == nil || op.Responses["201"] == nil || differs[op.OperationID] != "" {
			continue
		}
		schema := op.Responses["201"].Content["application/json"].Schema
		if schema.Ref != "" {
			schema = api.Components.Schemas.SchemaFromRef(schema.Ref)
		}
		for _, name := range []string{"id", "revision"} {
			if schema.Properties[name] == nil || !slices.Contains(schema.Required, name) {
				t.Errorf("POST %s (%s) answers without %s", path, op.OperationID, name)
			}
		}
		if op.Responses["201"].Headers["Location"] == nil {
			t.Errorf("POST %s (%s) answers without Location", path, op.OperationID)
		}
	}
}
