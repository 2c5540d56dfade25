package dashboard

import (
	"bytes"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting"
)

// everything uses each field of a configuration.
func everything() targeting.Configuration {
	amount := money.New(1_500_500_000, "USD")
	return targeting.Configuration{
		AgeRange: &targeting.AgeRange{Min: 25, Max: 44}, Genders: []targeting.Gender{"female"}, Languages: []string{"es", "pt-BR"},
		Locations: []targeting.Location{
			{Country: "CO"}, {Country: "UY"}, {Country: "PE", City: "Lima", RadiusKM: 12.5}, {Country: "MX", Region: "Jalisco", PostalCode: "44100"},
			{Country: "ES", Point: &targeting.Point{Latitude: 40.4168, Longitude: -3.7038}, RadiusKM: 1},
		},
		Interests: []string{"607", "410"}, Behaviors: []string{"runners, and walkers"}, CustomAudiences: []string{"buyers"}, LookalikeAudiences: []string{"alike"},
		JobTitles: []string{"chef", "waiter"}, Industries: []string{"food"}, CompanySizes: []targeting.CompanySize{"2-10", "11-50"}, IncomeRanges: []targeting.IncomeRange{"top_10"},
		DeviceTypes: []targeting.DeviceType{"mobile"}, Platforms: []targeting.Platform{"ios", "instagram"}, ConnectionTypes: []targeting.ConnectionType{"wifi"},
		Exclusions: []targeting.Exclusion{
			{Criterion: targeting.ByCity, Values: []string{"Washington, D.C.", "Cali"}}, {Criterion: targeting.ByInterest, Values: []string{"606"}},
		},
		BidStrategy: &targeting.BidStrategy{Type: targeting.BidCostCap, Amount: &amount}, FrequencyCap: &targeting.FrequencyCap{Impressions: 3, Period: "week"},
	}
}

var (
	tag       = regexp.MustCompile(`<(input|select|option)\b[^>]*>`)
	attribute = regexp.MustCompile(`(name|value|type)="([^"]*)"`)
)

// sent is what a browser sends of a form: text, what is checked, what is chosen.
func sent(t *testing.T, body, action string) url.Values {
	t.Helper()
	_, form, found := strings.Cut(body, `action="`+action+`"`)
	if !found {
		t.Fatalf("no form to %s", action)
	}
	form, _, _ = strings.Cut(form, "</form>")
	out := url.Values{}
	list := "" // the select that is open
	first := false
	for _, m := range tag.FindAllStringSubmatch(form, -1) {
		of := map[string]string{}
		for _, a := range attribute.FindAllStringSubmatch(m[0], -1) {
			of[a[1]] = html.UnescapeString(a[2])
		}
		switch {
		case m[1] == "select":
			list, first = of["name"], true
		case m[1] == "option" && first: // the first one, until another is chosen
			out.Add(list, of["value"])
			first = false
		case m[1] == "option":
			if strings.Contains(m[0], " selected") {
				out[list][len(out[list])-1] = of["value"]
			}
		case of["type"] == "checkbox" || of["type"] == "radio":
			if strings.Contains(m[0], " checked") {
				out.Add(of["name"], of["value"])
			}
		default:
			out.Add(of["name"], of["value"])
		}
	}
	return out
}

// Whatever a targeting says stands in its form, in every language, and comes
// back as it was when the form is sent without a change.
func TestAWholeTargetingStandsInItsForm(t *testing.T) {
	w := newWorld(t)
	s, who := w.running("Navidad", campaigns.Social), w.session(partners.RoleManager)
	want := everything()
	_, err := w.campaigns.RefineTargeting(t.Context(), w.by, s.ID, 0, want, "test")
	must(t, err)
	path := "/campaigns/" + s.ID.String()
	for _, lang := range []string{"en", "es"} {
		_, body, _ := w.get(path+"/setup", who, lang)
		has(t, body, "iOS", "Instagram", map[string]string{"en": "Lower 50 %", "es": "50 % inferior"}[lang])
		form := sent(t, body, path+"/targeting")
		form.Set("age_min", "26") // else nothing is refined
		want.AgeRange = &targeting.AgeRange{Min: 26, Max: 44}
		if lang == "es" {
			form.Set("age_min", "27")
			want.AgeRange.Min = 27
		}
		if status, body, _ := w.send(http.MethodPost, path+"/targeting", who, lang, form.Encode()); status != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", lang, status, body)
		}
		c, err := w.campaigns.Get(t.Context(), w.by, s.ID)
		must(t, err)
		got, _ := json.Marshal(c.State().Targeting)
		if wanted, _ := json.Marshal(want); !bytes.Equal(got, wanted) {
			t.Errorf("%s:\n got %s\nwant %s", lang, got, wanted)
		}
	}
}

