package platforms_test

import (
	"context"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/platforms"
)

// hoursOf adds up what was posted by the hour in which it is filed.
func (w *world) hoursOf() map[time.Time]platforms.Figures {
	all := map[time.Time]platforms.Figures{}
	for _, e := range w.metrics.posted {
		at := time.UnixMicro(e.OccurredAt).UTC()
		f := all[at]
		f.Impressions, f.Conversions, f.Spend = f.Impressions+e.Impressions, f.Conversions+e.Conversions, f.Spend+e.Spend
		all[at] = f
	}
	return all
}

// Platforms name an hour by the clock of the account: one that the clock shows
// twice is one row, and one that it leaves out has none. Both days are whole, and
// restated for weeks as any other, across the change.
func TestAPullAcrossAChangeOfTheClocks(t *testing.T) { onBoth(t, aPullAcrossAChangeOfTheClocks) }

func aPullAcrossAChangeOfTheClocks(t *testing.T, on platforms.Platform) {
	for name, c := range map[string]struct {
		zone  string
		day   localday.Day // on which the clocks change
		hours int
	}{
		"an hour twice":      {"America/New_York", day(2026, 11, 1), 24},
		"an hour left out":   {"America/New_York", day(2026, 3, 8), 23},
		"half an hour twice": {"Australia/Lord_Howe", day(2026, 4, 5), 24},
		"no midnight":        {"Africa/Cairo", day(2026, 4, 24), 23},
		"midnight twice":     {"Atlantic/Azores", day(2026, 10, 25), 24},
	} {
		t.Run(name, func(t *testing.T) {
			zone, err := time.LoadLocation(c.zone)
			if err != nil {
				t.Fatal(err)
			}
			from, to := localday.Bounds(c.day, zone)
			w := newWorldAt(t, on, scene{zone: c.zone, at: from.Add(-30 * time.Hour)})
			account := w.connect()
			campaign, draft := w.draft("Summit")
			w.push(w.place(campaign, account.ID), platforms.IsCurrent)
			for w.clock().Before(to.Add(time.Hour)) {
				w.pass(7 * time.Hour)
				w.must(w.pullNow(account.ID))
			}
			first := w.hoursOf()
			within := 0
			for at := range first {
				if !at.Before(from) && at.Before(to) {
					within++
				}
			}
			if within > c.hours || within < c.hours-2 { // in the small hours nobody may look
				t.Errorf("the day has %d hours of delivery of %d", within, c.hours)
			}
			draft.Status = campaigns.Paused
			w.drafts.put(campaign, *draft)
			w.must(w.Touch(t.Context(), w.by.Partner, campaign))
			w.must(w.pusher.Tick(t.Context()))
			w.pass(20 * 24 * time.Hour) // conversions come late, and count in the hour of their click
			w.must(w.pullNow(account.ID))
			restated := 0
			for at, f := range w.hoursOf() {
				if _, known := first[at]; !known && at.Before(to) {
					t.Errorf("a restatement is filed at %v, of which nothing was reported", at.In(zone))
				}
				if !at.Before(from) && at.Before(to) && f.Conversions > first[at].Conversions {
					restated++
				}
			}
			if restated == 0 {
				t.Error("nothing of the day was restated: the case did not happen")
			}
			if got, want := w.metrics.sums(), w.sandbox.Delivered(w.at()); got != platforms.Figures(want) || w.metrics.reused != 0 {
				t.Errorf("posted %+v of %+v, %d ids used twice", got, want, w.metrics.reused)
			}
		})
	}
}

func day(year int, month time.Month, of int) localday.Day {
	return localday.Of(time.Date(year, month, of, 12, 0, 0, 0, time.UTC), time.UTC)
}

// one reports one row.
type one struct {
	platforms.Connector
	row platforms.Row
}

func (o one) Delivery(_ context.Context, _ platforms.Access, _, _ localday.Day, visit func(platforms.Page) error) error {
	return visit(platforms.Page{Rows: []platforms.Row{o.row}})
}

