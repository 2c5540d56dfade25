package integration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata" // the zones are the same on every machine

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// days is ReportDays in memory, as strict as the store's.
type days struct {
	mu   sync.Mutex
	next map[uuid.UUID]performance.DueDay
	due  map[uuid.UUID]time.Time
	log  []event.Event
}

func newDays() *days {
	return &days{next: map[uuid.UUID]performance.DueDay{}, due: map[uuid.UUID]time.Time{}}
}

func (d *days) Track(_ context.Context, x performance.DueDay, due time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.next[x.Campaign]; !ok {
		d.next[x.Campaign], d.due[x.Campaign] = x, due
	}
	return nil
}

func (d *days) DueDays(_ context.Context, now time.Time, limit int) (found []performance.DueDay, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, x := range d.next {
		if at := d.due[id]; !at.IsZero() && !at.After(now) && len(found) < limit {
			found = append(found, x)
		}
	}
	return found, nil
}

func (d *days) Report(_ context.Context, x performance.DueDay, events []event.Event, next localday.Day, due time.Time) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.next[x.Campaign] != x {
		return false, nil
	}
	d.next[x.Campaign], d.due[x.Campaign] = performance.DueDay{Partner: x.Partner, Campaign: x.Campaign, Day: next}, due
	d.log = append(d.log, events...)
	return true, nil
}

// broken is a campaign that cannot be read.
type broken struct{ Facts }

var errBroken = errors.New("it cannot be read")

func (b broken) Campaign(ctx context.Context, partner, id uuid.UUID) (campaigns.State, error) {
	if id == uuid.Nil {
		return campaigns.State{}, errBroken
	}
	return b.Facts.Campaign(ctx, partner, id)
}

// stage is one campaign with its history.
type stage struct {
	*testing.T
	days      *days
	now       time.Time
	state     campaigns.State
	history   []event.Event
	delivered map[localday.Day]bool
}

func newStage(t *testing.T, zone string) *stage {
	return &stage{T: t, days: newDays(), delivered: map[localday.Day]bool{}, state: campaigns.State{
		ID: uuid.MustParse("00000000-0000-7000-8000-000000000001"), Partner: uuid.MustParse("00000000-0000-7000-8000-000000000002"), Timezone: zone, Revision: 1,
	}}
}

func (s *stage) Campaign(context.Context, uuid.UUID, uuid.UUID) (campaigns.State, error) {
	return s.state, nil
}
func (s *stage) Ran(context.Context, uuid.UUID, uuid.UUID) ([]event.Event, error) {
	return s.history, nil
}

func (s *stage) Performance(_ context.Context, _ campaigns.State, p Period) (Performance, bool, error) {
	for day := p.Start; day <= p.End; day++ {
		if s.delivered[day] {
			return Performance{}, true, nil
		}
	}
	return Performance{}, false, nil
}

func (s *stage) at(local string) time.Time {
	s.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", local, zoneOf(s.state.Timezone))
	if err != nil {
		s.Fatal(err)
	}
	return at.UTC()
}

// happens adds to the history and lets the reporter follow the log.
func (s *stage) happens(kind, local string) {
	s.Helper()
	e := event.Event{Type: kind, Partner: s.state.Partner, AggregateID: s.state.ID, OccurredAt: s.at(local)}
	s.history = append(s.history, e)
	if kind == "campaign.completed" {
		s.state.CompletedAt = &e.OccurredAt
	}
	if err := s.reporter().Follow(s.Context(), []event.Event{e}); err != nil {
		s.Fatal(err)
	}
}

func (s *stage) reporter() *Reporter {
	return NewReporter(s.days, s, func() time.Time { return s.now })
}

// until lets time pass, looking every step.
func (s *stage) until(local string, step time.Duration) {
	s.Helper()
	end := s.at(local)
	for s.now = s.history[0].OccurredAt; s.now.Before(end); s.now = s.now.Add(step) {
		s.run()
	}
	s.now = end
	s.run()
}

func (s *stage) run() {
	s.Helper()
	for range 200 { // a day at a time
		before := len(s.days.log)
		day := s.days.next[s.state.ID]
		if err := s.reporter().RunDue(s.Context()); err != nil {
			s.Fatal(err)
		}
		if len(s.days.log) == before && s.days.next[s.state.ID] == day {
			return
		}
	}
	s.Fatal("it never ends")
}

