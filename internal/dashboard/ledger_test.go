package dashboard

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/language"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/partners"
)

// book is what internal/app gives the pages.
type book struct {
	sqlstore.Ledger
	*sqlstore.Prover
	vault sqlstore.Vault
}

func (b book) Open(ctx context.Context, partner, budget uuid.UUID, limit int) ([]*budgets.Reservation, error) {
	found, _, err := b.vault.Reservations(ctx, partner, budget, budgets.ReservationQuery{State: budgets.StateReserved, Now: time.Now(), Limit: limit})
	return found, err
}

func TestTheLedgerOnTheDashboard(t *testing.T) {
	w := newWorld(t)
	finance := w.session(partners.RoleFinance)
	_, body, _ := w.get("/ledger", finance, "en")
	has(t, body, "Nothing has been posted yet", "Verified up to entry 0 of 0")
	w.running("Navidad", campaigns.Social)
	status, body, _ := w.get("/ledger", finance, "en")
	if status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	has(t, body, "Budget granted", "Navidad", "Granted", "Available", "Verified up to entry 1 of 1")
	_, body, _ = w.get("/ledger?kind=reserved", finance, "es")
	has(t, body, "Libro contable", "Verificado hasta el asiento 1 de 1")
	today := time.Now().In(time.FixedZone("Bogotá", -5*60*60))
	es, err := newLocale(language.Make("es-CO"))
	must(t, err)
	_, body, _ = w.get("/ledger", finance, "es-CO")
	has(t, body, `<span class="soft small">`+es.Day(today)) // as people write it
	_, body, _ = w.get("/ledger?from="+today.AddDate(0, 0, -1).Format(time.DateOnly)+"&to="+today.Format(time.DateOnly), finance, "en")
	has(t, body, "Budget granted")
	_, body, _ = w.get("/ledger?from="+today.AddDate(0, 0, 1).Format(time.DateOnly), finance, "en")
	if strings.Contains(body, "Navidad") {
		t.Error("tomorrow has an entry")
	}
}
