package dashboard

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/budgets/pacing"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

// planned is pacing over a schedule of 30 days around now, with 20 days of
// delivery in two channels.
type planned struct{ w *world }

func (p planned) Subject(ctx context.Context, partner, budget uuid.UUID) (pacing.Subject, error) {
	found, _, err := p.w.campaigns.List(ctx, event.Origin{Partner: partner}, campaigns.Query{})
	for _, c := range found {
		s := c.State()
		if s.BudgetID != budget {
			continue
		}
		b, err := p.w.budgets.ForCampaign(ctx, partner, s.ID)
		if err != nil {
			return pacing.Subject{}, err
		}
		now := time.Now().UTC()
		return pacing.Subject{
			Partner: partner, Budget: budget, Campaign: s.ID, Currency: s.Currency, Spent: b.State().Settled,
			Plan: pacing.Plan{Limit: b.State().Limit, From: now.AddDate(0, 0, -20), To: now.AddDate(0, 0, 10), Zone: time.UTC},
		}, err
	}
	return pacing.Subject{}, err
}

func (p planned) Days(_ context.Context, _ pacing.Subject, _, to time.Time) ([]pacing.ChannelDay, time.Time, error) {
	var days []pacing.ChannelDay
	today := localday.Of(to.Add(-1), time.UTC)
	for i := range localday.Day(20) {
		for _, channel := range []string{"display", "search"} {
			days = append(days, pacing.ChannelDay{
				Day: today - 20 + i, Channel: channel, Spend: int64(40+i%7*5) * money.Unit,
				Results: map[pacing.Result]int64{pacing.Conversions: 4 + int64(i%3)},
			})
		}
	}
	return days, to, nil
}

// Two people raise a limit on the pages; one of them never can alone.
func TestExtraSpendOnThePages(t *testing.T) {
	w := newWorld(t)
	s := w.running("Navidad", campaigns.Social)
	manager, approver := w.session(partners.RoleManager), w.session(partners.RoleApprover)
	at := "/campaigns/" + s.ID.String() + "/budget"
	if status, body, _ := w.post(at+"/extra", manager, "amount=5,000&reason="); status != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d %.300s", status, body)
	}
	if status, _, _ := w.post(at+"/extra", manager, "amount=5,000&reason=Black+Friday"); status != http.StatusSeeOther {
		t.Fatalf("proposed: %d", status)
	}
	_, body, _ := w.get(at, manager, "en")
	has(t, body, "Black Friday", "waits for an approver", "Somebody with the role approver decides.", "One person may still add $400.00", "probability", "Expected by now")
	found, _, err := w.funding.Extras(t.Context(), w.partner, budgets.ExtraQuery{})
	must(t, err)
	if len(found) != 1 {
		t.Fatalf("%d proposals", len(found))
	}
	decide := at + "/extra/" + found[0].ID.String()
	if status, _, _ := w.post(decide+"/approve", manager, ""); status != http.StatusForbidden {
		t.Errorf("approved by a manager: %d", status)
	}
	if status, _, _ := w.post(decide+"/approve", approver, ""); status != http.StatusSeeOther {
		t.Errorf("approved: %d", status)
	}
	if status, body, _ := w.post(decide+"/deny", approver, ""); status != http.StatusConflict {
		t.Errorf("decided twice: %d %.300s", status, body)
	}
	_, body, _ = w.get(at, approver, "es")
	has(t, body, "aprobado", "Límite 7000,00")
}

func TestTheLimitIsDividedOnThePage(t *testing.T) {
	w := newWorld(t)
	s := w.running("Navidad", campaigns.Social)
	finance := w.session(partners.RoleFinance)
	at := "/campaigns/" + s.ID.String() + "/budget"
	b, err := w.budgets.ForCampaign(t.Context(), w.partner, s.ID)
	must(t, err)
	revision := "revision=" + strconv.FormatInt(b.State().Revision, 10)
	if status, body, _ := w.post(at+"/allocations", finance, revision+"&category=search&amount=1,500&category=social&amount=600"); status != http.StatusUnprocessableEntity {
		t.Errorf("more than the limit: %d %.300s", status, body)
	}
	if status, _, _ := w.post(at+"/allocations", finance, revision+"&category=search&amount=1,200&category=social&amount=800&category=video&amount="); status != http.StatusSeeOther {
		t.Fatalf("divided: %d", status)
	}
	if status, _, _ := w.post(at+"/reallocate", finance, "from=search&to=social&amount=200.50&reason=sells"); status != http.StatusSeeOther {
		t.Errorf("moved: %d", status)
	}
	_, body, _ := w.get(at, finance, "en")
	has(t, body, "$999.50", "$1,000.50", "Move from one part to another")
	if status, _, _ := w.post(at+"/reallocate", w.session(partners.RoleAnalyst), "from=search&to=social&amount=1"); status != http.StatusForbidden {
		t.Errorf("moved by an analyst: %d", status)
	}
}
