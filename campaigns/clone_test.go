package campaigns_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
)

func TestACloneIsADraftWithEverythingButItsPast(t *testing.T) {
	for _, status := range campaigns.Statuses {
		w := newWorld(t)
		in := spring(t)
		in.Description, in.Labels, in.Category = "why", []string{"q2"}, campaigns.Credit
		in.Budget.Kind, in.Budget.AutoPause, in.Budget.Thresholds = campaigns.BudgetDaily, ptr(false), []int{60}
		o := w.state(w.in(status))
		if status == campaigns.Draft { // one that has everything that a draft can have
			o = must(t)(w.Create(ctx, by, in)).State()
		}
		c := must(t)(w.Clone(ctx, by, o.ID, campaigns.CloneTerms{})).State()
		if c.ID == o.ID || c.BudgetID == o.BudgetID || c.Name != "Spring (copy)" || *c.ClonedFrom != o.ID || c.Revision != 1 {
			t.Fatalf("%+v", c)
		}
		want := o
		want.ID, want.BudgetID, want.Name, want.ClonedFrom, want.Revision = c.ID, c.BudgetID, c.Name, c.ClonedFrom, 1
		want.Status, want.Schedule, want.LaunchedAt, want.CompletedAt, want.Final = campaigns.Draft, nil, nil, nil, nil
		want.PausedBecause, want.PausedAt, want.FiguresAtPause, want.CancelledBecause = "", nil, nil, ""
		want.CreatedAt, want.UpdatedAt = c.CreatedAt, c.UpdatedAt
		if got, want := shown(t, c), shown(t, want); got != want {
			t.Errorf("%s:\n got %s\nwant %s", status, got, want)
		}
		if e := data[campaigns.Created](w); *e.ClonedFrom != o.ID {
			t.Errorf("%+v", e)
		}
		a, b := w.budgets[o.ID], w.budgets[c.ID]
		a.ID = b.ID
		if !reflect.DeepEqual(a, b) {
			t.Errorf("budget %+v, want %+v", b, a)
		}
	}
}

func TestACloneWithOtherTerms(t *testing.T) {
	w := newWorld(t)
	o := w.draft()
	euros := campaigns.BudgetTerms{Amount: money.New(5e6, "EUR")}
	_, err := w.Clone(ctx, by, o, campaigns.CloneTerms{Budget: &euros})
	if got := wrong(err); got != "goals.target_metrics.cpc currency_mismatch" {
		t.Error(got)
	}
	terms := campaigns.CloneTerms{
		ID: uuid.Must(uuid.NewV7()), Name: "Madrid", Timezone: "Europe/Madrid", Budget: &euros, Goals: ptr(goals(t, `"ctr":0.1`)),
	}
	c := must(t)(w.Clone(ctx, by, o, terms)).State()
	if c.ID != terms.ID || c.Name != "Madrid" || c.Timezone != "Europe/Madrid" || c.Currency != "EUR" || len(c.Goals.Targets) != 1 {
		t.Errorf("%+v", c)
	}
	if again := must(t)(w.Clone(ctx, by, o, terms)).State(); again.ID != c.ID || len(w.states) != 2 {
		t.Error("a repeated clone has made another campaign")
	}
}

func TestTheNameOfACloneFits(t *testing.T) {
	w := newWorld(t)
	in := spring(t)
	in.Name = strings.Repeat("ñ", 200)
	o := must(t)(w.Create(ctx, by, in)).State().ID
	c := must(t)(w.Clone(ctx, by, o, campaigns.CloneTerms{})).State()
	if want := strings.Repeat("ñ", 193) + " (copy)"; c.Name != want {
		t.Errorf("%s", c.Name)
	}
}

// shown is a state as clients see it.
func shown(t testing.TB, s campaigns.State) string {
	t.Helper()
	body, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
