package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/targeting/panel"
	"github.com/hexabuilders/campaignd/targeting/reach"
)

// panels puts panels and reach over the world's store.
func (w *world) panels() {
	w.services.Panels = panel.NewService(panel.Config{Store: w.db.Panels(), Blocks: w.db.Panels(), MaxRows: 50_000, Now: w.clock, NewID: newID})
	w.services.Reach = reach.NewService(reach.Config{
		Defaults: reach.Standard(), Panels: w.services.Panels, Audiences: w.services.Audiences, Factors: w.db.Reach(), Record: w.db.Reach(), Delivery: reached{w}, Now: w.clock,
	})
}

// reached is what campaigns delivered, as their metrics say it.
type reached struct{ *world }

func (r reached) Campaign(ctx context.Context, partner, id uuid.UUID) (reach.Subject, error) {
	c, err := r.services.Campaigns.Get(ctx, event.Origin{Partner: partner}, id)
	if err != nil {
		return reach.Subject{}, err
	}
	s := c.State()
	return reach.Subject{Partner: s.Partner, Name: s.Name, Targeting: s.Targeting}, nil
}

func (r reached) Days(ctx context.Context, partner, id uuid.UUID) ([]reach.Day, error) {
	t, err := r.services.Performance.Totals(ctx, partner, id)
	if errors.Is(err, performance.ErrNotFound) {
		return nil, nil
	}
	return []reach.Day{{Impressions: t.Impressions, Spend: money.New(t.Spend, money.Currency(t.Currency)), Reach: t.Reach}}, err
}

const asCSV, asNDJSON = "text/csv", "application/x-ndjson"

// panel loads a file.
func (h *house) panel(text string) *answer {
	h.Helper()
	return h.call(h.manager, "POST", "/api/v1/panels?name=Census", text, "Content-Type", asCSV).want(http.StatusCreated)
}

// census is people as census files write them.
const census = `weight, country, age, sex, Occupation, hours-per-week
100, US, 39, Male, Adm-clerical, 40
200, US, 50, Female, Exec-managerial, 13
300, US, 38, Female, Exec-managerial, 60
400, US, ?, Female, ?, 45
50, PE, 28, Female, Exec-managerial, 40
`

