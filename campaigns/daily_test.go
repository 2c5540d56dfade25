package campaigns_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
)

// exhausted is a running campaign whose budget of a kind has just run out.
func (w *world) exhausted(kind campaigns.BudgetKind) uuid.UUID {
	w.t.Helper()
	ok := must(w.t)
	in := spring(w.t)
	in.Budget.Kind = kind
	id := ok(w.Create(ctx, by, in)).State().ID
	ok(w.SetTargeting(ctx, by, id, 0, colombia()))
	ok(w.SetCreatives(ctx, by, id, 0, banner))
	ok(w.Schedule(ctx, by, id, 0, dates))
	w.now = dates.Start
	ok(w.Launch(ctx, by, id, 0))
	w.settled = usd(1000)
	ok(w.Pause(ctx, by, id, 0, campaigns.ReasonBudgetExhausted))
	return id
}

// The campaign's days are Bogota's, five hours behind UTC.
var midnight = time.Date(2026, 11, 24, 5, 0, 0, 0, time.UTC)

func TestADailyBudgetIsTakenUpAgainWithTheNextLocalDay(t *testing.T) {
	w := newWorld(t)
	id := w.exhausted(campaigns.BudgetDaily)
	if at := w.state(id).ResumeAt; at == nil || !at.Equal(midnight) {
		t.Fatalf("it resumes at %v, want %s", at, midnight)
	}
	if did := w.run(midnight.Add(-time.Microsecond)); did != (campaigns.Run{}) {
		t.Errorf("before midnight: %+v", did)
	}
	w.settled = usd(0)
	if did := w.run(midnight); did.Resumed != 1 || w.state(id).Status != campaigns.Active || w.state(id).ResumeAt != nil {
		t.Errorf("at midnight: %+v %+v", did, w.state(id))
	}
}

func TestWhatIsNotReadyAtMidnightWaitsForAPerson(t *testing.T) {
	w := newWorld(t)
	id := w.exhausted(campaigns.BudgetDaily)
	w.settled, w.standing.ContractActive = usd(0), false
	if did := w.run(midnight); did.NotReady != 1 || w.state(id).Status != campaigns.Paused || w.state(id).ResumeAt != nil {
		t.Errorf("%+v %+v", did, w.state(id))
	}
	w.standing.ContractActive = true
	if did := w.run(midnight.Add(time.Hour)); did != (campaigns.Run{}) {
		t.Errorf("tried again: %+v", did)
	}
	if did := w.run(dates.End); did.Completed != 1 {
		t.Errorf("at the end: %+v", did)
	}
}

func TestOthersStayPaused(t *testing.T) {
	w := newWorld(t)
	if at := w.state(w.exhausted(campaigns.BudgetTotal)).ResumeAt; at != nil {
		t.Errorf("a total budget resumes at %s", at)
	}
	w = newWorld(t)
	if at := w.state(w.in(campaigns.Paused)).ResumeAt; at != nil {
		t.Errorf("a campaign that a person paused resumes at %s", at)
	}
	w = newWorld(t)
	id := w.exhausted(campaigns.BudgetDaily)
	must(t)(w.Complete(ctx, by, id, 0, "enough"))
	if s := w.state(id); s.ResumeAt != nil || s.DueAt() != nil {
		t.Errorf("a completed one: %+v", s)
	}
}
