package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func init() {
	bodies["create-segment"] = `{"name":"In Lima","rule":{"attribute":"city","in":["Lima"]}}`
	bodies["change-segment"] = `{"name":"Mine"}`
	bodies["preview-segment"] = `{"rule":{"attribute":"city","in":["Lima"]}}`
	bodies["audience-overlap"] = `{"configurations":[` + people + `,` + people + `]}`
}

// shoppers uploads customers of whom something is known.
func (h *house) shoppers(name string, lines ...string) (id string) {
	h.Helper()
	at := h.audience(`{"name":"` + name + `","minimum_size":1}`)
	h.members(at, "text/csv", append([]string{"email,city,age,purchases,purchase_value,visited_at"}, lines...)...).want(http.StatusOK)
	return at[len("/api/v1/audiences/"):]
}

func TestASegmentFromPreviewToItsEnd(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	base := h.shoppers("Customers", "a@example.com,Lima,30,3,100,", "b@example.com,Lima,50,1,5,2026-02-01", "c@example.com,Quito,30,2,70,")
	rule := `{"all":[{"attribute":"city","in":["Lima"]},{"attribute":"age","max":40},{"behavior":"purchase_value","min":"50.00","window_days":30}]}`
	seen := h.call(h.analyst, "POST", "/api/v1/segments/preview", `{"rule":`+rule+`}`).want(http.StatusOK)
	if seen.num("size") != 1 || seen.num("of") != 3 || seen.str("suggestion.path") != "rule.all[0]" || seen.num("suggestion.cost") != 1 || seen.num("rules.1.size") != 2 {
		t.Errorf("%s", seen.text)
	}
	made := h.call(h.manager, "POST", "/api/v1/segments", `{"name":"Buyers in Lima","audience_id":"`+base+`","minimum_size":1,"rule":`+rule+`}`).want(http.StatusCreated)
	at := made.Header.Get("Location")
	if made.num("size") != 1 || at != "/api/v1/segments/"+made.str("id") || made.at("evaluated_at") == nil {
		t.Errorf("%s", made.text)
	}
	members := h.call(h.analyst, "GET", "/api/v1/audiences/"+made.str("id"), nil).want(http.StatusOK)
	if members.str("kind") != "segment" || members.str("state") != "ready" || members.num("size") != 1 {
		t.Errorf("%s", members.text)
	}
	h.members("/api/v1/audiences/"+made.str("id"), "text/csv", "email", "x@example.com").refused(http.StatusConflict, "audience_is_derived")
	h.members("/api/v1/audiences/"+base, "text/csv", "email,city,age,purchase_value", "d@example.com,Lima,20,60").want(http.StatusOK)
	if err := h.services.Segments.EvaluateDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	read := h.call(h.analyst, "GET", at, nil).want(http.StatusOK)
	if read.num("size") != 2 || read.Header.Get("ETag") != `"1"` {
		t.Errorf("after an upload: %s", read.text)
	}
	changed := h.call(h.manager, "PATCH", at, `{"rule":{"not":{"attribute":"city","in":["Lima"]}}}`, "If-Match", `"1"`).want(http.StatusOK)
	if changed.num("size") != 1 || changed.num("revision") != 2 {
		t.Errorf("%s", changed.text)
	}
	if all := h.call(h.analyst, "GET", "/api/v1/segments?fields=id,size", nil).want(http.StatusOK); all.len("items") != 1 || all.at("items.0.rule") != nil {
		t.Errorf("%s", all.text)
	}
	own := "/api/v1/audiences/" + made.str("id")
	renamed := h.call(h.manager, "PATCH", at, `{"name":"Elsewhere"}`, "If-Match", `"2"`).want(http.StatusOK)
	if called := h.call(h.analyst, "GET", own, nil).want(http.StatusOK); called.str("name") != "Elsewhere" || renamed.num("revision") != 3 {
		t.Errorf("%s %s", renamed.text, called.text)
	}
	// Deleted alone it would come back with the next evaluation.
	tag := h.call(h.analyst, "GET", own, nil).Header.Get("ETag")
	for _, path := range []string{own, own + "?validate_only=true"} {
		h.call(h.manager, "DELETE", path, nil, "If-Match", tag).refused(http.StatusConflict, "audience_of_segment")
	}
	h.call(h.manager, "DELETE", at, nil, "If-Match", `"1"`).refused(http.StatusPreconditionFailed, "stale_revision")
	h.call(h.manager, "DELETE", at, nil, "If-Match", `"3"`).want(http.StatusNoContent)
	h.call(h.manager, "GET", at, nil).refused(http.StatusNotFound, "segment_not_found")
	h.call(h.manager, "GET", "/api/v1/audiences/"+made.str("id"), nil).refused(http.StatusNotFound, "audience_not_found")
}