func TestPeopleAreCountedInAPanel(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	made := h.panel(census)
	at := "/api/v1/panels/" + made.str("id")
	if made.Header.Get("Location") != at || made.Header.Get("ETag") == "" || made.str("status") != "ready" || made.num("progress.rows") != 5 || made.num("totals.weight") != 1050 {
		t.Errorf("%v %s", made.Header, made.text)
	}
	for body, want := range map[string]float64{
		`{"panel_id":"%s","attributes":{"occupation":["Exec-managerial"]}}`:                                                                        550,
		`{"panel_id":"%s","locations":[{"country":"US"}],"attributes":{"Occupation":["exec-managerial"]}}`:                                         500,
		`{"panel_id":"%s","locations":[{"country":"US"}],"genders":["female"],"age_range":{"min":30,"max":65}}`:                                    500,
		`{"panel_id":"%s","attributes":{"hours-per-week":{"min":40,"max":45}}}`:                                                                    550,
		`{"panel_id":"%s","attributes":{"hours_per_week":[13,"60"]}}`:                                                                              500,
		`{"panel_id":"%s","exclude_attributes":{"occupation":["Exec-managerial"]}}`:                                                                500,
		`{"panel_id":"%s","exclusions":[{"criterion":"countries","values":["PE"]}]}`:                                                               1000,
		`{"panel_id":"%s","attributes":{"occupation":["Astronaut"]}}`:                                                                              0,
		`{"panel_id":"%s","locations":[{"country":"US"}],"genders":["female"],"interests":[],"attributes":{"occupation":["Exec-managerial","x"]}}`: 500,
	} {
		got := h.call(h.analyst, "POST", "/api/v1/reach-estimates", fmt.Sprintf(body, made.str("id"))).want(http.StatusOK)
		if got.num("mid") != want || got.str("method") != "panel_joint_counts" || got.num("low") > want || got.num("high") < want || got.str("panel.name") != "Census" {
			t.Errorf("%s: want %v: %s", body, want, got.text)
		}
	}
	// Unasked, and times what the panel does not know.
	auto := h.call(h.analyst, "POST", "/api/v1/reach-estimates", `{"locations":[{"country":"US"}],"interests":["607"],"genders":["male"]}`).want(http.StatusOK)
	if auto.str("method") != "panel_joint_counts_and_shares" || auto.num("mid") >= 100 || auto.num("population") != 1000 {
		t.Errorf("%s", auto.text)
	}
	wide := h.call(h.analyst, "POST", "/api/v1/reach-estimates", `{"locations":[{"country":"US"}],"interests":["607"],"method":"population_shares"}`).want(http.StatusOK)
	if wide.str("method") != "population_shares" || wide.num("population") < 1e8 {
		t.Errorf("%s", wide.text)
	}
	h.call(h.manager, "PATCH", at, `{"automatic":false}`, "If-Match", made.Header.Get("ETag")).want(http.StatusOK)
	if got := h.call(h.analyst, "POST", "/api/v1/reach-estimates", `{"locations":[{"country":"US"}],"interests":["607"]}`).want(http.StatusOK); got.str("method") != "population_shares" {
		t.Errorf("%s", got.text)
	}
	h.call(h.analyst, "POST", "/api/v1/reach-estimates", `{"locations":[{"country":"US"}],"attributes":{"occupation":["x"]}}`).refused(http.StatusUnprocessableEntity, "panel_required")
	h.call(h.manager, "PATCH", at, `{"name":"x"}`, "If-Match", made.Header.Get("ETag")).refused(http.StatusPreconditionFailed, "stale_revision")
	h.call(h.manager, "DELETE", at+"?validate_only=true", nil, "If-Match", "*").want(http.StatusNoContent)
	h.call(h.manager, "DELETE", at, nil, "If-Match", "*").want(http.StatusNoContent)
	h.call(h.analyst, "GET", at, nil).refused(http.StatusNotFound, "panel_not_found")
}

func TestWhatIsAskedOfAPanelInVain(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	id := h.panel(census).str("id")
	for body, code := range map[string]string{
		`{"panel_id":"%s","attributes":{"star":["leo"]}}`:                                          "validation_failed",
		`{"panel_id":"%s","attributes":{"occupation":{"min":1}}}`:                                  "validation_failed",
		`{"panel_id":"%s","attributes":{"occupation":[]}}`:                                         "validation_failed",
		`{"panel_id":"%s","attributes":{"occupation":"Exec-managerial"}}`:                          "validation_failed",
		`{"panel_id":"%s","locations":[{"country":"CO"}]}`:                                         "country_not_in_panel",
		`{"panel_id":"%s","age_range":{"min":0,"max":200}}`:                                        "validation_failed",
		`{"panel_id":"%s","locations":[{"country":"US","city":"Lima","radius_km":0}]}`:             "validation_failed",
		`{"panel_id":"%s","method":"population_shares"}`:                                           "validation_failed",
		`{"panel_id":"%s","genders":["female"],"locations":[{"country":"US"},{"country":"US"}]}`:   "validation_failed",
		`{"locations":[{"country":"CO"}],"attributes":{"occupation":["x"]},"interests":["%[2]s"]}`: "validation_failed",
	} {
		if strings.Contains(body, "%[2]s") {
			body = fmt.Sprintf(body, id, "gone")
		} else {
			body = fmt.Sprintf(body, id)
		}
		h.call(h.analyst, "POST", "/api/v1/reach-estimates", body).refused(http.StatusUnprocessableEntity, code)
	}
	stranger := newHouse(h.world, "Patagonia")
	stranger.call(stranger.analyst, "POST", "/api/v1/reach-estimates", `{"panel_id":"`+id+`"}`).refused(http.StatusNotFound, "panel_not_found")
}

