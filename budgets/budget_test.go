package budgets_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"
	_ "time/tzdata" // the zones are the same on every machine

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

var (
	noon     = time.Date(2026, 11, 23, 17, 0, 0, 0, time.UTC) // in Bogota
	today    = localday.Of(noon, time.UTC)
	partner  = uuid.MustParse("0190b5a0-0000-7000-8000-000000000001")
	campaign = uuid.MustParse("0190b5a0-0000-7000-8000-000000000002")
	budgetID = uuid.MustParse("0190b5a0-0000-7000-8000-000000000003")
	manager  = event.Origin{Partner: partner, Kind: event.ActorKey, ID: "key"}
)

func usd(units int64) money.Money { return money.New(units*money.Unit, "USD") }

// request is a budget of 100 USD in Bogota.
func request(kind budgets.Kind) budgets.NewBudget {
	return budgets.NewBudget{
		ID: budgetID, Partner: partner, Campaign: campaign, Kind: kind, Limit: usd(100), Timezone: "America/Bogota",
	}
}

func open(t testing.TB, in budgets.NewBudget) *budgets.Budget {
	t.Helper()
	b, err := budgets.Open(manager, noon, in)
	if err != nil {
		t.Fatal(err)
	}
	b.PullEvents()
	return b
}

func settle(t testing.TB, b *budgets.Budget, day localday.Day, units int64) {
	t.Helper()
	if err := b.Settle(manager, noon, day, units*money.Unit); err != nil {
		t.Fatal(err)
	}
}

// told takes the pending events as short words: "50% LOW", "100% CRITICAL pauses",
// "exhausted", "overdelivered 20.00 on 2026-11-23", "credited 5.00", "changed".
func told(t testing.TB, b *budgets.Budget) []string {
	t.Helper()
	words := []string{}
	for _, e := range b.PullEvents() {
		if e.Partner != partner || e.AggregateID != budgetID {
			t.Errorf("%s is of partner %s, budget %s", e.Type, e.Partner, e.AggregateID)
		}
		words = append(words, word(t, e))
	}
	return words
}

func word(t testing.TB, e event.Event) string {
	t.Helper()
	read := func(into any) {
		if err := json.Unmarshal(e.Data, into); err != nil {
			t.Fatal(err)
		}
	}
	switch e.Type {
	case "budget.threshold_reached":
		var d budgets.ThresholdReached
		read(&d)
		if d.Pauses {
			return fmt.Sprintf("%d%% %s pauses", d.Percent, d.Severity)
		}
		return fmt.Sprintf("%d%% %s", d.Percent, d.Severity)
	case "budget.overdelivered":
		var d budgets.Overdelivered
		read(&d)
		return fmt.Sprintf("overdelivered %s on %s", d.Amount.Amount(), d.Day)
	case "budget.credited":
		var d budgets.Credited
		read(&d)
		return "credited " + d.Amount.Amount()
	default:
		return e.Type[len("budget."):]
	}
}

