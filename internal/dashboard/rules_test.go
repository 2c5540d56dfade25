package dashboard

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/rule"
)

// ruleEntries is a rule as the form sends it, in Spanish figures.
func ruleEntries() url.Values {
	return url.Values{
		"id": {newID().String()}, "name": {"CPA muy alto"}, "metric": {"cpa"}, "operator": {"above"}, "value": {"12,50"}, "currency": {"USD"},
		"window": {"days-7"}, "sample": {"30"}, "severity": {"HIGH"}, "types": {"SOCIAL"}, "channels": {"social, web"}, "cooldown": {"120"}, "hysteresis": {"7,5"}, "enabled": {"yes"},
	}
}

func TestTheFormMakesAndChangesARule(t *testing.T) {
	w := newWorld(t)
	who, entered := w.session(partners.RoleManager), ruleEntries()
	for range 2 { // pressing twice makes one
		if status, body, header := w.send(http.MethodPost, "/alerts/rules/new", who, "es-CO", entered.Encode()); status != http.StatusSeeOther || header.Get("Location") != "/alerts/rules" {
			t.Fatalf("status %d to %q: %s", status, header.Get("Location"), body)
		}
	}
	all, _, err := w.rules.List(t.Context(), w.by, rule.Query{})
	must(t, err)
	if len(all) != 1 {
		t.Fatalf("%d rules", len(all))
	}
	s := all[0].State()
	if s.Condition.Threshold.String() != "12.50 USD" || s.Window != (rule.Window{Kind: rule.Days, Days: 7}) || s.Hysteresis.Micros != 75_000 ||
		s.Cooldown != 120 || len(s.Scope.Channels) != 2 || s.Severity != performance.SeverityHigh {
		t.Errorf("made %+v", s)
	}
	_, body, _ := w.get("/alerts/rules", who, "es-CO")
	has(t, body, "CPA muy alto", "CPA por encima de", "últimos 7 días", "desde 30 conversiones", "Social", "en guardia")

	// What the form shows is what it reads: saved again, nothing but the name changes.
	entered.Set("name", "CPA")
	entered.Set("revision", "1")
	if status, body, _ := w.send(http.MethodPost, "/alerts/rules/"+s.ID.String()+"/save", who, "es-CO", entered.Encode()); status != http.StatusSeeOther {
		t.Fatalf("status %d: %s", status, body)
	}
	r, err := w.rules.Get(t.Context(), w.by, s.ID)
	must(t, err)
	want := s.Definition
	want.Name = "CPA"
	if got := r.State(); got.Revision != 2 || !reflect.DeepEqual(got.Definition, want) {
		t.Errorf("changed %+v, want %+v", got.Definition, want)
	}
	if status, body, _ := w.send(http.MethodPost, "/alerts/rules/"+s.ID.String()+"/save", who, "es-CO", entered.Encode()); status != http.StatusPreconditionFailed {
		t.Errorf("a stale form: %d %s", status, body)
	}
	for _, action := range []string{"disable", "enable", "delete"} {
		if status, _, _ := w.post("/alerts/rules/"+s.ID.String()+"/"+action, who, ""); status != http.StatusSeeOther {
			t.Errorf("%s: %d", action, status)
		}
	}
	_, body, _ = w.get("/alerts/rules", who, "en")
	has(t, body, "Three to begin with", "No impressions for 6 hours")
}

func TestARuleFormComesBackWithWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	who := w.session(partners.RoleManager)
	w.draft("Video · Lanzamiento", campaigns.Video)
	for name, c := range map[string]struct {
		field, value, says string
	}{
		"no number":          {"value", "abc", "Write a number"},
		"no name":            {"name", "", "Give it a name of at most"},
		"a negative cost":    {"value", "-1", "cannot be a threshold"},
		"a long cooldown":    {"cooldown", "99999999", "The cooldown cannot be this"},
		"a wide hysteresis":  {"hysteresis", "80", "share of the threshold"},
		"no such comparison": {"operator", "like", "comparison does not fit"},
		"no figure":          {"metric", "", "This is needed"},
		"another's campaign": {"campaigns", newID().String(), "There is no such campaign"},
	} {
		entered := ruleEntries()
		entered.Set("value", "12.5")
		entered.Set("hysteresis", "5")
		entered.Set(c.field, c.value)
		status, body, _ := w.post("/alerts/rules/new", who, entered.Encode())
		if status != http.StatusUnprocessableEntity || !strings.Contains(body, c.says) {
			t.Errorf("%s: status %d without %q", name, status, c.says)
		}
	}
	if all, _, _ := w.rules.List(t.Context(), w.by, rule.Query{}); len(all) != 0 {
		t.Errorf("%d rules were made", len(all))
	}
}