// reported are the periods in the order of their reports.
func (s *stage) reported() []string {
	s.Helper()
	out := []string{}
	for _, e := range s.days.log {
		var body Performance
		if err := json.Unmarshal(e.Data, &body); err != nil {
			s.Fatal(err)
		}
		p := body.Period
		out = append(out, fmt.Sprintf("%s %s..%s %v", p.Type, p.Start, p.End, p.To.Sub(p.From)))
	}
	return out
}

const (
	launched  = "campaign.launched"
	paused    = "campaign.paused"
	resumed   = "campaign.resumed"
	completed = "campaign.completed"
)

// Every day on which a campaign ran is reported on, also the one it ended on
// and those of 23 and 25 hours, and no other.
func TestEveryDayThatACampaignRan(t *testing.T) {
	for name, c := range map[string]struct {
		zone    string
		history []string // "type local time"
		until   string
		want    []string
	}{
		"from launch to the day it ended": {"America/Bogota",
			[]string{launched + " 2026-03-03 15:00", completed + " 2026-03-05 00:30"}, "2026-03-12 00:00",
			[]string{"DAILY 2026-03-03..2026-03-03 24h0m0s", "DAILY 2026-03-04..2026-03-04 24h0m0s", "DAILY 2026-03-05..2026-03-05 24h0m0s", "WEEKLY 2026-03-02..2026-03-08 168h0m0s"}},
		"ended at midnight, to the instant": {"UTC",
			[]string{launched + " 2026-03-03 00:00", completed + " 2026-03-04 00:00"}, "2026-03-08 00:00",
			[]string{"DAILY 2026-03-03..2026-03-03 24h0m0s"}},
		"not while it was paused all day": {"UTC",
			[]string{launched + " 2026-03-03 10:00", paused + " 2026-03-03 12:00", resumed + " 2026-03-05 12:00"}, "2026-03-06 00:00",
			[]string{"DAILY 2026-03-03..2026-03-03 24h0m0s", "DAILY 2026-03-05..2026-03-05 24h0m0s"}},
		"the clocks go forward": {"Europe/Madrid",
			[]string{launched + " 2026-03-28 10:00"}, "2026-03-30 00:00",
			[]string{"DAILY 2026-03-28..2026-03-28 24h0m0s", "DAILY 2026-03-29..2026-03-29 23h0m0s", "WEEKLY 2026-03-23..2026-03-29 167h0m0s"}},
		"the clocks go back": {"Europe/Madrid",
			[]string{launched + " 2026-10-25 10:00"}, "2026-10-26 00:00",
			[]string{"DAILY 2026-10-25..2026-10-25 25h0m0s", "WEEKLY 2026-10-19..2026-10-25 169h0m0s"}},
		"midnight itself is skipped": {"America/Santiago",
			[]string{launched + " 2026-09-05 10:00"}, "2026-09-07 00:00",
			[]string{"DAILY 2026-09-05..2026-09-05 24h0m0s", "DAILY 2026-09-06..2026-09-06 23h0m0s", "WEEKLY 2026-08-31..2026-09-06 167h0m0s"}},
		"midnight is skipped, in São Paulo as long as it had summers": {"America/Sao_Paulo",
			[]string{launched + " 2018-11-03 10:00"}, "2018-11-05 00:00",
			[]string{"DAILY 2018-11-03..2018-11-03 24h0m0s", "DAILY 2018-11-04..2018-11-04 23h0m0s", "WEEKLY 2018-10-29..2018-11-04 167h0m0s"}},
		"midnight is skipped in Beirut": {"Asia/Beirut",
			[]string{launched + " 2026-03-28 10:00"}, "2026-03-30 00:00",
			[]string{"DAILY 2026-03-28..2026-03-28 24h0m0s", "DAILY 2026-03-29..2026-03-29 23h0m0s", "WEEKLY 2026-03-23..2026-03-29 167h0m0s"}},
		"the hour before midnight comes twice in Beirut": {"Asia/Beirut",
			[]string{launched + " 2026-10-24 10:00"}, "2026-10-26 00:00",
			[]string{"DAILY 2026-10-24..2026-10-24 25h0m0s", "DAILY 2026-10-25..2026-10-25 24h0m0s", "WEEKLY 2026-10-19..2026-10-25 169h0m0s"}},
		"midnight is skipped on a Friday in Cairo": {"Africa/Cairo",
			[]string{launched + " 2026-04-23 10:00"}, "2026-04-25 00:00",
			[]string{"DAILY 2026-04-23..2026-04-23 24h0m0s", "DAILY 2026-04-24..2026-04-24 23h0m0s"}},
		"the hour before midnight comes twice in Cairo": {"Africa/Cairo",
			[]string{launched + " 2026-10-29 10:00"}, "2026-10-31 00:00",
			[]string{"DAILY 2026-10-29..2026-10-29 25h0m0s", "DAILY 2026-10-30..2026-10-30 24h0m0s"}},
		"a date that Samoa skipped has no report": {"Pacific/Apia",
			[]string{launched + " 2011-12-29 10:00"}, "2012-01-02 00:00",
			[]string{"DAILY 2011-12-29..2011-12-29 24h0m0s", "DAILY 2011-12-31..2011-12-31 24h0m0s", "MONTHLY 2011-12-01..2011-12-31 720h0m0s",
				"DAILY 2012-01-01..2012-01-01 24h0m0s", "WEEKLY 2011-12-26..2012-01-01 144h0m0s"}},
		"the month of a campaign that is over": {"UTC",
			[]string{launched + " 2026-02-24 10:00", completed + " 2026-02-24 11:00"}, "2026-04-02 00:00",
			[]string{"DAILY 2026-02-24..2026-02-24 24h0m0s", "MONTHLY 2026-02-01..2026-02-28 672h0m0s", "WEEKLY 2026-02-23..2026-03-01 168h0m0s"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, step := range []time.Duration{7 * time.Minute, 100 * 24 * time.Hour} { // always there; and away until the end
				s := newStage(t, c.zone)
				for _, line := range c.history {
					kind, local, _ := strings.Cut(line, " ")
					s.happens(kind, local)
				}
				s.until(c.until, step)
				if diff := cmp.Diff(c.want, s.reported()); diff != "" {
					t.Errorf("looking every %v: %s", step, diff)
				}
			}
		})
	}
}

