package httpapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/internal/integration"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
)

// post is httpapi.Integration without a broker.
type post struct {
	*integration.Inbox
	*integration.Letters
	fail error // what the messages of letter fail on
}

const lettersTopic = "onboarding.contract-activated"

func newPost(db *sqlstore.DB, w *world) *post {
	p := &post{Inbox: integration.NewInbox(db.Inbound(), w.services.Partners, w.services.Campaigns, w.clock),
		Letters: integration.NewLetters(db.Letters(), w.clock, newID)}
	p.Register(lettersTopic, func(context.Context, event.Message) error { return p.fail })
	return p
}

func (p *post) Brokers(context.Context) ([]event.BrokerStatus, error) {
	return []event.BrokerStatus{{Name: "nats", Up: true, Listens: true}}, nil
}

// letter is one of the house's, of a message that always fails.
func (h *house) letter() string {
	h.Helper()
	p := h.services.Integration.(*post)
	p.fail = fault.ErrInvalid
	consumer := integration.NewConsumer("nats", p.Letters)
	if err := consumer.Handle(h.Context(), []event.Message{{Topic: lettersTopic, ID: "m", Body: []byte(`{"data":{"partner_id":"` + h.id + `"}}`)}}); err != nil {
		h.Fatal(err)
	}
	return h.call(adminSecret, "GET", "/api/v1/dead-letters?partner_id="+h.id, nil).want(http.StatusOK).str("items.0.id")
}

func TestInboundEventsOverHTTP(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	const at = "/api/v1/events"
	good := func(id, extra string) string {
		return `{"specversion":"1.0","id":"` + id + `","source":"/onboarding","type":"onboarding/contract-activated","time":"2026-03-02T12:00:00Z","data":{"partner_id":"` + h.id + `"` + extra + `}}`
	}
	for why, c := range map[string]struct {
		body, code string
		status     int
	}{
		"no JSON":            {`{`, "invalid_cloudevent", 400},
		"null":               {`null`, "invalid_cloudevent", 400},
		"another version":    {strings.Replace(good("x", ""), "1.0", "0.3", 1), "invalid_cloudevent", 400},
		"no id":              {strings.Replace(good("x", ""), `"id":"x",`, "", 1), "invalid_cloudevent", 400},
		"a bad attribute":    {strings.Replace(good("x", ""), `"id"`, `"Upper":1,"id"`, 1), "invalid_cloudevent", 400},
		"an unknown type":    {strings.Replace(good("x", ""), "contract-activated", "contract-ended", 1), "unknown_event_type", 422},
		"no such partner":    {strings.Replace(good("x", ""), h.id, newID().String(), 1), "partner_not_found", 404},
		"no partner":         {strings.Replace(good("x", ""), `"partner_id":"`+h.id+`"`, "", 1), "invalid", 422},
		"a negative limit":   {good("x", `,"budget_limits":{"daily_budget_limit":-1}`), "invalid", 422},
		"a limit in words":   {good("x", `,"budget_limits":{"daily_budget_limit":"a lot"}`), "data.budget_limits.daily_budget_limit", 422},
		"a count in words":   {good("x", `,"budget_limits":{"max_active_campaigns":"ten"}`), "data.budget_limits.max_active_campaigns", 422},
		"half a micro":       {good("x", `,"budget_limits":{"daily_budget_limit":0.0000005}`), "invalid", 422},
		"another currency":   {good("x", `,"budget_limits":{"daily_budget_limit":{"amount":"1.00","currency":"EUR"}}`), "invalid", 422},
		"a flag's bad name":  {good("x", `,"feature_flags":{"no good":true}`), "invalid", 422},
		"no welcome budget":  {good("x", `,"budget_limits":{"welcome_campaign_budget":0}`), "invalid", 422},
		"an absurd time":     {strings.Replace(good("x", ""), "2026-03-02T12", "tomorrow", 1), "invalid_cloudevent", 400},
		"data as text":       {strings.Replace(good("x", ""), `{"partner_id":"`+h.id+`"}`, `"text"`, 1), "invalid", 422},
		"too long a message": {good("x", `,"pad":"`+strings.Repeat("x", 1<<20)+`"`), "body_too_large", 413},
	} {
		got := w.call(adminSecret, "POST", at, c.body)
		said := got.str("code")
		if strings.HasPrefix(c.code, "data.") { // the member is named
			said = got.str("errors.0.path")
		}
		if got.StatusCode != c.status || c.code != "invalid" && said != c.code {
			t.Errorf("%s: %d %s", why, got.StatusCode, got.text)
		}
	}
	w.call(adminSecret, "GET", "/api/v1/inbound-events", nil).want(http.StatusOK).count("items", 0)
	w.call(adminSecret, "POST", at+"?validate_only=true", good("1", `,"budget_limits":{"max_active_campaigns":3}`)).want(http.StatusAccepted)
	w.call(adminSecret, "GET", "/api/v1/inbound-events", nil).want(http.StatusOK).count("items", 0)
	first := w.call(adminSecret, "POST", at, good("1", `,"budget_limits":{"max_active_campaigns":3},"feature_flags":{"auto_welcome_campaign":true}`)).want(http.StatusAccepted)
	if first.str("outcome") != "applied" || first.str("welcome_campaign_id") == "" {
		t.Errorf("%s", first.text)
	}
	w.call(adminSecret, "POST", at, good("1", "")).want(http.StatusOK)
	w.call(adminSecret, "GET", "/api/v1/inbound-events?partner_id="+h.id, nil).want(http.StatusOK).count("items", 1)
	w.call(adminSecret, "POST", at, good("2", "")).want(http.StatusAccepted)
	newest := w.call(adminSecret, "GET", "/api/v1/inbound-events?limit=1&fields=id", nil).want(http.StatusOK)
	oldest := w.call(adminSecret, "GET", "/api/v1/inbound-events?limit=1&fields=id&cursor="+newest.str("next_cursor"), nil).want(http.StatusOK)
	if newest.str("items.0.id")+oldest.str("items.0.id") != "21" || newest.at("items.0.type") != nil || oldest.str("next_cursor") != "" {
		t.Errorf("%s then %s", newest.text, oldest.text)
	}
	w.call(adminSecret, "GET", "/api/v1/inbound-events?cursor=x", nil).refused(http.StatusBadRequest, "invalid_cursor")
	brokers := w.call(adminSecret, "GET", "/api/v1/brokers?fields=name,lag", nil).want(http.StatusOK)
	if brokers.len("items") != 1 || brokers.at("items.0.up") != nil || brokers.str("items.0.name") == "" {
		t.Errorf("%s", brokers.text)
	}
	w.call(adminSecret, "GET", "/api/v1/jobs", nil).want(http.StatusOK).count("items", 0)
}

