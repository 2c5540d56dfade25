package dashboard

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/optimization"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting"
)

// oracle finds, about whatever campaign, that one device is too dear, and on
// request that a platform is too.
type oracle struct{ platforms bool }

func (o *oracle) Findings(context.Context, uuid.UUID, uuid.UUID, optimization.Limits) ([]optimization.Finding, error) {
	against := 4.0
	found := []optimization.Finding{{
		Type: optimization.TargetingRefinement, Confidence: 0.9, Risk: optimization.RiskMedium,
		Change: optimization.Change{Targeting: &optimization.Audience{
			Field: "device_types", Before: []string{}, After: []string{"mobile", "tablet"}, Whole: targeting.Configuration{Locations: []targeting.Location{{Country: "CO"}}},
		}},
		Evidence: []optimization.Evidence{{Metric: "result_cost", Of: "desktop", Value: 9, Against: &against, Unit: "money", Sample: 40}},
		Impact:   optimization.Impact{Metric: "conversions", Mean: 2, Low: 1, High: 3, Relative: 0.1},
	}}
	if o.platforms {
		other, audience := found[0], *found[0].Change.Targeting
		audience.Field, audience.After = "platforms", []string{"android"}
		other.Change = optimization.Change{Targeting: &audience}
		found = append(found, other)
	}
	return found, nil
}

func (*oracle) Portfolio(context.Context, uuid.UUID, optimization.Limits) ([]optimization.Finding, error) {
	return nil, nil
}

func (w *world) optimizerOf(db *sqlstore.DB) *optimization.Service {
	w.oracle = &oracle{}
	w.optimizer = optimization.NewService(optimization.Config{
		Store: db.Suggestions(), Settings: db.Suggestions(), Hands: optimization.NewHands(w.campaigns, w.campaigns.Rehearsal(), w.funding, db.Log()),
		Analyst: w.oracle, Now: time.Now, NewID: func() uuid.UUID { return uuid.Must(uuid.NewV7()) },
	})
	return w.optimizer
}

func TestSuggestionsAreAppliedAndTakenBackOnThePages(t *testing.T) {
	w := newWorld(t)
	c := w.running("Cumbre", campaigns.Display)
	who, tab := w.session(partners.RoleManager), "/campaigns/"+c.ID.String()+"/suggestions"
	_, body, _ := w.get(tab, who, "es-CO")
	has(t, body, "Dejar fuera computadoras: un resultado cuesta allí 2,3 veces", "de certeza", "Aplicar", "Descartar", "En qué se basa", "muestra 40", "riesgo medio")
	all, _, err := w.optimizer.List(t.Context(), c.Partner, optimization.Query{})
	must(t, err)
	if len(all) != 1 {
		t.Fatalf("%d suggestions", len(all))
	}
	at := "/suggestions/" + all[0].State().ID.String()

	if status, _, header := w.post(at+"/apply", who, "revision=1&from="+tab); status != http.StatusSeeOther || header.Get("Location") != tab {
		t.Errorf("apply: %d to %q", status, header.Get("Location"))
	}
	_, body, _ = w.get("/suggestions", who, "en-US")
	has(t, body, "Leave out desktop computers: a result costs 2.3 times", "Applied", "Take back", "Cumbre", "Nothing to suggest", "What the optimizer may do by itself", "0 improved")
	if status, _, header := w.post(at+"/rollback", who, "from=https://elsewhere.example"); status != http.StatusSeeOther || header.Get("Location") != "/suggestions" {
		t.Errorf("roll-back: %d to %q", status, header.Get("Location"))
	}
	if status, body, _ := w.post(at+"/rollback", who, ""); status != http.StatusConflict || !strings.Contains(body, "suggestion") {
		t.Errorf("a second roll-back: %d", status)
	}

	if status, _, _ := w.post("/suggestions/settings", who, "revision=1&automatic=BID_ADJUSTMENT&optimizer_step=10&optimizer_cooldown=48"); status != http.StatusSeeOther {
		t.Errorf("settings: %d", status)
	}
	_, body, _ = w.get("/suggestions", who, "en-US")
	has(t, body, `value="BID_ADJUSTMENT" checked`, `value="48"`)
	if status, body, _ := w.post("/suggestions/limits", who, "revision=2&limit_channel=search&limit_least=140"); status != http.StatusUnprocessableEntity || !strings.Contains(body, "limit_least") {
		t.Errorf("a share above all: %d", status)
	}
	if status, _, _ := w.post("/suggestions/limits", who, "revision=2&limit_campaign="+c.ID.String()+"&limit_floor=40&limit_step=15"); status != http.StatusSeeOther {
		t.Errorf("a limit: %d", status)
	}
	if status, _, _ := w.post("/suggestions/settings", who, "revision=3&automatic=BID_ADJUSTMENT&optimizer_step=10&optimizer_cooldown=48"); status != http.StatusSeeOther {
		t.Errorf("settings beside a limit: %d", status)
	}
	_, body, _ = w.get("/suggestions", who, "en-US")
	has(t, body, "at least", "40.00", "steps of at most 15%")
	if status, _, _ := w.post("/suggestions/limits", who, "revision=4&remove=0"); status != http.StatusSeeOther {
		t.Errorf("no limit any more: %d", status)
	}
	if a, err := w.optimizer.Autonomy(t.Context(), c.Partner); err != nil || len(a.Limits) != 0 {
		t.Errorf("%+v, %v", a.Limits, err)
	}
	if status, _, _ := w.post(at+"/dismiss", w.session(partners.RoleAnalyst), ""); status != http.StatusForbidden {
		t.Errorf("an analyst: %d", status)
	}
}