func TestADayWithDeliveryIsReportedAlthoughItWasPaused(t *testing.T) {
	s := newStage(t, "UTC")
	s.happens(launched, "2026-03-03 10:00")
	s.happens(paused, "2026-03-03 12:00")
	day, _ := localday.Parse("2026-03-04")
	s.delivered[day] = true
	s.until("2026-03-06 00:00", time.Hour)
	if got := s.reported(); len(got) != 2 {
		t.Errorf("got %v", got)
	}
}

// Several nodes at once, each restarted as it likes, report each day once (F36).
func TestEachDayIsReportedOnceByAnyNumberOfNodes(t *testing.T) {
	s := newStage(t, "America/Bogota")
	s.happens(launched, "2026-03-03 15:00")
	s.now = s.at("2026-03-20 00:00")
	var nodes sync.WaitGroup
	for range 8 {
		nodes.Go(func() {
			for range 40 {
				if err := s.reporter().RunDue(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	nodes.Wait()
	ids := map[uuid.UUID]bool{}
	for _, e := range s.days.log {
		if ids[e.ID] {
			t.Errorf("%s twice", e.Data)
		}
		ids[e.ID] = true
	}
	if want := 17 + 2; len(ids) != want {
		t.Errorf("%d reports, want %d: %v", len(ids), want, s.reported())
	}
}

func TestACampaignThatCannotBeReportedOnHoldsUpNoOther(t *testing.T) {
	s := newStage(t, "UTC")
	s.happens(launched, "2026-03-03 10:00")
	s.now = s.at("2026-03-04 00:00")
	if err := s.days.Track(t.Context(), performance.DueDay{Day: 1}, s.now); err != nil {
		t.Fatal(err)
	}
	for range 20 { // they come in any order
		if err := NewReporter(s.days, broken{s}, func() time.Time { return s.now }).RunDue(t.Context()); !errors.Is(err, errBroken) {
			t.Fatalf("failed with %v", err)
		}
		if got := s.reported(); len(got) != 1 {
			t.Fatalf("reported %v", got)
		}
		s.days.next[s.state.ID], s.days.due[s.state.ID] = performance.DueDay{Partner: s.state.Partner, Campaign: s.state.ID, Day: localday.Of(s.history[0].OccurredAt, time.UTC)}, s.now
		s.days.log = nil
	}
}

func TestALongStopIsMadeUpInPart(t *testing.T) {
	s := newStage(t, "UTC")
	s.happens(launched, "2026-01-01 10:00")
	s.now = s.at("2026-12-31 00:30")
	s.run()
	daily := 0
	for _, line := range s.reported() {
		if strings.HasPrefix(line, "DAILY") {
			daily++
		}
	}
	if daily != mostMissed {
		t.Errorf("%d days were made up", daily)
	}
	if got := s.reported(); !slices.Contains(got, "DAILY 2026-12-30..2026-12-30 24h0m0s") {
		t.Errorf("yesterday is missing: %v", got)
	}
}