func TestRulesThatAreRefused(t *testing.T) {
	w := newWorld(t)
	h, stranger := newHouse(w, "Andes"), newHouse(w, "Patagonia")
	theirs := stranger.shoppers("Theirs", "a@example.com,,,,,")
	for _, tt := range []struct{ rule, path, code string }{
		{`{}`, "rule", "one_of"},
		{`{"attribute":"city","behavior":"visits","min":1}`, "rule", "one_of"},
		{`{"all":[{"attribute":"city"}]}`, "rule.all[0]", "required"},
		{`{"attribute":"age","min":5,"max":4}`, "rule.max", "out_of_range"},
		{`{"behavior":"sneezes","min":1}`, "rule.behavior", ""},
		{`{"behavior":"visits"}`, "rule", "required"},
		{`{"behavior":"visits","min":1,"window_days":-1}`, "rule.window_days", "out_of_range"},
		{`{"not":{"not":{"not":{"not":{"not":{"not":{"attribute":"a","known":true}}}}}}}`, "rule.not.not.not.not.not.not", "too_deep"},
		{`{"audience":"` + theirs + `"}`, "rule.audience", "audience_not_found"},
	} {
		got := h.call(h.manager, "POST", "/api/v1/segments", `{"name":"x","rule":`+tt.rule+`}`)
		if got.StatusCode != http.StatusUnprocessableEntity || got.str("errors.0.path") != tt.path || tt.code != "" && got.str("errors.0.code") != tt.code {
			t.Errorf("%s: %d %s", tt.rule, got.StatusCode, got.text)
		}
	}
	got := h.call(h.manager, "POST", "/api/v1/segments", `{"name":"x","audience_id":"`+theirs+`","rule":{"attribute":"city","known":true}}`).want(http.StatusUnprocessableEntity)
	if got.str("errors.0.path") != "audience_id" {
		t.Errorf("%s", got.text)
	}
}

func TestOverlapThroughHTTP(t *testing.T) {
	w := newWorld(t)
	h, stranger := newHouse(w, "Andes"), newHouse(w, "Patagonia")
	one := h.shoppers("One", "a@example.com,,,,,", "b@example.com,,,,,", "c@example.com,,,,,")
	two := h.shoppers("Two", "b@example.com,,,,,", "c@example.com,,,,,", "d@example.com,,,,,")
	got := h.call(h.analyst, "POST", "/api/v1/audiences/overlap", `{"audiences":["`+one+`","`+two+`"]}`).want(http.StatusOK)
	if got.str("method") != "exact" || got.num("error") != 0 || got.num("intersection") != 2 || got.num("union") != 4 || got.num("items.0.only") != 1 ||
		got.num("pairs.0.jaccard") != 0.5 || got.str("items.1.name") != "Two" || got.len("assumptions")+got.len("items.0.assumptions") != 0 {
		t.Errorf("%s", got.text)
	}
	campaign := h.active()
	id := campaign[len("/api/v1/campaigns/"):]
	twice := h.call(h.analyst, "POST", "/api/v1/audiences/overlap", `{"campaigns":["`+id+`","`+id+`"]}`).want(http.StatusOK)
	if twice.str("method") != "population_model" || twice.num("union") != twice.num("items.0.size") || twice.num("union") == 0 || twice.num("pairs.0.similarity") != 1 ||
		!strings.Contains(twice.str("items.0.assumptions.0"), "independent") || !strings.Contains(twice.str("assumptions.0"), "independent") {
		t.Errorf("%s", twice.text)
	}
	shown := func(list string) string {
		return `{"locations":[{"country":"CO"}],"custom_audiences":["` + list + `"]}`
	}
	counted := h.call(h.analyst, "POST", "/api/v1/audiences/overlap", `{"configurations":[`+shown(one)+`,`+shown(two)+`]}`).want(http.StatusOK)
	if counted.num("intersection") != 1 || !strings.Contains(string(counted.text), "counted, not estimated") { // half of the two in both
		t.Errorf("%s", counted.text)
	}
	theirs := stranger.shoppers("Theirs", "a@example.com,,,,,")
	for _, tt := range []struct{ body, path string }{
		{`{"audiences":["` + one + `","` + theirs + `"]}`, "audiences[1]"},
		{`{"audiences":["` + one + `"]}`, "audiences"},
		{`{}`, "audiences"},
		{`{"campaigns":["` + id + `","` + newID().String() + `"]}`, "campaigns[1]"},
		{`{"configurations":[{"locations":[]},{"locations":[{"country":"CO"}],"interests":["483"]}]}`, "configurations[0].locations"},
	} {
		refused := h.call(h.analyst, "POST", "/api/v1/audiences/overlap", tt.body).want(http.StatusUnprocessableEntity)
		if refused.str("errors.0.path") != tt.path {
			t.Errorf("%s: %s", tt.body, refused.text)
		}
	}
	many := ""
	for range 11 {
		many += fmt.Sprintf(",%q", one)
	}
	h.call(h.analyst, "POST", "/api/v1/audiences/overlap", `{"audiences":[`+many[1:]+`]}`).want(http.StatusUnprocessableEntity)
}
