package dashboard

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/language"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting"
)

// entries is a whole form for a campaign that can be launched.
func entries(id string) url.Values {
	return url.Values{
		"id": {id}, "name": {"Café de origen"}, "type": {"SOCIAL"}, "objective": {"CONVERSIONS"}, "goal_metric": {"conversions", "ctr", ""}, "goal_target": {"500", "2", ""},
		"amount": {"1,500.50"}, "currency": {"USD"}, "kind": {"total"}, "timezone": {"America/Bogota"}, "labels": {"navidad, origen"},
		"countries": {"CO", "PE"}, "more_countries": {"uy"}, "interests": {"368"}, "age_min": {"25"}, "age_max": {"44"}, "devices": {"mobile"},
		"creative_name": {"Video", ""}, "creative_format": {"video", "image"}, "creative_url": {"https://cdn.example.com/v.mp4", ""}, "creative_channel": {"", ""},
		"start": {time.Now().Format("2006-01-02T15:04")}, "end": {time.Now().AddDate(0, 1, 0).Format("2006-01-02T15:04")}, "launch": {"manual"},
	}
}

func TestOneFormMakesAWholeCampaign(t *testing.T) {
	w := newWorld(t)
	who, id := w.session(partners.RoleManager), newID()
	for range 2 { // pressing twice makes one
		status, body, header := w.post("/campaigns/new", who, entries(id.String()).Encode())
		if status != http.StatusSeeOther || header.Get("Location") != "/campaigns/"+id.String()+"/setup" {
			t.Fatalf("status %d to %q: %s", status, header.Get("Location"), body)
		}
	}
	all, _, err := w.campaigns.List(t.Context(), w.by, campaigns.Query{})
	must(t, err)
	if len(all) != 1 {
		t.Fatalf("%d campaigns", len(all))
	}
	s := all[0].State()
	ctr, _ := s.Goals.Target(campaigns.MetricCTR)
	if s.Status != campaigns.Scheduled || ctr.Micros != 20_000 || len(s.Creatives) != 1 || len(s.Targeting.Locations) != 3 || s.Targeting.Locations[2].Country != "UY" || !slices.Equal(s.Labels, []string{"navidad", "origen"}) {
		t.Errorf("made %+v", s)
	}
	b, err := w.budgets.ForCampaign(t.Context(), w.partner, s.ID)
	must(t, err)
	if b.State().Limit != 1_500_500_000 {
		t.Errorf("the limit is %d", b.State().Limit)
	}
}

func TestAFormComesBackWithEverythingThatIsWrong(t *testing.T) {
	w := newWorld(t)
	who := w.session(partners.RoleManager)
	for name, c := range map[string]struct {
		change map[string][]string
		says   []string
	}{
		"no name":            {map[string][]string{"name": {" "}}, []string{"Give it a name.", `id="name-more"`, `aria-invalid="true"`}},
		"not a number":       {map[string][]string{"amount": {"a lot"}}, []string{"Write a number, such as 1500.50.", `value="a lot"`}},
		"no money":           {map[string][]string{"amount": {"0"}}, []string{"The limit must be more than 0."}},
		"no goal":            {map[string][]string{"goal_metric": {""}, "goal_target": {""}}, []string{"Choose at least one goal."}},
		"goal misfits":       {map[string][]string{"goal_metric": {"clicks"}, "goal_target": {"10"}}, []string{"Conversions needs a target for conversions or CPA"}},
		"goal without value": {map[string][]string{"goal_metric": {"cpa"}, "goal_target": {""}}, []string{"It must say what to reach."}},
		"zone":               {map[string][]string{"timezone": {"Bogota"}}, []string{"is not the name of a time zone"}},
		"country":            {map[string][]string{"more_countries": {"ZZ"}}, []string{"is not the code of a country"}},
		"no audience":        {map[string][]string{"type": {"EMAIL"}}, []string{"Campaigns of this type need a custom audience."}},
		"ages":               {map[string][]string{"age_min": {"50"}, "age_max": {"20"}}, []string{"It must not be less than the age it begins at", `value="50"`}},
		"address":            {map[string][]string{"creative_url": {"video.mp4", ""}}, []string{"This is not the address of a creative."}},
		"ends first":         {map[string][]string{"end": {"2020-01-01T10:00"}}, []string{"It must end after it starts, and after now."}},
	} {
		form := entries(newID().String())
		for key, values := range c.change {
			form[key] = values
		}
		status, body, _ := w.post("/campaigns/new", who, form.Encode())
		if status != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", name, status)
		}
		t.Run(name, func(t *testing.T) { has(t, body, append(c.says, "Nothing was changed", `value="navidad, origen"`)...) })
	}
	if all, _, err := w.campaigns.List(t.Context(), w.by, campaigns.Query{}); err != nil || len(all) > 0 {
		t.Errorf("a refused form has made %d campaigns (%v)", len(all), err)
	}
}

