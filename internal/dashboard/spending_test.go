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
	"github.com/hexabuilders/campaignd/performance"
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

// reported is budgets.Deliveries over what the world's platforms reported.
type reported struct{ w *world }

func (r reported) PlatformDays(ctx context.Context, b *budgets.Budget, from, to localday.Day) (days []budgets.PlatformDay, _ error) {
	s := b.State()
	zone, err := time.LoadLocation(s.Timezone)
	if err != nil {
		return nil, err
	}
	start, _ := localday.Bounds(from, zone)
	end, _ := localday.Bounds(to, zone)
	found, err := r.w.metrics.Metrics(ctx, s.Partner, s.Campaign, performance.Query{From: start, To: end, Granularity: "day", GroupBy: []string{"source"}})
	for _, item := range found.Items {
		days = append(days, budgets.PlatformDay{Day: localday.Of(item.From, zone), Platform: item.Group["source"], Spend: item.Spend})
	}
	return days, err
}

func TestThePlanIsChangedOnThePage(t *testing.T) {
	w := newWorld(t)
	s := w.running("Navidad", campaigns.Social)
	manager := w.session(partners.RoleManager)
	at := "/campaigns/" + s.ID.String() + "/budget"
	save := func(form string, want int) string {
		t.Helper()
		b, err := w.budgets.ForCampaign(t.Context(), w.partner, s.ID)
		must(t, err)
		status, body, _ := w.post(at+"/plan", manager, "revision="+strconv.FormatInt(b.State().Revision, 10)+"&"+form)
		if status != want {
			t.Fatalf("%s: %d %.300s", form, status, body)
		}
		return body
	}
	has(t, save("shape=custom&points=25", http.StatusUnprocessableEntity), "Write pairs of percentages")
	save("shape=custom&points=50+40%3B+25+75", http.StatusUnprocessableEntity) // back in time
	save("shape=custom&points=25+40.5%3B+50+75", http.StatusSeeOther)
	_, body, _ := w.get(at, manager, "es")
	has(t, body, "25 40,5; 50 75", "una curva propia")
	save("shape=front_loaded&points=25+40", http.StatusSeeOther) // only a custom one has points
	_, body, _ = w.get(at, manager, "en")
	has(t, body, "more at the beginning")
	if status, _, _ := w.post(at+"/plan", w.session(partners.RoleAnalyst), "shape=asap"); status != http.StatusForbidden {
		t.Errorf("by an analyst: %d", status)
	}
}

func TestMoneyGoesToAnotherCampaignOnThePage(t *testing.T) {
	w := newWorld(t)
	from, to := w.running("Navidad", campaigns.Social), w.running("Año Nuevo", campaigns.Social)
	manager := w.session(partners.RoleManager)
	at := "/campaigns/" + from.ID.String() + "/budget"
	_, body, _ := w.get(at, manager, "en")
	has(t, body, "Give a part to another campaign", "Año Nuevo", "At most $2,000.00")
	if status, body, _ := w.post(at+"/transfer", manager, "to="+to.BudgetID.String()+"&amount=500"); status != http.StatusConflict {
		t.Errorf("more than one person may raise: %d %.300s", status, body)
	}
	if status, _, _ := w.post(at+"/transfer", manager, "to="+to.BudgetID.String()+"&amount=300.50&reason=sells"); status != http.StatusSeeOther {
		t.Fatalf("given: %d", status)
	}
	for id, want := range map[string]string{from.ID.String(): "1699.50", to.ID.String(): "2300.50"} {
		b, err := w.budgets.ForCampaign(t.Context(), w.partner, uuid.MustParse(id))
		must(t, err)
		if got := money.New(b.State().Limit, "USD").Amount(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if status, _, _ := w.post(at+"/transfer", manager, "to=nobody&amount=1"); status != http.StatusNotFound {
		t.Errorf("to nobody: %d", status)
	}
}

func TestTheGuardIsSetOnItsPage(t *testing.T) {
	w := newWorld(t)
	approver := w.session(partners.RoleApprover)
	_, body, _ := w.get("/settings/guard", w.session(partners.RoleAnalyst), "en")
	has(t, body, "One person may add 20% of a limit within 30 days", "Somebody with the role approver sets this.")
	if status, _, _ := w.post("/settings/guard", w.session(partners.RoleManager), "revision=1&guard_approval=900&guard_day=900&guard_step=900"); status != http.StatusForbidden {
		t.Errorf("by a manager: %d", status)
	}
	status, body, _ := w.post("/settings/guard", approver, "revision=1&guard_approval=x&guard_day=100&guard_step=50&guard_floor=9&guard_ceiling=5")
	if status != http.StatusUnprocessableEntity {
		t.Fatalf("nonsense: %d", status)
	}
	has(t, body, `value="x"`, "The floor is above the ceiling.")
	if status, _, _ := w.post("/settings/guard", approver, "revision=1&guard_approval=10&guard_day=60&guard_step=5&guard_floor=&guard_ceiling=5,000"); status != http.StatusSeeOther {
		t.Fatalf("set: %d", status)
	}
	_, body, _ = w.get("/settings/guard", approver, "es")
	has(t, body, "5000,00", "10\u00a0%")
	if status, _, _ := w.post("/settings/guard", approver, "revision=1&guard_approval=10&guard_day=60&guard_step=6"); status != http.StatusPreconditionFailed {
		t.Errorf("of an earlier revision: %d", status)
	}
}

// A day beyond a daily limit says whether its platforms announce as much.
func TestDaysBeyondADailyLimitAreJudgedOnThePage(t *testing.T) {
	w := newWorld(t)
	c, err := w.campaigns.Create(t.Context(), w.by, campaigns.NewCampaign{
		Name: "Navidad", Type: campaigns.Social, Objective: campaigns.Conversions, Timezone: "America/Bogota",
		Goals:  campaigns.Goals{Targets: []campaigns.Target{{Metric: campaigns.MetricConversions, Quantity: campaigns.Count(500)}}},
		Budget: campaigns.BudgetTerms{Amount: usdOf(100), Kind: campaigns.BudgetDaily},
	})
	must(t, err)
	for days, spend := range map[int]float64{1: 180, 2: 260} {
		e := performance.Event{ID: newID().String(), Campaign: c.State().ID, OccurredAt: time.Now().AddDate(0, 0, -days).UnixMicro()}
		e.Source, e.Spend = "google_ads", micros(spend)
		_, err := w.metrics.Record(t.Context(), w.by, []performance.Event{e})
		must(t, err)
	}
	_, body, _ := w.get("/campaigns/"+c.State().ID.String()+"/budget", w.session(partners.RoleFinance), "en")
	has(t, body, "Beyond the daily limit", "The platforms announce as much", "Abnormal: $30.00 more than they announce", "Google Ads $260.00")
}
