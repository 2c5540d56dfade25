package campaigns_test

import (
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/fault"
)

func TestSchedulesThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		why  string
		s    campaigns.Schedule
		want string
	}{
		{"nothing", campaigns.Schedule{}, "start required, end required"},
		{"no end", campaigns.Schedule{Start: start}, "end required"},
		{"backwards", campaigns.Schedule{Start: start.Add(2), End: start.Add(1)}, "end out_of_range"},
		{"no time at all", campaigns.Schedule{Start: start, End: start}, "end out_of_range"},
		{"over already", campaigns.Schedule{Start: start.Add(-2 * time.Hour), End: start}, "end out_of_range"},
		{"in a century", campaigns.Schedule{Start: start, End: start.AddDate(100, 0, 0)}, "end out_of_range"},
		{"launched by fate", campaigns.Schedule{Start: start, End: start.Add(time.Hour), Launch: "fate"}, "launch unknown_value"},
	} {
		w := newWorld(t)
		id := w.draft()
		err := w.refusal(fault.ErrInvalid, func() error { _, err := w.Schedule(ctx, by, id, 0, c.s); return err })
		if got := wrong(err); got != c.want {
			t.Errorf("%s: %q, want %q", c.why, got, c.want)
		}
	}
}

func TestScheduleIsKeptInUTCWithMicroseconds(t *testing.T) {
	w := newWorld(t)
	id := w.draft()
	bogota, err := time.LoadLocation("America/Bogota")
	if err != nil {
		t.Fatal(err)
	}
	local := campaigns.Schedule{Start: start.In(bogota).Add(-time.Hour), End: dates.End.In(bogota).Add(1999)}
	s := must(t)(w.Schedule(ctx, by, id, 0, local)).State()
	if want := dates.End.Add(1000); s.Schedule.End != want || s.Schedule.Start.Location() != time.UTC || s.Schedule.Launch != campaigns.LaunchAuto {
		t.Errorf("%+v, want the end at %s", s.Schedule, want)
	}
	if e := data[campaigns.ScheduleSet](w); e.Changes[0].Field != "status" || e.Changes[1].Field != "schedule" {
		t.Errorf("%+v", e)
	}
	events := len(w.log)
	if again := must(t)(w.Schedule(ctx, by, id, 0, local)).State(); again.Revision != s.Revision || len(w.log) != events {
		t.Error("the same dates again are a change")
	}
}

func TestDueAt(t *testing.T) {
	w := newWorld(t)
	due := func(s campaigns.State) string {
		if d := s.DueAt(); d != nil {
			return d.Format(time.DateTime)
		}
		return "never"
	}
	begin, end := dates.Start.Format("2006-01-02 15"), dates.End.Format(time.DateTime)
	for status, want := range map[campaigns.Status]string{
		"DRAFT": "never", "ACTIVE": end, "PAUSED": end, "COMPLETED": "never", "CANCELLED": "never",
	} {
		if got := due(w.state(w.in(status))); got != want {
			t.Errorf("%s: %s, want %s", status, got, want)
		}
	}
	s := w.state(w.in(campaigns.Scheduled))
	if got := due(s); got[:len(begin)] != begin {
		t.Errorf("SCHEDULED: %s, want %s", got, begin)
	}
	manual := *s.Schedule
	manual.Launch = campaigns.LaunchManual
	if s.Schedule = &manual; due(s) != "never" {
		t.Error("a person launches this one, and it is due")
	}
}