func TestSuggestionsAreAddedInAClick(t *testing.T) {
	w := newWorld(t)
	who := w.session(partners.RoleManager)
	for _, name := range suggestionNames {
		if status, _, _ := w.post("/alerts/rules/new/"+name, who, ""); status != http.StatusSeeOther {
			t.Errorf("%s: %d", name, status)
		}
	}
	_, body, _ := w.get("/alerts/rules", who, "en")
	has(t, body, "3 rules", "Budget used at least 80%", "CTR below 0.5%")
	if strings.Contains(body, "Add this rule") {
		t.Error("what is there is suggested again")
	}
	if status, _, _ := w.post("/alerts/rules/new/nothing", who, ""); status != http.StatusNotFound {
		t.Errorf("no such suggestion: %d", status)
	}
	analyst := w.session(partners.RoleAnalyst)
	for _, path := range []string{"/alerts/rules/new/quiet", "/alerts/rules/new"} {
		if status, _, _ := w.post(path, analyst, ruleEntries().Encode()); status != http.StatusForbidden {
			t.Errorf("an analyst posts to %s: %d", path, status)
		}
	}
	_, body, _ = w.get("/alerts/rules", analyst, "en")
	if strings.Contains(body, "/disable") || strings.Contains(body, "/alerts/rules/new") {
		t.Error("an analyst is offered what is refused")
	}
}

func TestAnAlertIsResolvedWithANoteAndFiltered(t *testing.T) {
	w := newWorld(t)
	running, _ := w.busy()
	who := w.session(partners.RoleFinance)
	all, _, err := w.alerts.List(t.Context(), w.by, performance.AlertQuery{Campaign: running.ID})
	must(t, err)
	a := all[0].State()
	_, body, _ := w.get("/alerts?kind=rule", who, "en")
	has(t, body, "CTR is 0.412%", "Rule: CTR below 0.5% · today · 48,210 impressions", "1 alert")
	_, body, _ = w.get("/alerts?kind=rule&severity=LOW", who, "en")
	has(t, body, "0 alerts")
	if status, _, _ := w.post("/alerts/"+a.ID.String()+"/resolve", who, "back=/alerts&note=new+creatives+are+up"); status != http.StatusSeeOther {
		t.Fatalf("status %d", status)
	}
	_, body, _ = w.get("/alerts?state=all&rule="+a.Rule.String(), who, "en")
	has(t, body, "resolved · Laura finance · new creatives are up", "1 alert")
	_, body, _ = w.get("/alerts?rule="+a.Rule.String(), who, "en")
	has(t, body, "0 alerts")
}

// The form shows the unit that fits the figure, and says what the rule would
// have done while it is written.
func TestTheFormPreviewsWhileOneWrites(t *testing.T) {
	w, b := newWorld(t), newTab(t)
	b.listen()
	c := w.running("Social · Navidad 2026", campaigns.Social)
	for range 3 {
		w.deliver(c.ID, time.Second, 5000, 30, 2, 25)
	}
	w.signIn(b, partners.RoleManager)
	w.setCookie(b, languageCookie, "en")
	must(t, chromedp.Do(b.ctx, chromedp.EmulateViewport(1280, 900)))
	w.open(b, "/alerts/rules/new")
	b.until("the first preview", `document.querySelector("[data-preview]").innerText.includes("It would not have fired")`)
	b.set("#value", "1")
	b.until("a preview of 1 %", `document.querySelector("[data-preview]").innerText.includes("It would have fired once")`)
	if *shots != "" {
		png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(*shots, "rule-preview.png"), png, 0o600))
	}
	b.set("#metric", "cpa")
	b.until("money's unit", `document.querySelector("#value-unit").innerText === "USD" && document.querySelector("#value").value === "" && document.querySelector("#sample").value === "30"`)
	b.until("what is missing", `document.querySelector("[data-preview]").innerText.includes("Complete the rule")`)
	b.set("#operator", "outside")
	b.until("two ends", `document.querySelector("#low").offsetParent !== null && document.querySelector("#value").offsetParent === null`)
	b.set("#metric", "hours_without_impressions")
	b.until("hours, one end, no window", `document.querySelector("#value-unit").innerText === "hours" && document.querySelector("#value").offsetParent !== null && document.querySelector("#window").offsetParent === null && document.querySelector("#operator").value === "at_least"`)
	b.set("#value", "6")
	b.enter("#name", "Quiet")
	b.click(".form-end .primary")
	b.onPage("The rule is saved.")
	b.onPage("No impressions for 6 hours")
}