// What is wrong in the form comes back at once, each at its control, and what
// was emptied is taken away.
func TestAWrongTargetingComesBackAtItsControls(t *testing.T) {
	w := newWorld(t)
	s, who := w.running("Navidad", campaigns.Social), w.session(partners.RoleManager)
	path := "/campaigns/" + s.ID.String() + "/targeting"
	form := url.Values{
		"revision": {strconv.FormatInt(s.Revision, 10)}, "narrowed": {"1"}, "countries": {"CO"}, "interests": {"607"},
		"place_country": {"", "PE", "MX"}, "place_region": {"", "", ""}, "place_city": {"", "Lima", ""}, "place_postal_code": {"", "", ""}, "place_point": {"", "", "here"}, "place_radius_km": {"", "0", "5"},
		"exclusion_criterion": {"genders", "countries"}, "exclusion_values": {"", "XX"}, "bid_type": {"bid_cap"}, "frequency": {"0"}, "frequency_period": {"week"},
	}
	status, body, _ := w.post(path, who, form.Encode())
	if status != http.StatusUnprocessableEntity {
		t.Fatalf("%d", status)
	}
	for _, id := range []string{"place_radius_km-1", "place_point-2", "exclusion_values-1", "bid_amount", "frequency"} {
		if !regexp.MustCompile(`id="` + id + `"[^>]* aria-invalid="true"`).MatchString(body) {
			t.Errorf("nothing is said at %s", id)
		}
	}
	if regexp.MustCompile(`id="(place_\w+-0|exclusion_values-0|place_country-\d)"[^>]* aria-invalid`).MatchString(body) {
		t.Error("something is said where nothing is wrong")
	}
	form = url.Values{
		"revision": {strconv.FormatInt(s.Revision, 10)}, "narrowed": {"1"}, "countries": {"CO"}, "interests": {"607"}, "place_country": {""},
		"exclusion_criterion": {"interests"}, "exclusion_values": {"shopping, 410"},
	}
	if status, body, _ = w.post(path, who, form.Encode()); status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, body)
	}
	c, err := w.campaigns.Get(t.Context(), w.by, s.ID)
	must(t, err)
	if got := c.State().Targeting; len(got.Locations) != 1 || got.Exclusions[0].Values[0] != "606" || got.BidStrategy != nil || got.FrequencyCap != nil {
		t.Errorf("%+v", got)
	}
}

// Interests are found by words, and by walking the tree from its roots.
func TestInterestsAreFoundOnAPage(t *testing.T) {
	w := newWorld(t)
	s, who := w.running("Navidad", campaigns.Social), w.session(partners.RoleAnalyst)
	_, body, _ := w.get("/campaigns/"+s.ID.String()+"/setup", w.session(partners.RoleManager), "es")
	has(t, body, `href="/interests"`, "Buscar intereses")
	_, body, _ = w.get("/interests", who, "en")
	has(t, body, "Demographic", "Interest", "Purchase Intent", `href="/interests?parent=206"`)
	_, body, _ = w.get("/interests?parent=607", who, "es")
	has(t, body, `href="/interests?parent=206"`, "American Football", "<code>608</code>", "Interest › Sports")
	_, body, _ = w.get("/interests?q=hiking", who, "en")
	has(t, body, "Camping and Hiking Equipment", "<code>1637</code>", `value="hiking"`)
	_, body, _ = w.get("/interests?q=%3Cb%3E&parent=nowhere", who, "en")
	has(t, body, "Nothing found", "&lt;b&gt;")
}
