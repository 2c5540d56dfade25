package campaigns_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
)

// run is a scheduler's run at a moment of virtual time.
func (w *world) run(at time.Time) campaigns.Run {
	w.t.Helper()
	w.now = at
	did, err := w.RunDue(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	return did
}

func TestTheSchedulerLaunchesAtTheStartAndCompletesAtTheEnd(t *testing.T) {
	w := newWorld(t)
	id := w.draft()
	must(t)(w.Schedule(ctx, by, id, 0, dates))
	for _, step := range []struct {
		at     time.Time
		did    campaigns.Run
		status campaigns.Status
	}{
		{dates.Start.Add(-time.Microsecond), campaigns.Run{}, campaigns.Scheduled},
		{dates.Start, campaigns.Run{Launched: 1}, campaigns.Active},
		{dates.Start.Add(time.Minute), campaigns.Run{}, campaigns.Active},
		{dates.End.Add(-time.Microsecond), campaigns.Run{}, campaigns.Active},
		{dates.End, campaigns.Run{Completed: 1}, campaigns.Completed},
		{dates.End.AddDate(0, 0, 1), campaigns.Run{}, campaigns.Completed},
	} {
		if did := w.run(step.at); did != step.did || w.state(id).Status != step.status {
			t.Errorf("at %s: %+v and %s, want %+v and %s", step.at, did, w.state(id).Status, step.did, step.status)
		}
	}
	e := data[campaigns.Ended](w)
	if by := w.last().Origin; e.Reason != campaigns.ReasonScheduledEnd || by.Kind != event.ActorScheduler || by.From != "scheduler" {
		t.Errorf("%+v by %+v", e, by)
	}
}

func TestAPausedCampaignIsCompletedAtItsEndToo(t *testing.T) {
	w := newWorld(t)
	id := w.in(campaigns.Paused)
	if did := w.run(dates.End); did.Completed != 1 || w.state(id).Status != campaigns.Completed {
		t.Errorf("%+v", did)
	}
}

func TestAManualCampaignWaitsForItsPerson(t *testing.T) {
	w := newWorld(t)
	id := w.draft()
	manual := dates
	manual.Launch = campaigns.LaunchManual
	must(t)(w.Schedule(ctx, by, id, 0, manual))
	if did := w.run(dates.Start.Add(time.Hour)); did != (campaigns.Run{}) || w.state(id).Status != campaigns.Scheduled {
		t.Errorf("%+v", did)
	}
	must(t)(w.Launch(ctx, by, id, 0))
	if did := w.run(dates.End); did.Completed != 1 {
		t.Errorf("launched by a person, and not completed by the clock: %+v", did)
	}
}

// failures counts the launches that were announced as failed.
func (w *world) failures() (n int) {
	for _, e := range w.log {
		if e.Type == "campaign.launch_failed" {
			n++
		}
	}
	return n
}

func TestAFailedLaunchIsAnnouncedOnceForASchedule(t *testing.T) {
	w := newWorld(t)
	id := w.draft()
	must(t)(w.Schedule(ctx, by, id, 0, dates))
	w.standing.ContractActive = false
	for tick := range 5 {
		if did := w.run(dates.Start.Add(time.Duration(tick) * time.Minute)); did.NotReady != 1 {
			t.Errorf("tick %d: %+v", tick, did)
		}
	}
	e := data[campaigns.LaunchFailed](w)
	if w.failures() != 1 || e.Final || strings.Join(failing(e.Checks), " ") != "contract" || len(e.Checks) != len(everyCheck) {
		t.Errorf("%d announcements, the last %+v", w.failures(), e)
	}
	again := dates
	again.Start = again.Start.Add(2 * time.Hour)
	must(t)(w.Schedule(ctx, by, id, 0, again))
	if w.run(again.Start); w.failures() != 2 {
		t.Errorf("another schedule: %d announcements", w.failures())
	}
	w.standing.ContractActive = true
	if did := w.run(again.Start.Add(time.Minute)); did.Launched != 1 || w.state(id).LaunchFailure != nil {
		t.Errorf("it became ready, and %+v", did)
	}
}

func TestALaunchThatNeverCameIsFinal(t *testing.T) {
	w := newWorld(t)
	id := w.draft()
	must(t)(w.Schedule(ctx, by, id, 0, dates))
	w.settled = usd(1000)
	w.run(dates.Start)
	w.run(dates.End)
	if e := data[campaigns.LaunchFailed](w); !e.Final || w.failures() != 2 {
		t.Errorf("%d announcements, the last %+v", w.failures(), e)
	}
	if did := w.run(dates.End.Add(time.Hour)); did != (campaigns.Run{}) || w.state(id).DueAt() != nil {
		t.Errorf("it is tried for ever: %+v", did)
	}
	must(t)(w.Patch(ctx, by, id, 0, campaigns.Patch{End: ptr(dates.End.Add(48 * time.Hour))}))
	w.settled = usd(0)
	if did := w.run(dates.End.Add(2 * time.Hour)); did.Launched != 1 {
		t.Errorf("with a later end: %+v", did)
	}
}

func TestRunsThatRaceDoEverythingOnce(t *testing.T) {
	w := newWorld(t)
	const many = 250 // more than a batch
	for range many {
		must(t)(w.Schedule(ctx, by, w.draft(), 0, dates))
	}
	w.now = dates.Start
	var mu sync.Mutex
	var all sync.WaitGroup
	total := 0
	for range 4 {
		all.Go(func() {
			did, err := w.RunDue(ctx)
			mu.Lock()
			defer mu.Unlock()
			if total += did.Launched; err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	launched := map[uuid.UUID]int{}
	for _, e := range w.log {
		if e.Type == "campaign.launched" {
			launched[e.AggregateID]++
		}
	}
	for id, n := range launched {
		if n != 1 {
			t.Errorf("%s was launched %d times", id, n)
		}
	}
	if total != many || len(launched) != many {
		t.Errorf("%d launches of %d campaigns, %d claimed", len(launched), many, total)
	}
}

// flaky is a store in which one campaign cannot be updated, or nothing found.
type flaky struct {
	*world
	sick    uuid.UUID
	unfound error
}

func (f flaky) Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*campaigns.Campaign, campaigns.Facts) error) (*campaigns.Campaign, error) {
	if id == f.sick {
		return nil, errors.New("disk")
	}
	return f.world.Update(ctx, partner, id, revision, change)
}

func (f flaky) Due(ctx context.Context, now time.Time, after uuid.UUID, limit int) ([]campaigns.Ref, error) {
	refs, err := f.world.Due(ctx, now, after, limit)
	return refs, errors.Join(err, f.unfound)
}

func TestOneSickCampaignHoldsUpNobody(t *testing.T) {
	w := newWorld(t)
	sick, well := w.draft(), w.draft()
	must(t)(w.Schedule(ctx, by, sick, 0, dates))
	must(t)(w.Schedule(ctx, by, well, 0, dates))
	w.now = dates.Start
	clock := func() time.Time { return w.now }
	did, err := campaigns.NewService(flaky{world: w, sick: sick}, w, clock, uuid.New).RunDue(ctx)
	if err == nil || !strings.Contains(err.Error(), sick.String()) || did.Launched != 1 || w.state(well).Status != campaigns.Active {
		t.Errorf("%+v, %v", did, err)
	}
	lost := errors.New("no connection")
	if _, err := campaigns.NewService(flaky{world: w, unfound: lost}, w, clock, uuid.New).RunDue(ctx); !errors.Is(err, lost) {
		t.Error(err)
	}
}

// TestWhatIsNoLongerDueIsLeftAlone: between finding a campaign and locking it,
// somebody else may have acted.
func TestWhatIsNoLongerDueIsLeftAlone(t *testing.T) {
	later := campaigns.Schedule{Start: dates.Start.Add(time.Minute), End: dates.End}
	for want, meddle := range map[campaigns.Status]func(*world, uuid.UUID) (*campaigns.Campaign, error){
		campaigns.Cancelled: func(w *world, id uuid.UUID) (*campaigns.Campaign, error) { return w.Cancel(ctx, by, id, 0, "") },
		campaigns.Scheduled: func(w *world, id uuid.UUID) (*campaigns.Campaign, error) { return w.Schedule(ctx, by, id, 0, later) },
	} {
		w := newWorld(t)
		id := w.draft()
		must(t)(w.Schedule(ctx, by, id, 0, dates))
		w.now = dates.Start
		store := meddling{w, func() { must(t)(meddle(w, id)) }}
		did, err := campaigns.NewService(store, w, func() time.Time { return w.now }, uuid.New).RunDue(ctx)
		if err != nil || did != (campaigns.Run{}) || w.state(id).Status != want {
			t.Errorf("%+v, %v: %s, want %s", did, err, w.state(id).Status, want)
		}
	}
}

type meddling struct {
	*world
	meddle func()
}

func (m meddling) Due(ctx context.Context, now time.Time, after uuid.UUID, limit int) ([]campaigns.Ref, error) {
	refs, err := m.world.Due(ctx, now, after, limit)
	m.meddle()
	return refs, err
}