// An hour that the clock leaves out is reported all the same by a platform that
// counts in hours since midnight. It stays on its day.
func TestAnHourThatTheClockLeftOutStaysOnItsDay(t *testing.T) {
	for _, c := range []struct {
		zone string
		day  localday.Day
		hour int
	}{
		{"America/New_York", day(2026, 3, 8), 2}, {"Africa/Cairo", day(2026, 4, 24), 0}, {"Australia/Lord_Howe", day(2026, 10, 4), 2}, {"Europe/Madrid", day(2026, 3, 29), 2},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		from, _ := localday.Bounds(c.day, zone)
		w := newWorldAt(t, platforms.Meta, scene{zone: c.zone, at: from.Add(-time.Hour)})
		account := w.connect()
		campaign, _ := w.draft("Summit")
		p := w.push(w.place(campaign, account.ID), platforms.IsCurrent)
		w.pass(30 * time.Hour)
		w.puller.Connectors = map[platforms.Platform]platforms.Connector{platforms.Meta: one{w.Connectors[platforms.Meta], platforms.Row{
			Campaign: object(p, "campaign").External, Ad: object(p, "ad:Summit").External, Day: c.day, Hour: c.hour, Currency: "USD",
			Figures: platforms.Figures{Impressions: 3, Spend: 30},
		}}}
		w.must(w.pullNow(account.ID))
		for _, e := range w.metrics.posted {
			if got := localday.Of(time.UnixMicro(e.OccurredAt), zone); got != c.day {
				t.Errorf("%s: hour %d of %s is filed at %v", c.zone, c.hour, c.day, time.UnixMicro(e.OccurredAt).In(zone))
			}
		}
		if len(w.metrics.posted) != 1 {
			t.Errorf("%s: %d events", c.zone, len(w.metrics.posted))
		}
	}
}

// A node that dies between posting and remembering is followed by one that posts
// the same again. When the day has ended meanwhile the difference has a cause
// that it did not have; it counts once all the same, and the row goes on.
func TestADifferenceThatWasPostedBeforeMidnight(t *testing.T) {
	onBoth(t, aDifferenceThatWasPostedBeforeMidnight)
}

func aDifferenceThatWasPostedBeforeMidnight(t *testing.T, on platforms.Platform) {
	w := newWorldAt(t, on, scene{zone: "UTC", at: time.Date(2026, 6, 1, 22, 0, 0, 0, time.UTC)})
	account := w.connect()
	campaign, _ := w.draft("Summit")
	w.push(w.place(campaign, account.ID), platforms.IsCurrent)
	for w.clock().Before(time.Date(2026, 6, 2, 23, 50, 0, 0, time.UTC)) {
		w.pass(10 * time.Minute)
		w.must(w.pullNow(account.ID))
	}
	w.pass(5 * time.Minute)
	dying, die := context.WithCancel(t.Context())
	w.metrics.deliver = die
	err := w.puller.Pull(dying, platforms.Ref{Partner: w.by.Partner, ID: account.ID})
	w.metrics.deliver = nil
	if err == nil {
		t.Fatal("the node did not die")
	}
	for range 3 {
		w.pass(20 * time.Minute)
		w.must(w.pullNow(account.ID)) // what the other one had in hand comes first,
		w.must(w.pullNow(account.ID)) // then what is known since
		state, err := w.Account(t.Context(), w.by.Partner, account.ID)
		w.must(err)
		if state.LastPull.Refused > 0 {
			t.Errorf("rows are refused: %+v", state.LastPull.Refusals)
		}
		if got, want := w.metrics.sums(), w.sandbox.Delivered(w.at()); got != platforms.Figures(want) {
			t.Errorf("posted %+v of %+v", got, want)
		}
	}
	if w.metrics.reused == 0 {
		t.Error("no difference changed its words: the case did not happen")
	}
}
