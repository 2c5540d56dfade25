package dashboard

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/partners"
)

// utc is where the months of these tests begin.
type utc struct{}

func (utc) Zone(context.Context, uuid.UUID) (*time.Location, error) { return time.UTC, nil }

func TestBillingAddsUpAndIsReconciled(t *testing.T) {
	w := newWorld(t)
	finance := w.session(partners.RoleFinance)
	_, body, _ := w.get("/billing", finance, "en")
	has(t, body, "Nothing moved yet", "Nothing was spent in the last 35 days")
	c := w.running("Navidad", campaigns.Social)
	w.deliver(c.ID, time.Minute, 1000, 10, 1, 12.5)
	status, body, _ := w.get("/billing", finance, "en")
	if status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	has(t, body, "Opening balance", "Closing balance", "Navidad", `<span class="soft small">Social</span>`, "12.50", "Our ledger and the platforms agree", "format=xlsx",
		"Delivery, as the platforms report it", `<a href="/billing" aria-current="page">Billing</a>`)
	_, body, _ = w.get("/billing?month=2020-01", finance, "es")
	has(t, body, "Estado de cuenta de", "aún recibe informes", "Conciliación")
	if got, _, _ := w.post("/billing/differences/"+uuid.NewString()+"/explain", w.session(partners.RoleAnalyst), "note=x"); got != http.StatusForbidden {
		t.Errorf("an analyst explains: %d", got)
	}
	if got, _, _ := w.post("/billing/differences/"+uuid.NewString()+"/explain", finance, "note=x"); got != http.StatusNotFound {
		t.Errorf("an unknown difference: %d", got)
	}
}

// A campaign that waits for money says so, and leads to where it is paid in.
func TestACampaignWithoutFundsLeadsToBilling(t *testing.T) {
	w := newWorld(t)
	c := w.running("Navidad", campaigns.Social)
	_, err := w.campaigns.Pause(t.Context(), w.by, c.ID, 0, campaigns.ReasonFundsExhausted)
	must(t, err)
	manager := w.session(partners.RoleManager)
	_, body, _ := w.get("/campaigns/"+c.ID.String(), manager, "en")
	has(t, body, "goes on by itself once a day of delivery is paid for", `<a class="button" href="/billing">Billing</a>`)
	_, body, _ = w.get("/campaigns/"+c.ID.String(), manager, "es")
	has(t, body, "Sigue sola cuando se haya pagado un día de entrega")
}
