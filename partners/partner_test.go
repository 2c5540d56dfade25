package partners_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

func fieldsOf(err error) map[string]string {
	codes := map[string]string{}
	if f := fault.As(err); f != nil {
		for _, field := range f.Fields {
			codes[field.Path] = field.Code
		}
	}
	return codes
}

func TestCreateGivesTheDefaults(t *testing.T) {
	w := newWorld(t)
	w.now = w.now.Add(999 * time.Nanosecond) // more than a store keeps
	p, err := w.Create(t.Context(), operator, acme())
	w.must(err)
	s := p.State()
	want := partners.State{
		ID: s.ID, Revision: 1, Name: "Acme", Timezone: "America/Bogota", Currency: "USD",
		Flags: map[string]bool{}, Contract: partners.Contract{Active: true},
		CreatedAt: w.now.Truncate(time.Microsecond), UpdatedAt: w.now.Truncate(time.Microsecond),
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
	e := w.store.events[0]
	if e.Type != "partner.created" || e.Partner != s.ID || e.Origin.Partner != s.ID || e.Origin.ID != "the-admin" {
		t.Errorf("the event is in the log of %s by %+v", e.Partner, e.Origin)
	}
}

func TestCreateRefusesEverythingWrongAtOnce(t *testing.T) {
	w := newWorld(t)
	later := w.now.Add(time.Hour)
	_, err := w.Create(t.Context(), operator, partners.NewPartner{
		Name: " ", Timezone: "Local", Currency: "usd",
		Limits:   partners.Limits{ActiveCampaigns: new(-1), DailyBudget: new(money.New(1, "EUR"))},
		Flags:    map[string]bool{"Not A Flag": true},
		Contract: &partners.Contract{From: &later, Until: &later, Reference: "a\x00b"},
	})
	want := map[string]string{
		"name": "required", "timezone": "unknown_timezone", "currency": "unknown_currency",
		"limits.active_campaigns": "out_of_range", "limits.daily_budget": "currency_mismatch",
		"flags.Not A Flag": "invalid_name", "contract.until": "out_of_range", "contract.reference": "not_text",
	}
	if diff := cmp.Diff(want, fieldsOf(err)); diff != "" {
		t.Error(diff)
	}
	if len(w.happened()) != 0 || len(w.store.partners) != 0 {
		t.Error("something was stored")
	}
}

func TestNamesAreText(t *testing.T) {
	for name, code := range map[string]string{
		"":                         "required",
		strings.Repeat("ñ", 200):   "",
		strings.Repeat("ñ", 201):   "too_long",
		"a\nb":                     "not_text",
		"\xff":                     "not_text",
		"Compañía Ltda. \"Norte\"": "",
	} {
		in := acme()
		in.Name = name
		_, err := newWorld(t).Create(t.Context(), operator, in)
		if got := fieldsOf(err)["name"]; got != code {
			t.Errorf("%q: %q, want %q", name, got, code)
		}
	}
}

func TestValidateOnlyStoresNothing(t *testing.T) {
	w := newWorld(t)
	in := acme()
	in.ValidateOnly = true
	_, err := w.Create(t.Context(), operator, in)
	w.must(err)
	if len(w.store.partners) != 0 {
		t.Error("a partner was created")
	}
	id := w.partner()
	p, err := w.Update(t.Context(), operator, id, 1, partners.Patch{Name: new("Other"), ValidateOnly: true})
	w.must(err)
	if p.State().Name != "Other" || w.store.partners[id].Name != "Acme" {
		t.Error("the check must show what would be, and store nothing")
	}
	_, err = w.Update(t.Context(), operator, id, 9, partners.Patch{ValidateOnly: true})
	w.is(err, partners.ErrStale)
}

// TestPatchMerges sends JSON as a client does: what is absent stays, null removes.
func TestPatchMerges(t *testing.T) {
	w := newWorld(t)
	id := w.partner()
	steps := []struct{ patch, field, want string }{
		{`{"name":"Acme 2"}`, "name", `"Acme 2"`},
		{`{"limits":{"active_campaigns":10,"daily_budget":{"amount":"5.00","currency":"USD"}}}`, "limits",
			`{"active_campaigns":10,"daily_budget":{"amount":"5.00","currency":"USD"},"monthly_budget":null}`},
		{`{"limits":{"daily_budget":null}}`, "limits", `{"active_campaigns":10,"daily_budget":null,"monthly_budget":null}`},
		{`{"flags":{"a":true,"b":false}}`, "flags", `{"a":true,"b":false}`},
		{`{"flags":{"a":null,"c":true}}`, "flags", `{"b":false,"c":true}`},
		{`{"contract":{"active":false,"until":"2027-01-01T00:00:00Z"}}`, "contract", `{"active":false,"from":null,"until":"2027-01-01T00:00:00Z","prepaid":false}`},
		{`{"contract":{"until":null,"reference":"C-1"}}`, "contract", `{"active":false,"reference":"C-1","from":null,"until":null,"prepaid":false}`},
	}
	for i, step := range steps {
		var patch partners.Patch
		w.must(json.Unmarshal([]byte(step.patch), &patch))
		p, err := w.Update(t.Context(), operator, id, int64(i+1), patch)
		w.must(err)
		body, err := json.Marshal(p.State())
		w.must(err)
		var fields map[string]json.RawMessage
		w.must(json.Unmarshal(body, &fields))
		if got := string(fields[step.field]); got != step.want || p.State().Revision != int64(i+2) {
			t.Errorf("after %s, %s is %s at revision %d, want %s", step.patch, step.field, got, p.State().Revision, step.want)
		}
	}
}

func TestUpdatedShowsBeforeAndAfter(t *testing.T) {
	w := newWorld(t)
	id := w.partner()
	w.happened()
	_, err := w.Update(t.Context(), operator, id, 1, partners.Patch{Name: new("New"), Timezone: new("Europe/Madrid")})
	w.must(err)
	const want = `{"changes":[{"field":"name","before":"Acme","after":"New"},` +
		`{"field":"timezone","before":"America/Bogota","after":"Europe/Madrid"}]}`
	if got := string(w.store.events[0].Data); got != want || w.store.events[0].Revision != 2 {
		t.Errorf("revision %d: %s", w.store.events[0].Revision, got)
	}
}

func TestUpdateThatChangesNothingIsNoEvent(t *testing.T) {
	w := newWorld(t)
	id := w.partner()
	w.happened()
	p, err := w.Update(t.Context(), operator, id, 1, partners.Patch{Name: new("Acme"), Flags: map[string]*bool{"x": nil}})
	w.must(err)
	if got := w.happened(); len(got) != 0 || p.State().Revision != 1 {
		t.Errorf("revision %d, events %v", p.State().Revision, got)
	}
}

// TestTwoEditsOfOneRevision is F33: one wins, the other is told.
func TestTwoEditsOfOneRevision(t *testing.T) {
	w := newWorld(t)
	id := w.partner()
	_, first := w.Update(t.Context(), operator, id, 1, partners.Patch{Name: new("A")})
	_, second := w.Update(t.Context(), operator, id, 1, partners.Patch{Name: new("B")})
	w.must(first)
	w.is(second, partners.ErrStale)
	_, bad := w.Update(t.Context(), operator, id, 2, partners.Patch{Name: new("C"), Timezone: new("Nowhere")})
	w.is(bad, fault.ErrInvalid)
	if got := w.store.partners[id].Name; got != "A" {
		t.Errorf("the name is %q", got)
	}
	_, missing := w.Update(t.Context(), operator, w.id(), 0, partners.Patch{})
	w.is(missing, partners.ErrNotFound)
}

func TestListAndGet(t *testing.T) {
	w := newWorld(t)
	first, second := w.partner(), w.partner()
	all, _, err := w.List(t.Context(), partners.Page{})
	w.must(err)
	if len(all) != 2 || all[0].State().ID != first || all[1].State().ID != second {
		t.Errorf("got %d partners", len(all))
	}
	p, err := w.Get(t.Context(), first)
	w.must(err)
	p.State().Flags["leak"] = true
	if p.State().Flags["leak"] {
		t.Error("changing a State changed the partner")
	}
}

func TestContractPeriodIsHalfOpen(t *testing.T) {
	from, until := time.Unix(100, 0), time.Unix(200, 0)
	c := partners.Contract{Active: true, From: &from, Until: &until}
	for second, want := range map[int64]bool{99: false, 100: true, 199: true, 200: false} {
		if got := c.ActiveAt(time.Unix(second, 0)); got != want {
			t.Errorf("at %d: %v", second, got)
		}
	}
	c.Active = false
	if c.ActiveAt(time.Unix(150, 0)) || !(partners.Contract{Active: true}).ActiveAt(from) {
		t.Error("an inactive contract holds, or one without a period does not")
	}
}