func TestMistakesAreSaidInSpanish(t *testing.T) {
	w := newWorld(t)
	form := entries(newID().String())
	form["name"], form["type"], form["timezone"], form["amount"] = []string{""}, []string{"RETARGETING"}, []string{"Bogota"}, []string{"-1"}
	_, body, _ := w.send(http.MethodPost, "/campaigns/new", w.session(partners.RoleManager), "es-CO", form.Encode())
	has(t, body, "Ponle un nombre.", "Elige una zona como America/Bogota.", "El límite debe ser mayor que 0.", "Nada cambió.")
	for _, english := range []string{"It must", "not the name", "Allowed:"} {
		if strings.Contains(body, english) {
			t.Errorf("the page says %q in English", english)
		}
	}
}

// Somebody else was faster: what they changed is shown, what was entered is
// kept, and sending it again applies it.
func TestAStaleFormShowsWhatChangedAndCanBeSentAgain(t *testing.T) {
	w := newWorld(t)
	s, who := w.draft("Navidad", campaigns.Social), w.session(partners.RoleManager)
	name := "Navidad y Reyes"
	_, err := w.campaigns.Patch(t.Context(), w.by, s.ID, s.Revision, campaigns.Patch{Name: &name})
	must(t, err)
	form := url.Values{"revision": {strconv.FormatInt(s.Revision, 10)}, "creative_name": {"Mío"}, "creative_format": {"image"}, "creative_url": {"https://a.example/i.png"}, "creative_channel": {""}}
	status, body, _ := w.post("/campaigns/"+s.ID.String()+"/creatives", who, form.Encode())
	if status != http.StatusPreconditionFailed {
		t.Fatalf("status %d", status)
	}
	has(t, body, "Somebody changed this meanwhile", "<del>Navidad</del>", "<ins>Navidad y Reyes</ins>", `value="Mío"`, `name="revision" value="`+strconv.FormatInt(s.Revision+1, 10)+`"`)
	form.Set("revision", strconv.FormatInt(s.Revision+1, 10))
	if status, _, _ := w.post("/campaigns/"+s.ID.String()+"/creatives", who, form.Encode()); status != http.StatusSeeOther {
		t.Errorf("sent again: status %d", status)
	}
}

func TestActionsAreRefusedOnThePage(t *testing.T) {
	w := newWorld(t)
	who := w.session(partners.RoleManager)
	draft, running := w.draft("Borrador", campaigns.Social), w.running("Activa", campaigns.Social)
	for _, c := range []struct {
		path, form string
		status     int
		says       string
	}{
		{draft.ID.String() + "/launch", "revision=0", http.StatusConflict, "Give it dates first, then launch it."},
		{draft.ID.String() + "/pause", "revision=0&reason=x", http.StatusConflict, "no longer possible in the campaign&#39;s present status"},
		{running.ID.String() + "/pause", "revision=1&reason=x", http.StatusPreconditionFailed, "Somebody changed this meanwhile"},
		{running.ID.String() + "/pause", "reason=x", http.StatusPreconditionFailed, "Somebody changed this meanwhile"},
		{running.ID.String() + "/explode", "revision=0", http.StatusNotFound, "This page does not exist"},
	} {
		status, body, _ := w.post("/campaigns/"+c.path, who, c.form)
		if status != c.status {
			t.Errorf("%s: status %d, want %d", c.path, status, c.status)
		}
		has(t, body, c.says)
	}
}