func TestDeadLettersOverHTTP(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	at := "/api/v1/dead-letters/" + h.letter()
	got := w.call(adminSecret, "GET", at, nil).want(http.StatusOK)
	if got.str("state") != "dead" || got.str("partner_id") != h.id || !strings.Contains(got.str("body"), h.id) {
		t.Errorf("%s", got.text)
	}
	w.call(adminSecret, "POST", at+"/replay", nil).refused(http.StatusUnprocessableEntity, "replay_failed")
	w.call(adminSecret, "POST", at+"/drop?validate_only=true", nil).want(http.StatusOK)
	h.services.Integration.(*post).fail = nil
	if got := w.call(adminSecret, "POST", at+"/replay", nil).want(http.StatusOK); got.str("state") != "replayed" {
		t.Errorf("%s", got.text)
	}
	w.call(adminSecret, "POST", at+"/replay", nil).refused(http.StatusConflict, "dead_letter_closed")
	w.call(adminSecret, "POST", at+"/drop", nil).refused(http.StatusConflict, "dead_letter_closed")
	w.call(adminSecret, "GET", "/api/v1/dead-letters?state=dead", nil).want(http.StatusOK).count("items", 0)
	w.call(h.manager, "GET", at, nil).refused(http.StatusForbidden, "role_not_allowed")
}

// count wants so many items.
func (a *answer) count(list string, want int) {
	a.Helper()
	if got := a.len(list); got != want {
		a.Errorf("%d %s, want %d: %s", got, list, want, a.text)
	}
}