func (*oracle) Review(_ context.Context, _, campaign uuid.UUID, _ optimization.Limits) (optimization.Review, error) {
	return optimization.Review{Campaign: campaign}, nil
}

func TestSuggestionsAreDecidedTogether(t *testing.T) {
	w := newWorld(t)
	who := w.session(partners.RoleManager)
	form := "action=apply"
	for _, name := range []string{"Cumbre", "Valle", "Costa"} {
		c := w.running(name, campaigns.Display)
		w.get("/campaigns/"+c.ID.String()+"/suggestions", who, "en-US")
		items, _, err := w.optimizer.List(t.Context(), c.Partner, optimization.Query{Campaign: c.ID})
		must(t, err)
		form += "&id=" + items[0].State().ID.String()
		if name == "Costa" { // somebody else is quicker
			_, err := w.optimizer.Dismiss(t.Context(), event.Origin{Partner: c.Partner}, items[0].State().ID, "", optimization.Options{})
			must(t, err)
		}
	}
	_, body, _ := w.get("/suggestions", who, "en-US")
	has(t, body, "Several at once", `form="together"`, "Apply the chosen")
	status, body, _ := w.post("/suggestions/bulk", who, form)
	if has(t, body, "What came of each", "The change is made, and watched.", "Nothing was changed: "); status != http.StatusOK || strings.Count(body, "The change is made, and watched.") != 2 {
		t.Errorf("%d, %d made", status, strings.Count(body, "The change is made, and watched."))
	}
	w.oracle.platforms = true
	page := "/campaigns/" + w.running("Sierra", campaigns.Display).ID.String() + "/suggestions"
	_, body, _ = w.get(page, who, "en-US")
	has(t, body, `action="`+page+`/bulk"`)
	one := regexp.MustCompile(`form="together" name="id" value="([^"]+)"`).FindStringSubmatch(body)
	if one == nil {
		t.Fatal("nothing to choose on the campaign's page")
	}
	if status, body, _ := w.post(page+"/bulk", who, "action=apply&id="+one[1]); status != http.StatusOK || !strings.Contains(body, "The change is made, and watched.") || !strings.Contains(body, "Sierra") {
		t.Errorf("on a campaign's page: %d", status)
	}
	if status, _, _ := w.post(page+"/bulk", who, "action=apply"); status != http.StatusUnprocessableEntity {
		t.Errorf("of none on a campaign's page: %d", status)
	}
	if status, body, _ := w.post("/suggestions/bulk", who, "action=dismiss"); status != http.StatusUnprocessableEntity || !strings.Contains(body, "Choose at least one") && !strings.Contains(body, "Elige al menos una") {
		t.Errorf("of none: %d", status)
	}
	if status, _, _ := w.post("/suggestions/bulk", w.session(partners.RoleAnalyst), form); status != http.StatusForbidden {
		t.Errorf("an analyst: %d", status)
	}
}