func TestTheBudgetIsChangedOnThePage(t *testing.T) {
	w := newWorld(t)
	s, who := w.running("Navidad", campaigns.Social), w.session(partners.RoleFinance)
	path := "/campaigns/" + s.ID.String() + "/budget"
	b, err := w.budgets.ForCampaign(t.Context(), w.partner, s.ID)
	must(t, err)
	for _, c := range []struct {
		form   string
		status int
		says   string
	}{
		{"revision=1&limit=much", http.StatusUnprocessableEntity, "Write a number"},
		{"revision=1&limit=-5", http.StatusUnprocessableEntity, "must be more than 0"},
		{"revision=9&limit=3000", http.StatusPreconditionFailed, "Somebody changed this meanwhile"},
		{"revision=" + strconv.FormatInt(b.State().Revision, 10) + "&limit=3,000&auto_pause=true", http.StatusConflict, "another person"},
		{"revision=1&limit=2000&thresholds=50,half", http.StatusUnprocessableEntity, "Write whole percentages"},
		{"revision=1&limit=2000&thresholds=50,101", http.StatusUnprocessableEntity, "err-thresholds"},
		{"revision=1&limit=200,000", http.StatusUnprocessableEntity, "I do mean 200,000"},
		{"revision=1&limit=200,000&confirm=true", http.StatusConflict, "another person"},
		{"revision=" + strconv.FormatInt(b.State().Revision, 10) + "&limit=2,400&auto_pause=true&thresholds=60,+95+%25", http.StatusSeeOther, ""},
	} {
		status, body, _ := w.post(path, who, c.form)
		if status != c.status {
			t.Errorf("%s: status %d, want %d", c.form, status, c.status)
		}
		has(t, body, c.says)
	}
	if b, err = w.budgets.ForCampaign(t.Context(), w.partner, s.ID); err != nil || b.State().Limit != 2400*money.Unit || percents(b.State().Thresholds) != "60, 95" {
		t.Errorf("the limit is %d, the thresholds are %v (%v)", b.State().Limit, b.State().Thresholds, err)
	}
}

// Overdelivery is drawn beyond the limit, and thresholds that fired are marked.
func TestTheBarShowsThresholdsAndOverdelivery(t *testing.T) {
	w := newWorld(t)
	s := w.running("Navidad", campaigns.Social)
	w.deliver(s.ID, 0, 1000, 10, 1, 2500)
	_, body, _ := w.get("/campaigns/"+s.ID.String(), w.session(partners.RoleAnalyst), "en")
	has(t, body, `class="over"`, `class="tick fired"`, "Over the limit", "$500.00", `x="72%"`, "$2,500.00 spent of $2,000.00, 125%")
}

func TestARefinementKeepsWhatTheFormDoesNotShow(t *testing.T) {
	w := newWorld(t)
	s, who := w.running("Navidad", campaigns.Social), w.session(partners.RoleManager)
	config := targeting.Configuration{
		Locations: []targeting.Location{{Country: "CO"}, {Country: "CO", City: "Medellín"}}, Interests: []string{"368", "676"}, Languages: []string{"es", "fr"},
		JobTitles: []string{"chef"}, Exclusions: []targeting.Exclusion{{Criterion: targeting.ByInterest, Values: []string{"606"}}},
	}
	c, err := w.campaigns.RefineTargeting(t.Context(), w.by, s.ID, 0, config, "test")
	must(t, err)
	form := url.Values{"revision": {strconv.FormatInt(c.State().Revision, 10)}, "countries": {"MX"}, "languages": {"es"}, "interests": {"368"}, "more_interests": {"676"}}
	path := "/campaigns/" + s.ID.String() + "/targeting"
	if status, body, _ := w.post(path, who, form.Encode()); status != http.StatusSeeOther {
		t.Fatalf("status %d: %s", status, body)
	}
	c, err = w.campaigns.Get(t.Context(), w.by, s.ID)
	must(t, err)
	now := c.State().Targeting
	if len(now.Locations) != 2 || now.Locations[1].City != "Medellín" || !slices.Equal(now.Languages, []string{"es", "fr"}) || len(now.JobTitles) != 1 || len(now.Exclusions) != 1 {
		t.Errorf("became %+v", now)
	}
	w.post(path+"/undo", who, "revision=0")
	if c, err = w.campaigns.Get(t.Context(), w.by, s.ID); err != nil || c.State().Targeting.Locations[0].Country != "CO" {
		t.Errorf("after the roll-back %+v (%v)", c.State().Targeting, err)
	}
}

