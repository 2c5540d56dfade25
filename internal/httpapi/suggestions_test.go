package httpapi_test

import (
	"context"
	"net/http"
	"path"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/optimization"
	"github.com/hexabuilders/campaignd/targeting"
)

// optimizes gives the world an optimiser over its services.
func (w *world) optimizes() {
	s := &w.services
	examiner := optimization.NewExaminer(s.Campaigns, s.Budgets, s.Performance, w.clock)
	s.Optimizer = optimization.NewService(optimization.Config{
		Store: w.db.Suggestions(), Settings: w.db.Suggestions(), Hands: optimization.NewHands(s.Campaigns, s.Campaigns.Rehearsal(), s.Funding, w.db.Log()),
		Analyst: examiner, Outcomes: examiner, Now: w.clock, NewID: newID,
	})
}

// oracle finds what a test wants found.
type oracle []optimization.Finding

func (o oracle) Findings(context.Context, uuid.UUID, uuid.UUID, optimization.Limits) ([]optimization.Finding, error) {
	return o, nil
}

func (oracle) Portfolio(context.Context, uuid.UUID, optimization.Limits) ([]optimization.Finding, error) {
	return nil, nil
}

// suggests puts an oracle in the place of the analyst.
func (h *house) suggests(found ...optimization.Finding) *optimization.Service {
	s := h.services
	return optimization.NewService(optimization.Config{
		Store: h.db.Suggestions(), Settings: h.db.Suggestions(), Hands: optimization.NewHands(s.Campaigns, s.Campaigns.Rehearsal(), s.Funding, h.db.Log()),
		Analyst: oracle(found), Now: h.clock, NewID: newID,
	})
}

// suggestion makes one about a campaign: to leave out a device.
func (h *house) suggestion(campaign string) string {
	h.Helper()
	against := 4.0
	f := optimization.Finding{
		Type: optimization.TargetingRefinement, Confidence: 0.9, Risk: optimization.RiskMedium, From: h.clock(), To: h.clock(), KnownAt: h.clock(),
		Change: optimization.Change{Targeting: &optimization.Audience{
			Field: "device_types", Before: []string{}, After: []string{"mobile", "tablet"}, Whole: targeting.Configuration{Locations: []targeting.Location{{Country: "CO"}}},
		}},
		Evidence: []optimization.Evidence{{Metric: "result_cost", Of: "desktop", Value: 9, Against: &against, Unit: "money", Sample: 40}},
		Impact:   optimization.Impact{Metric: "conversions", Mean: 2, Low: 1, High: 3, Relative: 0.1},
	}
	if err := h.suggests(f).Analyse(h.Context(), uuid.MustParse(h.id), uuid.MustParse(campaign)); err != nil {
		h.Fatal(err)
	}
	return h.call(h.analyst, "GET", "/api/v1/suggestions?state=open", nil).want(http.StatusOK).str("items.0.id")
}

func TestASuggestionIsAppliedAndTakenBack(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	at := h.active()
	id := h.suggestion(strings.TrimPrefix(at, "/api/v1/campaigns/"))
	path := "/api/v1/suggestions/" + id

	read := h.call(h.analyst, "GET", path, nil).want(http.StatusOK)
	if read.str("state") != "open" || read.str("auto_apply.reason") != "not_enabled" || !strings.Contains(read.str("why"), "desktop") {
		t.Errorf("%s", read.text)
	}
	h.call(h.manager, "POST", path+"/apply", `{"parameters":{"bid":{"amount":"2.00","currency":"USD"}}}`).refused(http.StatusUnprocessableEntity, "validation_failed")
	if would := h.call(h.manager, "POST", path+"/apply?validate_only=true", nil).want(http.StatusOK); would.str("state") != "applied" {
		t.Errorf("it would be %s", would.text)
	}
	h.call(h.manager, "POST", path+"/apply?validate_only=true", nil, "If-Match", `"9"`).refused(http.StatusPreconditionFailed, "stale_revision")
	h.call(h.manager, "POST", path+"/rollback", nil).refused(http.StatusConflict, "suggestion_state")
	h.call(h.manager, "POST", path+"/apply", nil, "If-Match", `"9"`).refused(http.StatusPreconditionFailed, "stale_revision")

	applied := h.call(h.manager, "POST", path+"/apply", nil, "If-Match", `"1"`).want(http.StatusOK)
	if applied.str("state") != "applied" || applied.str("valid_actions.0") != "rollback" {
		t.Errorf("%s", applied.text)
	}
	h.call(h.manager, "POST", path+"/apply?validate_only=true", nil).refused(http.StatusConflict, "suggestion_state")
	if back := h.call(h.manager, "POST", path+"/rollback?validate_only=true", nil).want(http.StatusOK); back.str("state") != "rolled_back" {
		t.Errorf("it would be %s", back.text)
	}
	devices := func() int { return h.call(h.analyst, "GET", at, nil).want(http.StatusOK).len("targeting.device_types") }
	if got := devices(); got != 2 {
		t.Errorf("the targeting has %d devices", got)
	}
	h.call(h.manager, "POST", path+"/rollback", `{"reason":"worse"}`).want(http.StatusOK)
	if got := devices(); got != 0 {
		t.Errorf("after the roll-back the targeting has %d devices", got)
	}
}

