package httpapi_test

import (
	"net/http"
	"path"
	"testing"
)

func TestReachThroughHTTP(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	wide := h.call(h.analyst, "POST", "/api/v1/reach-estimates", `{"locations":[{"country":"CO"},{"country":"PE"}],"interests":["607"]}`).want(http.StatusOK)
	narrow := h.call(h.analyst, "POST", "/api/v1/reach-estimates",
		`{"locations":[{"country":"CO"}],"age_range":{"min":25,"max":34},"genders":["female"],"interests":["607"],"languages":["es"],"device_types":["mobile"]}`).want(http.StatusOK)
	if !(wide.num("low") < wide.num("mid") && wide.num("mid") < wide.num("high") && narrow.num("mid") < wide.num("mid")/5) {
		t.Errorf("%s\n%s", wide.text, narrow.text)
	}
	if narrow.str("confidence") == "" || narrow.len("factors") != 4 || narrow.str("factors.0.basis") == "" || narrow.str("method") == "" || narrow.str("valid_until") == "" {
		t.Errorf("%s", narrow.text)
	}
	buyers, gone := path.Base(h.audience(`{"name":"Buyers","consent_basis":"consent"}`)), path.Base(h.audience(`{"name":"Gone cold","consent_basis":"consent"}`))
	named := h.call(h.analyst, "POST", "/api/v1/reach-estimates",
		`{"locations":[{"country":"CO"}],"custom_audiences":["`+buyers+`"],"exclusions":[{"criterion":"custom_audiences","values":["`+gone+`"]}]}`).want(http.StatusOK)
	if said := named.str("sentence"); said != "People in Colombia; custom audiences: Buyers. Left out: custom audiences: Gone cold." {
		t.Errorf("audiences are called by %q", said)
	}
	bad := h.call(h.analyst, "POST", "/api/v1/reach-estimates", `{"locations":[{"country":"XX"}],"age_range":{"min":0,"max":200},"interests":["0"]}`).refused(http.StatusUnprocessableEntity, "validation_failed")
	if bad.len("errors") != 4 {
		t.Errorf("%s", bad.text)
	}
	h.call(h.ingest, "POST", "/api/v1/reach-estimates", `{}`).refused(http.StatusForbidden, "role_not_allowed")
}

func TestInterestsAreFoundAndWalked(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	if roots := h.call(h.analyst, "GET", "/api/v1/taxonomies/interests", nil).want(http.StatusOK); roots.len("items") != 3 {
		t.Errorf("%s", roots.text)
	}
	found := h.call(h.analyst, "GET", "/api/v1/taxonomies/interests?q=CAMPING&limit=2", nil).want(http.StatusOK)
	if found.len("items") == 0 || found.len("items") > 2 || found.len("items.0.path") == 0 {
		t.Errorf("%s", found.text)
	}
	below := h.call(h.analyst, "GET", "/api/v1/taxonomies/interests?parent_id=1", nil).want(http.StatusOK)
	if below.len("items") == 0 || below.str("items.0.parent_id") != "1" {
		t.Errorf("%s", below.text)
	}
	h.call(h.analyst, "GET", "/api/v1/taxonomies/interests/607", nil).want(http.StatusOK)
	h.call(h.analyst, "GET", "/api/v1/taxonomies/interests/99999", nil).refused(http.StatusNotFound, "interest_not_found")
}
