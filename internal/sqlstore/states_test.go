package sqlstore

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/targeting"
)

var record = flag.Bool("record", false, "write testdata/states anew: only before a first release")

// TestStatesOfEveryVersionStayReadable reads states as versions before have
// stored them, and wants nothing of them lost when they are stored again. A
// file here is never changed once its version has been released; a version that
// stores more adds files.
func TestStatesOfEveryVersionStayReadable(t *testing.T) {
	for name, again := range map[string]func(*testing.T, string) any{
		"partner":  again[partners.State],
		"key":      again[partners.KeyState],
		"campaign": again[campaigns.State],
		"budget":   again[budgets.State],
		"alert":    again[performance.AlertRecord],
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("testdata", "states", name+".v1.json")
			if *record {
				writeState(t, file, examples(t)[name])
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			kept(t, name, plain(t, text), again(t, string(text)))
			again(t, `{"a_field_of_a_later_version":{"x":[1]}}`)
		})
	}
}

// again is what a state is once it has been read and is stored again.
func again[S any](t *testing.T, text string) any {
	t.Helper()
	state, err := decode[S]("state", uuid.Nil, text)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := encode(state)
	if err != nil {
		t.Fatal(err)
	}
	return plain(t, []byte(stored))
}

func plain(t *testing.T, text []byte) (value any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// kept wants every value of before in after; after may have more.
func kept(t *testing.T, path string, before, after any) {
	t.Helper()
	object, ok := before.(map[string]any)
	if !ok {
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
		return
	}
	now, ok := after.(map[string]any)
	if !ok {
		t.Errorf("%s is no longer an object", path)
	}
	for member, value := range object {
		kept(t, path+"."+member, value, now[member])
	}
}

func writeState(t *testing.T, file string, state any) {
	t.Helper()
	text, err := json.MarshalIndent(state, "", "\t")
	if err == nil {
		err = os.WriteFile(file, append(text, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// examples are states with as much in them as one can have.
func examples(t *testing.T) map[string]any {
	five, until, daily := 5, noon.AddDate(1, 0, 0), money.New(100*money.Unit, "USD")
	partner, err := partners.New(operator, noon, newID(), partners.NewPartner{
		Name: "Andes", Timezone: "America/Bogota", Currency: "USD", Flags: map[string]bool{"advanced_targeting": true},
		Limits:   partners.Limits{ActiveCampaigns: &five, DailyBudget: &daily, MonthlyBudget: &daily},
		Contract: &partners.Contract{Active: true, Reference: "C-7", From: &noon, Until: &until},
	})
	if err != nil {
		t.Fatal(err)
	}
	campaign := wholeLife(t, partner.State().ID)
	usual := budgets.DefaultPolicy()
	budget, err := openBudget(&usual, campaign, campaigns.NewBudget{
		ID: campaign.BudgetID, Kind: campaigns.BudgetDaily, Limit: daily, AutoPause: true, Thresholds: []int{50, 100}, By: operator, At: noon,
	})
	if err != nil {
		t.Fatal(err)
	}
	for day, amount := range map[localday.Day]int64{20_513: 120, 20_514: 60, 20_512: -5} {
		if err := budget.Settle(operator, noon, day, amount*money.Unit); err != nil {
			t.Fatal(err)
		}
	}
	alert := performance.Raise(operator, noon, event.Event{ID: newID(), Partner: campaign.Partner, Seq: 7, OccurredAt: noon}, performance.Notice{
		Campaign: campaign.ID, Kind: performance.AlertBudgetThreshold, Subject: "75", Severity: performance.SeverityMedium,
		Title: "75 % spent", Detail: "75.00 of 100.00 USD", Facts: map[string]any{"percent": 75},
	})
	return map[string]any{
		"partner": partner.State(), "campaign": campaign, "budget": budget.State(), "alert": alert.State(),
		"key": partners.KeyState{
			ID: newID(), Partner: campaign.Partner, Role: partners.RoleManager, Name: "Ana", Prefix: "cmk_abcdefgh",
			Revision: 2, CreatedAt: noon, ExpiresAt: &until, RevokedAt: &noon,
		},
	}
}

// wholeLife is a campaign that went through every step but cancelling.
func wholeLife(t *testing.T, partner uuid.UUID) campaigns.State {
	c, err := campaigns.New(operator, noon, campaigns.NewCampaign{
		ID: newID(), BudgetID: newID(), Partner: partner, Name: "Spring", Description: "All of it", Type: campaigns.Display,
		Objective: campaigns.Conversions, Timezone: "America/Bogota", Labels: []string{"q1"},
		Budget: campaigns.BudgetTerms{Amount: money.New(100*money.Unit, "USD")},
		Goals: campaigns.Goals{Targets: []campaigns.Target{
			{Metric: campaigns.MetricCPA, Quantity: campaigns.Quantity{Micros: 5_500_000, Currency: "USD"}},
			{Metric: campaigns.MetricCTR, Quantity: campaigns.Quantity{Micros: 20_000}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	wide := targeting.Configuration{Locations: []targeting.Location{{Country: "CO"}}, Behaviors: []string{"travel"}}
	narrow := wide
	narrow.AgeRange = &targeting.AgeRange{Min: 25, Max: 54}
	dates := campaigns.Schedule{Start: noon, End: noon.AddDate(0, 1, 0), Launch: campaigns.LaunchManual}
	for _, step := range []func() error{
		func() error { return c.Configure(operator, noon, wide) },
		func() error {
			return c.SetCreatives(operator, noon, []campaigns.Creative{{Name: "a", Format: "image", URL: "https://example.com/a.png", Channel: "display"}})
		},
		func() error { return c.Schedule(operator, noon, dates) },
		func() error { return c.Launch(operator, noon, given{}) },
		func() error { return c.Refine(operator, noon, narrow, "fewer people") },
		func() error { return c.Pause(operator, noon, given{}, "lunch") },
		func() error { return c.Resume(operator, noon, given{}) },
		func() error { return c.Complete(operator, noon, given{}, "done") },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	return c.State()
}

// given are facts under which everything is allowed.
type given struct{}

func (given) Figures() (campaigns.Figures, error) {
	return campaigns.Figures{
		Impressions: 1000, Clicks: 30, Conversions: 4, Leads: 1, Spend: money.New(20*money.Unit, "USD"), Revenue: money.New(90*money.Unit, "USD"),
		Gauges: map[string]campaigns.Quantity{"brand_lift": {Micros: 1_500_000}}, Custom: map[string]campaigns.Quantity{"calls": campaigns.Count(2)},
	}, nil
}

func (given) Funding() (campaigns.Funding, error) {
	limit := money.New(100*money.Unit, "USD")
	return campaigns.Funding{Kind: campaigns.BudgetTotal, Limit: limit, Settled: money.Zero("USD"), Available: limit}, nil
}

func (given) Standing() (campaigns.Standing, error) {
	return campaigns.Standing{ContractActive: true}, nil
}
