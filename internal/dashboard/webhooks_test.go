package dashboard

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/webhooks"
)

// refusing is a receiver that takes nothing, and the status that it answers with.
type refusing int

func (r refusing) Send(context.Context, webhooks.Message) webhooks.Reply {
	return webhooks.Reply{Status: int(r), Duration: 12 * time.Millisecond}
}

func TestWebhooksOnTheDashboard(t *testing.T) {
	w := newWorld(t)
	who := w.session(partners.RoleManager)
	status, body, _ := w.get("/settings/webhooks", who, "en")
	if status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	has(t, body, "No program is told yet.", "Add an endpoint")
	status, body, _ = w.post("/settings/webhooks", who, url.Values{"webhook_url": {"http://10.0.0.1/"}, "webhook_events": {"alert.*", "campaign.*"}}.Encode())
	if status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", status)
	}
	has(t, body, "must not be read on its way", `value="http://10.0.0.1/"`, `value="campaign.*" checked`)
	status, body, _ = w.post("/settings/webhooks", who, url.Values{"webhook_url": {"https://example.com/hook"}, "webhook_events": {"*"}, "webhook_description": {"CRM"}}.Encode())
	if status != http.StatusCreated {
		t.Errorf("status %d", status)
	}
	secret := regexp.MustCompile(`whsec_[^<]+`).FindString(body)
	has(t, body, "https://example.com/hook", "CRM", "shown this once")
	if _, again, _ := w.get("/settings/webhooks", who, "en"); secret == "" || strings.Contains(again, "whsec_") {
		t.Errorf("the secret %q is shown again, or was not", secret)
	}
	at := "/settings/webhooks/" + regexp.MustCompile(`/settings/webhooks/([0-9a-f-]{36})/test`).FindStringSubmatch(body)[1]
	_, body, _ = w.post(at+"/test", who, "")
	has(t, body, "418 in 12")

	w.running("Navidad", campaigns.Social)
	w.dispatch()
	_, body, _ = w.get("/settings/webhooks", who, "es")
	has(t, body, "campaign.launched", "Falla desde", "418 en 12", "Otra vez a las")

	w.webhooks.Sender = refusing(http.StatusGone)
	w.running("Reyes", campaigns.Social)
	w.dispatch()
	_, body, _ = w.get("/settings/webhooks", who, "en")
	has(t, body, "Disabled: it answered 410 Gone")
	revision := regexp.MustCompile(`name="revision" value="(\d+)"`).FindStringSubmatch(body)[1]
	if status, _, _ = w.post(at+"/enable", who, "revision="+revision); status != http.StatusSeeOther {
		t.Errorf("switched on: %d", status)
	}
	_, body, _ = w.get("/settings/webhooks", who, "en")
	has(t, body, "Failed", "Send again what failed")
	if status, _, _ = w.post(at+"/redeliver_failed", who, ""); status != http.StatusSeeOther {
		t.Errorf("sent again: %d", status)
	}
	if _, body, _ = w.get("/settings/webhooks", who, "en"); strings.Contains(body, "Send again what failed") || !strings.Contains(body, "On its way") {
		t.Error("what failed is not on its way")
	}

	revision = regexp.MustCompile(`name="revision" value="(\d+)"`).FindStringSubmatch(body)[1]
	if status, _, _ = w.post(at+"/disable", who, "revision="+revision); status != http.StatusSeeOther {
		t.Errorf("switched off: %d", status)
	}
	status, body, _ = w.post(at+"/delete", who, "revision=1")
	if status != http.StatusPreconditionFailed {
		t.Errorf("stale: %d %s", status, body)
	}
	revision = regexp.MustCompile(`name="revision" value="(\d+)"`).FindStringSubmatch(body)[1]
	if status, _, _ = w.post(at+"/delete", who, "revision="+revision); status != http.StatusSeeOther {
		t.Errorf("deleted: %d", status)
	}
	if status, _, _ = w.get("/settings/webhooks", w.session(partners.RoleFinance), "en"); status != http.StatusForbidden {
		t.Errorf("finance sees webhooks: %d", status)
	}
}

// dispatch sends the partner's latest events to its endpoints.
func (w *world) dispatch() {
	w.t.Helper()
	dispatcher := webhooks.NewDispatcher(w.webhooks, w.log)
	events, err := w.log.Read(w.t.Context(), w.partner, 0, 100)
	must(w.t, err)
	must(w.t, dispatcher.Enqueue(w.t.Context(), events))
	must(w.t, dispatcher.SendDue(w.t.Context()))
}

// hooked gives the partner an endpoint with deliveries, none of which arrive.
func (w *world) hooked() {
	w.t.Helper()
	_, _, err := w.webhooks.Create(w.t.Context(), w.by, webhooks.New{
		Partner: w.partner, URL: "https://crm.example.com/integrations/hexabuilders/campaigns?tenant=cafe-andino", Description: "CRM", Events: []string{"alert.*", "campaign.*"},
	})
	must(w.t, err)
	w.dispatch()
}