func TestSuggestionsInBulkAnswerEachForItself(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	id := h.suggestion(strings.TrimPrefix(h.active(), "/api/v1/campaigns/"))
	got := h.call(h.manager, "POST", "/api/v1/suggestions/bulk", map[string]any{"action": "dismiss", "ids": []string{id, newID().String(), id}, "reason": "later"}).want(http.StatusOK)
	if got.str("results.0.suggestion.state") != "dismissed" || got.str("results.1.problem.code") != "suggestion_not_found" || got.str("results.2.problem.code") != "suggestion_state" {
		t.Errorf("%s", got.text)
	}
}

func TestOptimizerSettings(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	before := h.call(h.analyst, "GET", "/api/v1/optimizer-settings", nil).want(http.StatusOK)
	if before.str("automatic.0") != "" || before.str("records.0.type") != "BUDGET_REALLOCATION" {
		t.Errorf("%s", before.text)
	}
	body := bodies["set-optimizer-settings"]
	h.call(h.manager, "PUT", "/api/v1/optimizer-settings", body).refused(http.StatusPreconditionRequired, "if_match_required")
	h.call(h.manager, "PUT", "/api/v1/optimizer-settings?validate_only=true", body, "If-Match", `"1"`).want(http.StatusOK)
	h.call(h.manager, "PUT", "/api/v1/optimizer-settings", body, "If-Match", `"1"`).want(http.StatusOK)
	h.call(h.manager, "PUT", "/api/v1/optimizer-settings", body, "If-Match", `"1"`).refused(http.StatusPreconditionFailed, "stale_revision")
	if after := h.call(h.analyst, "GET", "/api/v1/optimizer-settings", nil).want(http.StatusOK); after.str("limits.0.channel") != "search" || after.len("limits") != 1 {
		t.Errorf("%s", after.text)
	}
	for name, limit := range map[string]string{
		"nothing":                `{"channel":"search"}`,
		"a share of no channel":  `{"most_share_percent":40}`,
		"another's campaign":     `{"campaign_id":"` + newID().String() + `","max_step_percent":5}`,
		"another currency":       `{"campaign_id":"` + path.Base(h.active()) + `","floor":{"amount":"1.00","currency":"EUR"}}`,
		"a floor on the ceiling": `{"floor":{"amount":"9.00","currency":"USD"},"ceiling":{"amount":"8.00","currency":"USD"}}`,
	} {
		refused := h.call(h.manager, "PUT", "/api/v1/optimizer-settings", `{"automatic":[],"max_step_percent":20,"cooldown_hours":24,"limits":[`+limit+`]}`, "If-Match", `"2"`)
		if refused.refused(http.StatusUnprocessableEntity, "validation_failed"); !strings.Contains(string(refused.text), "limits[0]") {
			t.Errorf("%s: %s", name, refused.text)
		}
	}
}

func (oracle) Review(context.Context, uuid.UUID, uuid.UUID, optimization.Limits) (optimization.Review, error) {
	return optimization.Review{}, nil
}

// TestAnAnalysisSaysWhatIsMissing: a campaign that has delivered nothing has every
// area, each with the sample that it takes.
func TestAnAnalysisSaysWhatIsMissing(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	campaign := h.active()
	got := h.call(h.analyst, "GET", campaign+"/analysis?lang=en", nil).want(http.StatusOK)
	if s := got.str("items.0.standing") + ": " + got.str("items.0.text"); s != "too_little: Too little to judge: 0 clicks of the 50 that it takes." {
		t.Error(s)
	}
	if got.str("items.5.area") != "audiences" {
		t.Errorf("%s", got.str("items.5.area"))
	}
	spanish := h.call(h.analyst, "GET", campaign+"/analysis", nil, "Accept-Language", "es").want(http.StatusOK)
	if !strings.HasPrefix(spanish.str("items.0.text"), "Demasiado poco") {
		t.Error(spanish.str("items.0.text"))
	}
	h.call(h.analyst, "GET", "/api/v1/campaigns/"+newID().String()+"/analysis", nil).want(http.StatusNotFound)
	h.call(h.ingest, "GET", campaign+"/analysis", nil).refused(http.StatusForbidden, "role_not_allowed")
}