func expect(t testing.TB, b *budgets.Budget, words ...string) {
	t.Helper()
	if words == nil {
		words = []string{}
	}
	if diff := cmp.Diff(words, told(t, b)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// fieldsOf are the paths and codes of a refusal.
func fieldsOf(t testing.TB, err error) map[string]string {
	t.Helper()
	if !errors.Is(err, fault.ErrInvalid) {
		t.Fatalf("got %v, want validation_failed", err)
	}
	codes := map[string]string{}
	for _, f := range fault.As(err).Fields {
		codes[f.Path] = f.Code
		if f.Detail == "" || f.Allow == "" {
			t.Errorf("%s does not say what is wrong and what is allowed", f.Path)
		}
	}
	return codes
}

func TestOpen(t *testing.T) {
	b, err := budgets.Open(manager, noon, request(""))
	if err != nil {
		t.Fatal(err)
	}
	s := b.State()
	if s.Kind != budgets.KindTotal || s.Revision != 1 || s.Limit != 100*money.Unit || s.Currency != "USD" {
		t.Errorf("got %+v", s)
	}
	expect(t, b, "opened")
	want := []budgets.Threshold{
		{Percent: 50, Severity: "LOW"}, {Percent: 75, Severity: "MEDIUM"},
		{Percent: 90, Severity: "HIGH"}, {Percent: 100, Severity: "CRITICAL"},
	}
	if diff := cmp.Diff(want, s.Thresholds); diff != "" {
		t.Error(diff)
	}
}

func TestOpenRefusesEverythingWrongAtOnce(t *testing.T) {
	_, err := budgets.Open(manager, noon, budgets.NewBudget{
		Kind: "weekly", Timezone: "Mars/Olympus", Limit: money.New(0, "usd"),
		Levels: []budgets.Level{{Percent: 0}, {Percent: 50}, {Percent: 50}, {Percent: 80, Severity: "URGENT"}},
	})
	want := map[string]string{
		"kind": "unknown_kind", "timezone": "unknown_timezone",
		"limit.currency": "unknown_currency", "limit.amount": "out_of_range",
		"thresholds[0].percent": "out_of_range", "thresholds[2].percent": "duplicate",
		"thresholds[3].severity": "unknown_severity",
	}
	if diff := cmp.Diff(want, fieldsOf(t, err)); diff != "" {
		t.Error(diff)
	}
}

func TestOpenHoldsTheLimitToItsBounds(t *testing.T) {
	for _, c := range []struct {
		micros int64
		ok     bool
	}{{-1, false}, {0, false}, {1, true}, {budgets.MaxLimit, true}, {budgets.MaxLimit + 1, false}} {
		in := request(budgets.KindTotal)
		in.Limit.Micros = c.micros
		if _, err := budgets.Open(manager, noon, in); (err == nil) != c.ok {
			t.Errorf("a limit of %s: %v", in.Limit, err)
		}
	}
}

func TestStateSurvivesJSONAndIsACopy(t *testing.T) {
	b := open(t, request(budgets.KindDaily))
	settle(t, b, today-1, 120)
	settle(t, b, today, 60)
	body, err := json.Marshal(b.State())
	if err != nil {
		t.Fatal(err)
	}
	var read budgets.State
	if err := json.Unmarshal(body, &read); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.State(), read); diff != "" {
		t.Errorf("(-state +read back):\n%s", diff)
	}
	taken := b.State()
	taken.Thresholds[0].Percent, taken.Closed[0].Settled = 1, 1
	if diff := cmp.Diff(read, b.State()); diff != "" {
		t.Errorf("changing a State changed the budget:\n%s", diff)
	}
}

func TestPosition(t *testing.T) {
	b := open(t, request(budgets.KindTotal))
	settle(t, b, today, 120)
	p := b.Position(today)
	if p.Reported != usd(120) || p.Settled != usd(100) || p.Available != usd(0) || p.Overdelivery != usd(20) || !p.Exhausted {
		t.Errorf("beyond the limit: %+v", p)
	}
	settle(t, b, today, -50)
	p = b.Position(today + 40)
	if p.Settled != usd(70) || p.Available != usd(30) || p.Overdelivery != usd(0) || p.Exhausted {
		t.Errorf("after a refund: %+v", p)
	}
}

func TestPositionLeavesRoomForReservations(t *testing.T) {
	b := open(t, request(budgets.KindTotal))
	settle(t, b, today, 30)
	s := b.State()
	s.Reserved = 25 * money.Unit
	if got := budgets.Restore(s).Position(today).Available; got != usd(45) {
		t.Errorf("available %s of 100 with 30 settled and 25 reserved", got)
	}
	s.Reserved = 80 * money.Unit
	if got := budgets.Restore(s).Position(today).Available; got != usd(0) {
		t.Errorf("available %s, want nothing and not a debt", got)
	}
}
