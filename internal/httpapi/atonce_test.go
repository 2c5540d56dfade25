package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// paths are the fields that an answer refuses, in order.
func (a *answer) paths() []string {
	var all []string
	for i := range a.len("errors") {
		all = append(all, a.str(fmt.Sprintf("errors.%d.path", i)))
	}
	slices.Sort(all)
	return all
}

// present is campaigns.Audiences over the world's.
type present struct{ *world }

func (p present) Missing(ctx context.Context, partner uuid.UUID, ids []uuid.UUID) (missing []uuid.UUID, _ error) {
	for _, id := range ids {
		if _, err := p.services.Audiences.Get(ctx, partner, id); err != nil {
			missing = append(missing, id)
		}
	}
	return missing, nil
}

// explained ends the test unless every error of a refusal says which field it is
// about, why it is refused and what is allowed.
func (a *answer) explained() {
	a.Helper()
	for _, e := range a.at("errors").([]any) {
		for _, member := range []string{"path", "code", "detail", "allowed"} {
			if text, _ := e.(map[string]any)[member].(string); text == "" {
				a.Errorf("%s %s: no %s in %v", a.Request.Method, a.Request.URL, member, e)
			}
		}
	}
}

const somewhere = `"locations":[{"country":"CO"}],"interests":["607"]`

// What does not fit the schema and what breaks a rule come in one answer, each
// by its path, and nothing is changed by it.
func TestEverythingWrongWithATargetingIsSaidAtOnce(t *testing.T) {
	w := newWorld(t)
	h, other := newHouse(w, "Andes"), newHouse(w, "Pacífico")
	theirs := strings.TrimPrefix(other.audience(`{"name":"Theirs"}`), "/api/v1/audiences/")
	at := h.draft() + "/targeting"
	for name, c := range map[string]struct {
		body  string
		paths []string
	}{
		"empty lists":                    {`{"locations":[],"interests":[]}`, []string{"interests", "locations"}},
		"ages 0 and 200":                 {`{` + somewhere + `,"age_range":{"min":0,"max":200}}`, []string{"age_range.max", "age_range.min"}},
		"low above high":                 {`{` + somewhere + `,"age_range":{"min":40,"max":30}}`, []string{"age_range.max"}},
		"a country in and out":           {`{` + somewhere + `,"exclusions":[{"criterion":"countries","values":["CO"]}]}`, []string{"exclusions"}},
		"a radius of 0 around a city":    {`{"interests":["607"],"locations":[{"country":"CO","city":"Cali","radius_km":0}]}`, []string{"locations[0].radius_km"}},
		"a radius of 0 around a point":   {`{"interests":["607"],"locations":[{"country":"CO","point":{"latitude":4.6,"longitude":-74},"radius_km":0}]}`, []string{"locations[0].radius_km"}},
		"an interest that is gone":       {`{"locations":[{"country":"CO"}],"interests":["607","99999"]}`, []string{"interests[1]"}},
		"another partner's audience":     {`{"locations":[{"country":"CO"}],"custom_audiences":["` + theirs + `"]}`, []string{"custom_audiences[0]"}},
		"another's, left out":            {`{` + somewhere + `,"exclusions":[{"criterion":"custom_audiences","values":["` + theirs + `"]}]}`, []string{"exclusions[0].values[0]"}},
		"types, and rules beside them":   {`{"locations":"CO","age_range":{"min":"x","max":200},"languages":["xx-nowhere"],"interests":["0"]}`, []string{"age_range.max", "age_range.min", "interests[0]", "languages[0]", "locations"}},
		"unknown fields":                 {`{` + somewhere + `,"agerange":{},"genders":["f"]}`, []string{"agerange", "genders[0]"}},
		"a wrong word deep below":        {`{` + somewhere + `,"exclusions":[{"criterion":"moods","values":["x"]},{"criterion":"interests","values":[7]}],"frequency_cap":{"impressions":0,"period":"aeon"}}`, []string{"exclusions[0].criterion", "exclusions[1].values[0]", "frequency_cap.impressions", "frequency_cap.period"}},
		"money":                          {`{"locations":[],"interests":["607"],"bid_strategy":{"type":"bid_cap","amount":{"amount":1.5,"currency":"USD"}}}`, []string{"bid_strategy.amount.amount", "locations"}},
		"what cannot be shown":           {`{"locations":[{"country":"CO"}],"behaviors":["a\u0000b"]}`, []string{"behaviors[0]"}},
		"a key that is missing":          {`{` + somewhere + `,"age_range":{"min":20},"frequency_cap":{"period":"day"}}`, []string{"age_range.max", "frequency_cap.impressions"}},
		"everything of an audience too":  {`{"locations":7,"custom_audiences":["` + theirs + `"],"age_range":{"min":1,"max":20}}`, []string{"age_range.min", "custom_audiences[0]", "locations"}},
		"half a character":               {"{" + somewhere + `,"job_titles":["` + "\xff\xfe" + `"],"languages":["zz-"]}`, nil},
		"a list where there is a record": {`[]`, []string{"body"}},
	} {
		for path, call := range map[string]func(string) *answer{
			"targeting": func(body string) *answer { return h.call(h.manager, "PUT", at, body, "If-Match", "*") },
			"reach":     func(body string) *answer { return h.call(h.analyst, "POST", "/api/v1/reach-estimates", body) },
		} {
			got := call(c.body).refused(http.StatusUnprocessableEntity, "validation_failed")
			got.explained()
			if c.paths != nil && !slices.Equal(got.paths(), c.paths) {
				t.Errorf("%s, %s: %v, want %v\n%s", path, name, got.paths(), c.paths, got.text)
			}
		}
	}
	h.call(h.manager, "PUT", at, `{`+somewhere+`}}`, "If-Match", "*").refused(http.StatusBadRequest, "malformed_request").complete()
	h.call(h.manager, "PUT", at, `{`+somewhere+`,"interests":["1"]}`, "If-Match", "*").refused(http.StatusBadRequest, "malformed_request")
	other.call(other.manager, "PUT", at, `{"locations":7}`, "If-Match", "*").refused(http.StatusNotFound, "campaign_not_found")
	h.call(h.manager, "PUT", at, `{"locations":7}`, "If-Match", `"9"`).refused(http.StatusPreconditionFailed, "stale_revision")
	if c := h.call(h.manager, "GET", strings.TrimSuffix(at, "/targeting"), nil).want(http.StatusOK); c.at("targeting") != nil || c.num("revision") != 1 {
		t.Errorf("%s", c.text)
	}
	h.call(h.manager, "PUT", at, `{`+somewhere+`}`, "If-Match", "*").want(http.StatusOK)
}

// An audience of the partner's is counted, not guessed.
func TestReachKnowsTheSizeOfAnAudience(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.audience(`{"name":"Customers","minimum_size":1}`)
	lines := []string{"email"}
	for i := range 400 {
		lines = append(lines, fmt.Sprintf("p%d@example.com", i))
	}
	h.members(at, "text/csv", lines...).want(http.StatusOK)
	got := h.call(h.analyst, "POST", "/api/v1/reach-estimates", `{"locations":[{"country":"CO"}],"custom_audiences":["`+strings.TrimPrefix(at, "/api/v1/audiences/")+`"]}`).want(http.StatusOK)
	if got.num("mid") != 200 || got.num("high") > 340 || got.num("low") >= got.num("mid") || !strings.Contains(string(got.text), `400 people are in \"Customers\" today`) {
		t.Errorf("%s", got.text)
	}
}