func TestFilesThatAreNoPanels(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	for _, c := range []struct {
		media, text string
		status      int
		code        string
	}{
		{"application/json", `{}`, 400, "unsupported_media_type"},
		{asCSV, "", 422, "panel_empty"},
		{asCSV, "weight,age\n", 422, "panel_empty"},
		{asCSV, "weight,age\nx,1\n-1,2\n", 422, "panel_empty"},
		{asCSV, "weight,,age\n1,2,3\n", 400, "panel_file_malformed"},
		{asCSV, "age,Age\n1,2\n", 400, "panel_file_malformed"},
		{asCSV, "\xff\xfea\x00", 400, "panel_file_malformed"},
		{asCSV, "age,contact\n30,ana@example.com\n", 422, "panel_identifies_people"},
		{asCSV, "age,text\n30," + strings.Repeat("x", 2<<20) + "\n", 413, "panel_too_large"},
		{asCSV, "age,text\n30,\"" + strings.Repeat("x\n", 1<<20) + "\n", 413, "panel_too_large"},
		{asNDJSON, `{"age":` + strings.Repeat("1", 2<<20) + "}\n", 413, "panel_too_large"},
		{asNDJSON, "nothing\n[]\n", 422, "panel_empty"},
		{asCSV, "age\n" + strings.Repeat("1\n", 50_001), 413, "panel_too_large"},
	} {
		h.call(h.manager, "POST", "/api/v1/panels", c.text, "Content-Type", c.media).refused(c.status, c.code)
	}
	h.call(h.manager, "POST", "/api/v1/panels?country=Peru", "age\n1\n", "Content-Type", asCSV).refused(http.StatusUnprocessableEntity, "validation_failed")
	h.call(h.manager, "POST", "/api/v1/panels?nam=x", "age\n1\n", "Content-Type", asCSV).refused(http.StatusBadRequest, "malformed_request")
	dry := h.call(h.manager, "POST", "/api/v1/panels?validate_only=true", "age\n1\n", "Content-Type", asCSV).want(http.StatusCreated)
	h.call(h.manager, "GET", "/api/v1/panels/"+dry.str("id"), nil).want(http.StatusNotFound)
	for _, failed := range h.call(h.analyst, "GET", "/api/v1/panels", nil).want(http.StatusOK).at("items").([]any) {
		if failed.(map[string]any)["status"] != "failed" {
			t.Errorf("%v", failed)
		}
	}
}

// Sent again with the same key, a file is one panel.
func TestAPanelIsLoadedOnce(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	const key = "0123456789abcdef"
	first := h.call(h.manager, "POST", "/api/v1/panels", census, "Content-Type", asCSV, "Idempotency-Key", key).want(http.StatusCreated)
	again := h.call(h.manager, "POST", "/api/v1/panels", census, "Content-Type", asCSV, "Idempotency-Key", key).want(http.StatusCreated)
	if first.str("id") != again.str("id") || h.call(h.analyst, "GET", "/api/v1/panels?fields=id", nil).len("items") != 1 {
		t.Errorf("%s\n%s", first.text, again.text)
	}
}

