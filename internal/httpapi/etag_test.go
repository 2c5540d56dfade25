package httpapi_test

import (
	"cmp"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestChangesNeedTheCurrentRevision(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.draft()
	budget := "/api/v1/budgets/" + h.call(h.manager, "GET", at+"/budget", nil).want(http.StatusOK).str("id")
	rule := h.call(h.manager, "POST", "/api/v1/alert-rules", lowCTR).want(http.StatusCreated).Header.Get("Location")
	for _, c := range []struct{ key, method, path, body string }{
		{h.manager, "PATCH", at, `{"name":"Road shoes"}`},
		{h.manager, "PUT", at + "/targeting", people},
		{h.manager, "PUT", at + "/creatives", bodies["set-creatives"]},
		{h.finance, "PATCH", budget, `{"auto_pause":false}`},
		{h.finance, "PATCH", rule, `{"severity":"LOW"}`},
		{adminSecret, "PATCH", "/api/v1/partners/" + h.id, `{"name":"Andes SA"}`},
	} {
		read := c.path
		if c.method == "PUT" {
			read = at
		}
		current := h.call(h.manager, "GET", read, nil).want(http.StatusOK).Header.Get("ETag")
		h.call(c.key, c.method, c.path, c.body).refused(http.StatusPreconditionRequired, "if_match_required")
		for _, tag := range []string{`x`, `3`, `"x"`, `"0"`, `"-1"`, `"3`, `"1","2"`} {
			h.call(c.key, c.method, c.path, c.body, "If-Match", tag).refused(http.StatusBadRequest, "if_match_malformed")
		}
		if got := h.call(c.key, c.method, c.path, c.body, "If-Match", `"99"`); got.StatusCode != http.StatusPreconditionFailed {
			t.Errorf("%s %s on a revision to come: %d %s", c.method, c.path, got.StatusCode, got.text)
		}
		changed := h.call(c.key, c.method, c.path, c.body, "If-Match", current).want(http.StatusOK)
		if changed.Header.Get("ETag") == current {
			t.Errorf("%s %s keeps the revision %s", c.method, c.path, current)
		}
		if got := h.call(c.key, c.method, c.path, c.body, "If-Match", current); got.StatusCode != http.StatusPreconditionFailed || got.str("recovery") != "correctable" {
			t.Errorf("%s %s on an old revision: %d %s", c.method, c.path, got.StatusCode, got.text)
		}
		h.call(c.key, c.method, c.path, c.body, "If-Match", "W/"+changed.Header.Get("ETag")).want(http.StatusOK)
	}
}

func TestActionsTakeTheRevisionButDoNotNeedIt(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.active()
	h.call(h.manager, "POST", at+"/pause", nil, "If-Match", `"1"`).refused(http.StatusPreconditionFailed, "stale_revision")
	paused := h.call(h.manager, "POST", at+"/pause", nil).want(http.StatusOK)
	h.call(h.manager, "POST", at+"/resume", nil, "If-Match", paused.Header.Get("ETag")).want(http.StatusOK)
}

func TestOfTwoEditsOfOneRevisionOneWins(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.draft()
	var won, lost atomic.Int32
	var all sync.WaitGroup
	for _, name := range []string{"A", "B", "C", "D"} {
		all.Go(func() {
			switch h.call(h.manager, "PATCH", at, map[string]string{"name": name}, "If-Match", `"1"`).StatusCode {
			case http.StatusOK:
				won.Add(1)
			case http.StatusPreconditionFailed:
				lost.Add(1)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 || lost.Load() != 3 {
		t.Errorf("%d won and %d lost", won.Load(), lost.Load())
	}
}

// validate_only answers what the request would and changes nothing at all.
func TestRehearsalChangesNothing(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	ids := h.things()
	draft := h.draft()
	before := w.seq(h.id)
	states := map[string]string{}
	for _, path := range []string{draft, at("/campaigns/{id}", ids), at("/budgets/{id}", ids), at("/alerts/{id}", ids), "/api/v1/partners/" + h.id, at("/campaigns/{id}/metrics", ids)} {
		states[path] = string(w.call(adminSecret, "GET", path, nil).want(http.StatusOK).text)
	}
	rehearsed := 0
	for path, item := range w.api.OpenAPI().Paths {
		for _, op := range operations(item) {
			if op.Method == http.MethodGet || strings.HasPrefix(path, "/webhooks/") { // a provider's report is taken, or refused by its signature
				continue
			}
			media := cmp.Or(uploads[op.OperationID], "application/json")
			for _, key := range []string{adminSecret, h.manager} {
				got := w.call(key, op.Method, at(path, ids)+"?validate_only=true", bodies[op.OperationID], "If-Match", "*", "Content-Type", media)
				if got.StatusCode == http.StatusBadRequest || got.StatusCode >= 500 {
					t.Errorf("%s %s: %d %s", op.Method, path, got.StatusCode, got.text)
				}
				rehearsed++
			}
		}
	}
	made := w.call(h.manager, "POST", draft+"/schedule?validate_only=true", bodies["schedule-campaign"]).want(http.StatusOK)
	if made.str("status") != "SCHEDULED" {
		t.Errorf("rehearsed to %s", made.text)
	}
	w.call(h.manager, "POST", draft+"/launch?validate_only=true", nil).refused(http.StatusConflict, "must_be_scheduled_first")
	if rehearsed < 40 || w.seq(h.id) != before {
		t.Errorf("%d rehearsals left %d events", rehearsed, w.seq(h.id)-before)
	}
	for path, before := range states {
		if after := string(w.call(adminSecret, "GET", path, nil).want(http.StatusOK).text); after != before {
			t.Errorf("%s was %s\nis %s", path, before, after)
		}
	}
}