func TestAnAlertIsAcknowledged(t *testing.T) {
	w := newWorld(t)
	w.busy()
	who := w.session(partners.RoleManager)
	_, body, _ := w.get("/alerts", who, "en")
	has(t, body, "CPA is $14.54, above the goal of $5.00", "firing")
	_, rest, _ := strings.Cut(body, `action="/alerts/`)
	id, _, _ := strings.Cut(rest, "/")
	if status, _, header := w.post("/alerts/"+id+"/acknowledge", who, "back=/alerts"); status != http.StatusSeeOther || header.Get("Location") != "/alerts" {
		t.Errorf("status %d to %q", status, header.Get("Location"))
	}
	_, body, _ = w.get("/alerts", who, "en")
	has(t, body, "acknowledged · Laura manager")
}

func TestAnAdministratorChoosesThePartner(t *testing.T) {
	w := newWorld(t)
	w.running("Navidad", campaigns.Social)
	other := w.newPartner("Otra empresa")
	admin, err := w.partners.EnsureAdminKey(t.Context(), "")
	must(t, err)
	_, _, header := w.post("/signin", nil, url.Values{"key": {admin}}.Encode())
	cookie, err := http.ParseSetCookie(header.Get("Set-Cookie"))
	must(t, err)
	_, body, _ := w.get("/?partner="+w.partner.String(), cookie, "en")
	has(t, body, `<select class="input" id="partner"`, "1 campaign is running.", "Otra empresa")
	_, body, header = w.get("/?partner="+other.String(), cookie, "en")
	has(t, body, "No campaigns yet", "No campaign is running.")
	has(t, strings.Join(header.Values("Set-Cookie"), " "), "partner="+other.String())
}

func TestNumbersAreReadAsTheyAreWritten(t *testing.T) {
	for _, c := range []struct {
		tag, text string
		want      int64
		bad       bool
	}{
		{"es-CO", "1.500,50", 1_500_500_000, false}, {"es-CO", "1.500", 1500 * money.Unit, false}, {"es-CO", "12.5", 12_500_000, false},
		{"es-CO", "1 500,5", 1_500_500_000, false}, {"es-MX", "1,500.50", 1_500_500_000, false}, {"es-MX", "1,500", 1500 * money.Unit, false},
		{"en", "2 %", 2 * money.Unit, false}, {"en", "0,5", 500_000, false}, {"es", "0.123", 123_000, false}, {"en", "1.500,50", 1_500_500_000, false},
		{"en", "", 0, true}, {"en", "abc", 0, true}, {"en", "1e9", 0, true}, {"es", "1,2,3", 0, true}, {"en", "NaN", 0, true},
	} {
		got, err := mustLocale(t, language.MustParse(c.tag)).parseDecimal(c.text)
		if (err != nil) != c.bad || got != c.want && !c.bad {
			t.Errorf("%s %q: %d, %v; want %d", c.tag, c.text, got, err, c.want)
		}
	}
}

func TestWhatIsShownIsReadBack(t *testing.T) {
	for _, tag := range supported {
		l := mustLocale(t, tag)
		for _, micros := range []int64{0, 1_500_500_000, 12_345_678_900_000, 20_000, 999_999} {
			if got, err := l.parseDecimal(l.decimal(trimmed(micros))); err != nil || got != micros {
				t.Errorf("%s: %q is read as %d (%v)", tag, l.decimal(trimmed(micros)), got, err)
			}
		}
	}
}
