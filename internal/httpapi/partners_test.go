package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/partners"
)

func TestPartnerFromCreationToChange(t *testing.T) {
	w := newWorld(t)
	made := w.call(adminSecret, "POST", "/api/v1/partners", `{"name":"Andes Outdoor","timezone":"America/Bogota","currency":"USD",
		"limits":{"active_campaigns":10,"daily_budget":{"amount":"10000.00","currency":"USD"}},"flags":{"welcome_campaign":true}}`).want(http.StatusCreated)
	id, at := made.str("id"), "/api/v1/partners/"+made.str("id")
	if made.Header.Get("Location") != at || made.Header.Get("ETag") != `"1"` || made.num("revision") != 1 {
		t.Errorf("Location %q, ETag %q: %s", made.Header.Get("Location"), made.Header.Get("ETag"), made.text)
	}
	if w.call(adminSecret, "GET", at, nil).want(http.StatusOK).str("limits.daily_budget.amount") != "10000.00" {
		t.Error("the limit is not read as it was given")
	}
	changed := w.call(adminSecret, "PATCH", at, `{"limits":{"daily_budget":null},"flags":{"welcome_campaign":null,"advanced_targeting":true}}`,
		"If-Match", `"1"`).want(http.StatusOK)
	if changed.Header.Get("ETag") != `"2"` || changed.at("limits.daily_budget") != nil || changed.num("limits.active_campaigns") != 10 ||
		changed.at("flags.advanced_targeting") != true || changed.at("flags.welcome_campaign") != nil {
		t.Errorf("changed to %s", changed.text)
	}
	if listed := w.call(adminSecret, "GET", "/api/v1/partners", nil).want(http.StatusOK); listed.str("items.0.id") != id {
		t.Errorf("listed %s", listed.text)
	}
}

func TestPartnerListIsCutIntoPages(t *testing.T) {
	w := newWorld(t)
	names := map[string]bool{}
	for _, name := range []string{"A", "B", "C", "D", "E"} {
		w.partner(name)
	}
	for cursor, pages := "", 0; ; pages++ {
		page := w.call(adminSecret, "GET", "/api/v1/partners?limit=2&cursor="+cursor, nil).want(http.StatusOK)
		for i := range page.len("items") {
			names[page.str("items."+string(rune('0'+i))+".name")] = true
		}
		if cursor = page.str("next_cursor"); cursor == "" {
			if pages != 2 || len(names) != 5 {
				t.Errorf("%d pages with %v", pages+1, names)
			}
			return
		}
	}
}

func TestWrongPartnersAreRefusedWithEveryField(t *testing.T) {
	w := newWorld(t)
	before := w.seq("00000000-0000-0000-0000-000000000000")
	for name, c := range map[string]struct {
		body   string
		status int
		code   string
		fields string // paths, in any order
	}{
		"nothing":          {``, 400, "malformed_request", ""},
		"not JSON":         {`{"name":`, 400, "malformed_request", "body"},
		"two documents":    {`{"name":"A"}{"name":"B"}`, 400, "malformed_request", "body"},
		"a key twice":      {`{"name":"A","name":"B"}`, 400, "malformed_request", "body"},
		"a deep key twice": {`{"name":"A","limits":{"active_campaigns":1,"active_campaigns":2}}`, 400, "malformed_request", "body"},
		"a list":           {`[]`, 422, "validation_failed", "body"},
		"unknown field":    {`{"name":"A","nmae":"B"}`, 422, "validation_failed", "nmae"},
		"no name":          {`{}`, 422, "validation_failed", "name"},
		"wrong type":       {`{"name":7}`, 422, "validation_failed", "name"},
		"null name":        {`{"name":null}`, 422, "validation_failed", "name"},
		"domain rules":     {`{"name":"A","timezone":"Mars/Olympus","currency":"XXQ"}`, 422, "validation_failed", "timezone currency"},
		"money as number":  {`{"name":"A","limits":{"daily_budget":{"amount":5,"currency":"USD"}}}`, 422, "validation_failed", "limits.daily_budget.amount"},
		"seven decimals":   {`{"name":"A","limits":{"daily_budget":{"amount":"5.0000001","currency":"USD"}}}`, 422, "validation_failed", "limits.daily_budget.amount"},
		"other currency":   {`{"name":"A","currency":"USD","limits":{"daily_budget":{"amount":"5.00","currency":"EUR"}}}`, 422, "validation_failed", "limits.daily_budget"},
		"negative limit":   {`{"name":"A","limits":{"active_campaigns":-1}}`, 422, "validation_failed", "limits.active_campaigns"},
		"huge number":      {`{"name":"A","limits":{"active_campaigns":1e400}}`, 400, "malformed_request", "body"},
	} {
		a := w.call(adminSecret, "POST", "/api/v1/partners", c.body).refused(c.status, c.code)
		var paths []string
		for i := range a.len("errors") {
			paths = append(paths, a.str("errors."+string(rune('0'+i))+".path"))
		}
		for path := range strings.FieldsSeq(c.fields) {
			if !strings.Contains(" "+strings.Join(paths, " ")+" ", " "+path+" ") {
				t.Errorf("%s: fields %q, want %q: %s", name, paths, c.fields, a.text)
			}
		}
	}
	if page := w.call(adminSecret, "GET", "/api/v1/partners", nil); page.len("items") != 0 {
		t.Errorf("refused requests left %s", page.text)
	}
	if w.seq("00000000-0000-0000-0000-000000000000") != before {
		t.Error("refused requests left events")
	}
}

func TestKeyIsShownOnceAndEndsWhenRevoked(t *testing.T) {
	w := newWorld(t)
	partner := w.partner("Andes")
	at := "/api/v1/partners/" + partner
	made := w.call(adminSecret, "POST", at+"/keys", `{"role":"analyst","name":"BI"}`).want(http.StatusCreated)
	secret := made.str("key")
	if made.Header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(secret, "cmk_") || made.str("role") != "analyst" {
		t.Errorf("issued %s with %v", made.text, made.Header)
	}
	listed := w.call(adminSecret, "GET", at+"/keys", nil).want(http.StatusOK)
	if strings.Contains(string(listed.text), secret) || listed.str("items.0.id") != made.str("id") {
		t.Errorf("listed %s", listed.text)
	}
	w.call(secret, "GET", at, nil).want(http.StatusOK)
	w.call(adminSecret, "DELETE", at+"/keys/"+made.str("id"), nil).want(http.StatusNoContent)
	w.call(secret, "GET", at, nil).refused(http.StatusUnauthorized, "invalid_key")
	w.call(adminSecret, "DELETE", at+"/keys/"+made.str("id"), nil).want(http.StatusNoContent)
	w.call(adminSecret, "DELETE", at+"/keys/"+newID().String(), nil).refused(http.StatusNotFound, "key_not_found")
}

func TestKeyExpires(t *testing.T) {
	w := newWorld(t)
	partner := w.partner("Andes")
	at := "/api/v1/partners/" + partner
	soon := w.clock().Add(time.Hour).Format(time.RFC3339)
	secret := w.call(adminSecret, "POST", at+"/keys", map[string]any{"role": partners.RoleAnalyst, "expires_at": soon}).want(http.StatusCreated).str("key")
	w.call(secret, "GET", at, nil).want(http.StatusOK)
	w.sleep(time.Hour)
	w.call(secret, "GET", at, nil).refused(http.StatusUnauthorized, "invalid_key")
	w.call(adminSecret, "POST", at+"/keys", map[string]any{"role": "analyst", "expires_at": soon}).refused(http.StatusUnprocessableEntity, "validation_failed")
}
