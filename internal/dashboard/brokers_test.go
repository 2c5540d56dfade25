package dashboard

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/internal/integration"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/partners"
)

// post is Integration without a broker; what comes fails on fail.
type post struct {
	*integration.Inbox
	*integration.Letters
	fail error
}

const lettersTopic = "onboarding.contract-activated"

func (w *world) newPost(db *sqlstore.DB) *post {
	p := &post{Inbox: integration.NewInbox(db.Inbound(), w.partners, w.campaigns, time.Now), Letters: integration.NewLetters(db.Letters(), time.Now, newID)}
	p.Register(lettersTopic, func(context.Context, event.Message) error { return p.fail })
	return p
}

func (p *post) Brokers(context.Context) ([]event.BrokerStatus, error) {
	failed := time.Now()
	return []event.BrokerStatus{
		{Name: "nats", Addr: "nats://127.0.0.1:4222", Up: true, Listens: true, Sent: 12345},
		{Name: "kafka://kafka:9092", Listens: true, Lag: 1234, FailedAt: &failed, Problem: "unable to dial: connection refused"},
	}, nil
}

// poison brings messages, of which the first fails for good and one waits.
func (w *world) poison() {
	w.t.Helper()
	w.mail.fail = fault.ErrInvalid.WithFields(fault.Field{Path: "data.budget_limits.daily_budget_limit", Code: "invalid_money", Detail: "This is not an amount."})
	body := []byte(`{"specversion":"1.0","data":{"partner_id":"` + w.partner.String() + `","budget_limits":{"daily_budget_limit":"<many>"}}}`)
	consumer := integration.NewConsumer("nats", w.mail.Letters)
	must(w.t, consumer.Handle(w.t.Context(), []event.Message{{Topic: lettersTopic, ID: "m-1", Body: body}, {Topic: lettersTopic, ID: "m-2", Body: body}}))
}

func TestBrokersOnTheDashboard(t *testing.T) {
	w := newWorld(t)
	w.poison()
	operator := w.session(partners.RoleAdmin)
	status, body, _ := w.get("/settings/brokers", operator, "en")
	if status != http.StatusOK {
		t.Fatalf("status %d %s", status, body)
	}
	has(t, body, "kafka://kafka:9092", "1,234 events behind", "connection refused", "Needs a decision", "Waits behind another", "This is not an amount.", "&lt;many&gt;", `href="/settings/webhooks"`)
	_, at, _ := strings.Cut(body, `action="/settings/brokers/letters/`)
	at = "/settings/brokers/letters/" + at[:36]
	status, body, _ = w.post(at+"/replay", operator, "")
	if status != http.StatusUnprocessableEntity {
		t.Errorf("replayed: %d", status)
	}
	has(t, body, "role=\"alert\"")
	w.mail.fail = nil
	if status, _, _ = w.post(at+"/drop", operator, ""); status != http.StatusSeeOther {
		t.Errorf("dropped: %d", status)
	}
	_, body, _ = w.get("/settings/brokers", operator, "es")
	has(t, body, "Todo lo que llegó se procesó.", "eventos por enviar")
	if status, _, _ = w.get("/settings/brokers", w.session(partners.RoleManager), "en"); status != http.StatusForbidden {
		t.Errorf("a manager sees the brokers: %d", status)
	}
}