func TestOwnFactorsHoldBeforeTheDefaults(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	const at, ask = "/api/v1/reach-factors", `{"locations":[{"country":"CO"}],"interests":["607"],"platforms":["tiktok"]}`
	before := h.call(h.analyst, "GET", at, nil).want(http.StatusOK)
	if before.len("factors") != 0 || before.len("defaults") < 40 || before.str("defaults.0.source") == "" {
		t.Errorf("%s", before.text)
	}
	wrong := h.call(h.manager, "PUT", at, `{"factors":[{"criterion":"star","value":"","share":2,"low":0,"high":1,"source":"?"},{"criterion":"platforms","value":"x","share":0.1,"low":0.1,"high":0.1,"source":""}]}`,
		"If-Match", "*").refused(http.StatusUnprocessableEntity, "validation_failed")
	wrong.explained()
	if !slices.Equal(wrong.paths(), []string{"factors[0].criterion", "factors[0].share", "factors[0].value", "factors[1].source"}) {
		t.Errorf("%s", wrong.text)
	}
	own := `{"factors":[{"criterion":"platforms","value":"tiktok","share":0.1,"low":0.09,"high":0.11,"source":"Our survey, March 2026"},{"criterion":"interests","value":"level:1","share":0.2,"low":0.1,"high":0.3,"source":"Our survey"}]}`
	h.call(h.manager, "PUT", at, own).refused(http.StatusPreconditionRequired, "if_match_required")
	h.call(h.analyst, "PUT", at, own, "If-Match", "*").want(http.StatusForbidden)
	set := h.call(h.manager, "PUT", at, own, "If-Match", before.Header.Get("ETag")).want(http.StatusOK)
	h.call(h.manager, "PUT", at, `{"factors":[]}`, "If-Match", before.Header.Get("ETag")).refused(http.StatusPreconditionFailed, "stale_revision")
	got := h.call(h.analyst, "POST", "/api/v1/reach-estimates", ask).want(http.StatusOK)
	if got.num("factors.2.factor") != 0.1 || got.str("factors.2.basis") != "Our survey, March 2026" || got.num("factors.1.factor") != 0.2 {
		t.Errorf("%s", got.text)
	}
	if other := newHouse(h.world, "Patagonia"); other.call(other.analyst, "POST", "/api/v1/reach-estimates", ask).num("factors.2.factor") == 0.1 {
		t.Error("another partner has the factor too")
	}
	h.call(h.manager, "PUT", at, `{"factors":[]}`, "If-Match", set.Header.Get("ETag")).want(http.StatusOK)
}

func TestWhatBudgetAReachTakes(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.active()
	id := strings.TrimPrefix(at, "/api/v1/campaigns/")
	h.call(h.analyst, "GET", at+"/reach-budget?target_reach=1000", nil).refused(http.StatusConflict, "no_cost_curve")
	h.call(h.analyst, "GET", at+"/reach-budget", nil).refused(http.StatusUnprocessableEntity, "validation_failed")
	h.call(h.ingest, "POST", "/api/v1/metrics", fmt.Sprintf(
		`{"events":[{"event_id":"r1","campaign_id":%q,"occurred_at":"2026-03-02T10:00:00Z","channel":"search","metrics":{"impressions":20000,"spend":"40.00","reach":8000}}]}`, id)).want(http.StatusOK)
	got := h.call(h.analyst, "GET", at+"/reach-budget?target_reach=8000", nil).want(http.StatusOK)
	if got.at("observed") != true || got.str("mid.amount")[:2] != "40" || got.num("reached") != 8000 || got.str("cpm.amount") != "2.00" || !strings.Contains(got.str("method"), "reached already") {
		t.Errorf("%s", got.text)
	}
	if more := h.call(h.analyst, "GET", at+"/reach-budget?target_reach=8100", nil).want(http.StatusOK); strings.Contains(more.str("method"), "already") {
		t.Errorf("%s", more.text)
	}
	far := h.call(h.analyst, "GET", at+"/reach-budget?target_reach=100000000000", nil).refused(http.StatusBadRequest, "malformed_request")
	if far.explained(); far.str("errors.0.allowed") != "at most 10000000000" {
		t.Errorf("%s", far.text)
	}
	h.call(h.analyst, "GET", at+"/reach-budget?target_reach=9000000", nil).refused(http.StatusUnprocessableEntity, "reach_unreachable")
	by := event.Origin{Partner: uuid.MustParse(h.id)}
	c, err := h.services.Campaigns.Get(h.Context(), by, uuid.MustParse(id))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.services.Reach.Note(h.Context(), by, uuid.MustParse(id), h.clock(), *c.State().Targeting); err != nil {
		t.Fatal(err)
	}
	calibration := h.call(h.analyst, "GET", "/api/v1/reach-calibration", nil).want(http.StatusOK)
	if calibration.num("judged") != 1 || calibration.num("campaigns.0.reached") != 8000 || calibration.str("campaigns.0.verdict") != "below" || calibration.num("ratio") <= 0 {
		t.Errorf("%s", calibration.text)
	}
}
