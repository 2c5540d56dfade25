package httpapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/webhooks"
)

// deaf is a receiver that never answers.
type deaf struct{}

func (deaf) Send(context.Context, webhooks.Message) webhooks.Reply {
	return webhooks.Reply{Error: "no answer in time", Duration: 15 * time.Second}
}

func (h *house) webhook() *answer {
	h.Helper()
	return h.call(h.manager, "POST", "/api/v1/webhook-endpoints", bodies["create-webhook"]).want(http.StatusCreated)
}

func TestAWebhookFromCreationToItsEnd(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	made := h.webhook()
	at := made.Header.Get("Location")
	if at != "/api/v1/webhook-endpoints/"+made.str("id") || !strings.HasPrefix(made.str("secret"), "whsec_") || made.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v: %s", made.Header, made.text)
	}
	read := h.call(h.manager, "GET", at, nil).want(http.StatusOK)
	if strings.Contains(string(read.text), "whsec_") || read.at("enabled") != true {
		t.Errorf("%s", read.text)
	}
	if feed := h.call(h.manager, "GET", "/api/v1/events", nil).want(http.StatusOK); strings.Contains(string(feed.text), "whsec_") {
		t.Error("the event feed shows a secret")
	}
	rotated := h.call(h.manager, "POST", at+"/rotate-secret", nil).want(http.StatusOK)
	if rotated.str("secret") == made.str("secret") || rotated.Header.Get("ETag") != `"2"` {
		t.Errorf("%s", rotated.text)
	}
	h.call(h.manager, "PATCH", at, `{"enabled":false}`, "If-Match", `"1"`).refused(http.StatusPreconditionFailed, "stale_revision")
	off := h.call(h.manager, "PATCH", at, `{"enabled":false}`, "If-Match", `"2"`).want(http.StatusOK)
	if off.str("disabled_because") != "by_hand" {
		t.Errorf("%s", off.text)
	}
	h.call(h.manager, "POST", at+"/redeliver", bodies["redeliver-webhook"]).refused(http.StatusConflict, "webhook_disabled")
	tried := h.call(h.manager, "POST", at+"/test", nil).want(http.StatusOK)
	if tried.str("error") != "no answer in time" || tried.num("duration_ms") != 15000 {
		t.Errorf("%s", tried.text)
	}
	h.call(h.manager, "DELETE", at, nil).refused(http.StatusPreconditionRequired, "if_match_required")
	h.call(h.manager, "DELETE", at, nil, "If-Match", `"3"`).want(http.StatusNoContent)
	h.call(h.manager, "GET", at, nil).refused(http.StatusNotFound, "webhook_not_found")
}

func TestWebhooksThatAreRefused(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	for _, tt := range []struct{ body, field, code string }{
		{`{"url":"http://example.com/","events":["*"]}`, "url", "https_required"},
		{`{"url":"https://user:secret@example.com/","events":["*"]}`, "url", "credentials_in_url"},
		{`{"url":"https://10.1.2.3/","events":["*"]}`, "url", "private_address"},
		{`{"url":"https://[::1]/","events":["*"]}`, "url", "private_address"},
		{`{"url":"https://metadata.internal/","events":["*"]}`, "url", "private_address"},
		{`{"url":"https://LOCALHOST./","events":["*"]}`, "url", "private_address"},
		{`{"url":"nonsense","events":["*"]}`, "url", "invalid_url"},
		{`{"url":"https://example.com/","events":["Alert Raised"]}`, "events[0]", "invalid_event_type"},
	} {
		got := h.call(h.manager, "POST", "/api/v1/webhook-endpoints", tt.body).refused(http.StatusUnprocessableEntity, "validation_failed")
		if got.str("errors.0.path") != tt.field || got.str("errors.0.code") != tt.code || strings.Contains(string(got.text), "secret") {
			t.Errorf("%s: %s", tt.body, got.text)
		}
	}
	at := h.webhook().Header.Get("Location")
	for _, body := range []string{`{}`, `{"delivery_id":"` + newID().String() + `","failed_since":"2026-03-01T00:00:00Z"}`} {
		h.call(h.manager, "POST", at+"/redeliver", body).refused(http.StatusBadRequest, "malformed_request")
	}
	h.call(h.manager, "POST", at+"/redeliver", `{"delivery_id":"`+newID().String()+`"}`).refused(http.StatusNotFound, "webhook_not_found")
	h.call(h.finance, "GET", at, nil).refused(http.StatusForbidden, "role_not_allowed")
	h.call(adminSecret, "POST", "/api/v1/webhook-endpoints", bodies["create-webhook"]).refused(http.StatusUnprocessableEntity, "partner_required")
}

// What is tried and retried is seen in the log, and can be sent again.
func TestDeliveriesThroughHTTP(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.webhook().Header.Get("Location")
	dispatcher := webhooks.NewDispatcher(h.services.Webhooks, h.db.Log())
	relay := func() {
		events, err := h.db.Log().Read(t.Context(), uuid.MustParse(h.id), 0, 500)
		if err == nil {
			err = dispatcher.Enqueue(t.Context(), events)
		}
		if err == nil {
			err = dispatcher.SendDue(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	relay()
	log := h.call(h.manager, "GET", at+"/deliveries?status=pending", nil).want(http.StatusOK)
	if log.len("items") == 0 || log.str("items.0.tries.0.error") != "no answer in time" {
		t.Fatalf("%s", log.text)
	}
	for range webhooks.Schedule[1:] {
		h.sleep(27 * time.Hour)
		relay()
	}
	failed := h.call(h.manager, "GET", at+"/deliveries?status=failed&limit=500", nil).want(http.StatusOK)
	if failed.len("items.0.tries") != len(webhooks.Schedule) {
		t.Fatalf("%s", failed.text)
	}
	state := h.call(h.manager, "GET", at, nil).want(http.StatusOK)
	if state.str("disabled_because") != "failing" || state.at("enabled") != false {
		t.Errorf("%s", state.text)
	}
	h.call(h.manager, "PATCH", at, `{"enabled":true}`, "If-Match", "*").want(http.StatusOK)
	h.call(h.manager, "POST", at+"/redeliver", `{"delivery_id":"`+failed.str("items.0.id")+`"}`).want(http.StatusOK)
	again := h.call(h.manager, "POST", at+"/redeliver", bodies["redeliver-webhook"]).want(http.StatusOK)
	if int(again.num("queued")) != failed.len("items")-1 {
		t.Errorf("%s of %d", again.text, failed.len("items"))
	}
}
