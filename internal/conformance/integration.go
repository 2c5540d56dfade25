package conformance

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // the zones are the same on every machine

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// LetterStore is where messages are kept that could not be taken in.
type LetterStore interface {
	Park(ctx context.Context, l event.Letter) error
	OpenKeys(ctx context.Context, topic string) (map[string]bool, error)
	Due(ctx context.Context, now time.Time, limit int) ([]event.Letter, error)
	First(ctx context.Context, topic, key string) (uuid.UUID, error)
	Get(ctx context.Context, partner, id uuid.UUID) (l event.Letter, ok bool, err error)
	Move(ctx context.Context, l event.Letter, from event.LetterState) (moved bool, err error)
	List(ctx context.Context, partner uuid.UUID, states []event.LetterState, limit int, cursor string) (items []event.Letter, next string, err error)
	Count(ctx context.Context, partner uuid.UUID) (map[event.LetterState]int, error)
	Purge(ctx context.Context, before time.Time) error
}

// InboundStore is where events of other services are remembered.
type InboundStore interface {
	Seen(ctx context.Context, source, id string) (in event.Inbound, ok bool, err error)
	Note(ctx context.Context, in event.Inbound) error
	Recent(ctx context.Context, partner uuid.UUID, limit int, cursor string) (items []event.Inbound, next string, err error)
}

// ReportDays is where the next day to be reported on is kept.
type ReportDays interface {
	Track(ctx context.Context, d performance.DueDay, due time.Time) error
	DueDays(ctx context.Context, now time.Time, limit int) ([]performance.DueDay, error)
	Report(ctx context.Context, d performance.DueDay, events []event.Event, next localday.Day, due time.Time) (done bool, err error)
}

// Integration holds the stores of dead letters, inbound events and days to be
// reported on to their ports.
func Integration(t *testing.T, b Backend) {
	cases{
		"a letter is read as it was parked":                  letterParked,
		"a message delivered again is one letter":            letterOnce,
		"a closed letter does not stand in for a new one":    letterAnew,
		"open letters hold their key, the first of them":     letterKeys,
		"of two moves from one state one is made":            letterMoved,
		"another partner's letter is as a missing one":       letterForeign,
		"letters are listed by state, the newest first":      letterListed,
		"only closed letters are forgotten":                  letterPurged,
		"an inbound event is noted once":                     inboundOnce,
		"inbound events of one moment are each on one page":  inboundPages,
		"a day is reported once, with its events":            dayOnce,
		"a campaign of which nothing is left is never due":   dayOver,
		"tracking again leaves the day as it is":             dayTracked,
		"a day is due at its local midnight, to the instant": dayMidnight,
	}.run(t, b)
}

func (w world) letter(key, id string) event.Letter {
	return event.Letter{
		ID: newID(), Partner: newID(), Broker: "nats", State: event.Dead, Code: "invalid", Reason: "It is wrong.", Tries: 1, ArrivedAt: w.now(), ChangedAt: w.now(),
		Message: event.Message{Topic: "t-" + newID().String(), Route: "r", Key: key, ID: id, ContentType: "application/json", Body: []byte{0, 0xff, '\''}},
	}
}

func (w world) park(l event.Letter) event.Letter {
	w.Helper()
	w.must(w.Letters.Park(w.Context(), l))
	return l
}

func letterParked(w world) {
	l := w.letter("k", "1")
	next := w.now().Add(time.Hour)
	l.State, l.NextAt = event.Retrying, &next
	w.park(l)
	got, ok, err := w.Letters.Get(w.Context(), l.Partner, l.ID)
	w.must(err)
	w.equal("found", ok, true)
	w.equal("body", string(got.Message.Body), string(l.Message.Body))
	w.equal("next", got.NextAt.Equal(next), true)
	got.Message.Body, l.Message.Body, got.NextAt, l.NextAt = nil, nil, nil, nil
	w.equal("topic", got.Message.Topic, l.Message.Topic)
	w.equal("letter", got.Reason+got.Broker+string(got.State)+got.Message.Key+got.Message.ID+got.Message.Route, l.Reason+l.Broker+string(l.State)+l.Message.Key+l.Message.ID+l.Message.Route)
	due, err := w.Letters.Due(w.Context(), next.Add(-time.Second), 10_000)
	w.must(err)
	w.equal("due before its time", holds(due, l.ID), false)
	due, err = w.Letters.Due(w.Context(), next, 10_000)
	w.must(err)
	w.equal("due", holds(due, l.ID), true)
}

func holds(letters []event.Letter, id uuid.UUID) bool {
	for _, l := range letters {
		if l.ID == id {
			return true
		}
	}
	return false
}

func letterOnce(w world) {
	l := w.park(w.letter("k", "1"))
	again := l
	again.ID = newID()
	w.park(again)
	_, ok, err := w.Letters.Get(w.Context(), uuid.Nil, again.ID)
	w.must(err)
	w.equal("a second letter", ok, false)
}

func letterAnew(w world) {
	l := w.park(w.letter("k", "1"))
	from := l.State
	l.State = event.Dropped
	moved, err := w.Letters.Move(w.Context(), l, from)
	w.must(err)
	w.equal("moved", moved, true)
	again := l
	again.ID, again.State = newID(), event.Dead
	w.park(again)
	_, ok, err := w.Letters.Get(w.Context(), uuid.Nil, again.ID)
	w.must(err)
	w.equal("a new letter", ok, true)
}

func letterKeys(w world) {
	first := w.park(w.letter("k", "1"))
	second := w.letter("k", "2")
	second.Message.Topic, second.State = first.Message.Topic, event.Waiting
	w.park(second)
	free := w.letter("", "3")
	free.Message.Topic = first.Message.Topic
	w.park(free)
	keys, err := w.Letters.OpenKeys(w.Context(), first.Message.Topic)
	w.must(err)
	w.equal("keys", len(keys) == 1 && keys["k"], true)
	id, err := w.Letters.First(w.Context(), first.Message.Topic, "k")
	w.must(err)
	w.equal("first", id, first.ID)
	from := first.State
	first.State = event.Replayed
	_, err = w.Letters.Move(w.Context(), first, from)
	w.must(err)
	id, err = w.Letters.First(w.Context(), first.Message.Topic, "k")
	w.must(err)
	w.equal("first, once that is closed", id, second.ID)
}

func letterMoved(w world) {
	l := w.park(w.letter("k", "1"))
	won := together(8, func(i int) bool {
		next := l
		next.State = []event.LetterState{event.Replayed, event.Dropped}[i%2]
		moved, err := w.Letters.Move(w.Context(), next, event.Dead)
		return err == nil && moved
	})
	n := 0
	for _, ok := range won {
		if ok {
			n++
		}
	}
	w.equal("moves", n, 1)
}

func letterForeign(w world) {
	l := w.park(w.letter("k", "1"))
	for partner, want := range map[uuid.UUID]bool{l.Partner: true, uuid.Nil: true, newID(): false} {
		_, ok, err := w.Letters.Get(w.Context(), partner, l.ID)
		w.must(err)
		w.equal("found", ok, want)
		items, _, err := w.Letters.List(w.Context(), partner, nil, 500, "")
		w.must(err)
		w.equal("listed", holds(items, l.ID), want)
	}
}

func letterListed(w world) {
	partner := newID()
	var want []uuid.UUID
	for i := range 5 {
		l := w.letter("k", string(rune('a'+i)))
		l.Partner = partner
		if i == 2 {
			l.State = event.Waiting
		}
		w.park(l)
		want = append([]uuid.UUID{l.ID}, want...)
	}
	got := pages(w, func(cursor string) ([]event.Letter, string, error) {
		return w.Letters.List(w.Context(), partner, nil, 2, cursor)
	}, func() {})
	for i, l := range got {
		w.equal("order", l.ID, want[i])
	}
	waiting, _, err := w.Letters.List(w.Context(), partner, []event.LetterState{event.Waiting}, 10, "")
	w.must(err)
	w.equal("waiting", len(waiting) == 1 && waiting[0].ID == want[2], true)
	counts, err := w.Letters.Count(w.Context(), partner)
	w.must(err)
	w.equal("dead", counts[event.Dead], 4)
}

func letterPurged(w world) {
	open, closed := w.letter("k", "1"), w.letter("k", "2")
	closed.State = event.Dropped
	for _, l := range []*event.Letter{&open, &closed} {
		l.ChangedAt = w.now().Add(-1000 * time.Hour)
		w.park(*l)
	}
	w.must(w.Letters.Purge(w.Context(), w.now().Add(-999*time.Hour)))
	for id, want := range map[uuid.UUID]bool{open.ID: true, closed.ID: false} {
		_, ok, err := w.Letters.Get(w.Context(), uuid.Nil, id)
		w.must(err)
		w.equal("kept", ok, want)
	}
}

func inboundOnce(w world) {
	at := w.now()
	in := event.Inbound{Source: "/s", ID: newID().String(), Type: "t", Partner: newID(), Outcome: event.Applied, ReceivedAt: at}
	_, ok, err := w.Inbound.Seen(w.Context(), in.Source, in.ID)
	w.must(err)
	w.equal("seen before", ok, false)
	w.must(w.Inbound.Note(w.Context(), in))
	again := in
	again.Outcome = event.Ignored
	w.must(w.Inbound.Note(w.Context(), again))
	got, ok, err := w.Inbound.Seen(w.Context(), in.Source, in.ID)
	w.must(err)
	w.equal("seen", ok, true)
	w.equal("outcome", got.Outcome, event.Applied)
	recent, _, err := w.Inbound.Recent(w.Context(), in.Partner, 10, "")
	w.must(err)
	w.equal("recent", len(recent), 1)
}

// inboundPages: events of one moment are each on one page, whatever their
// sources and ids are.
func inboundPages(w world) {
	at, partner := w.now(), newID()
	var want []string
	for i, source := range []string{"/b", "/a", "/a.b c", "/z"} {
		for _, id := range []string{"2", "1.1", "ä \""} {
			in := event.Inbound{Source: source + partner.String(), ID: id, Type: "t", Partner: partner, Outcome: event.Applied, ReceivedAt: at.Add(time.Duration(i/2) * time.Second)}
			w.must(w.Inbound.Note(w.Context(), in))
			want = append(want, in.Source+id)
		}
	}
	var got []string
	last := at.Add(time.Hour)
	for cursor, first := "", true; first || cursor != ""; first = false {
		page, next, err := w.Inbound.Recent(w.Context(), partner, 5, cursor)
		w.must(err)
		for _, in := range page {
			if in.ReceivedAt.After(last) {
				w.Errorf("%v stands after %v", in.ReceivedAt, last)
			}
			last = in.ReceivedAt
			got = append(got, in.Source+in.ID)
		}
		cursor = next
	}
	slices.Sort(want)
	slices.Sort(got)
	w.equal("all pages", fmt.Sprint(got), fmt.Sprint(want))
	_, _, err := w.Inbound.Recent(w.Context(), partner, 5, "1.x")
	w.equal("a cursor that no page has given", fault.KindOf(err), fault.Malformed)
}

func (w world) dayDue(campaign uuid.UUID) (day localday.Day, due bool) {
	w.Helper()
	all, err := w.Days.DueDays(w.Context(), w.now(), 10_000)
	w.must(err)
	for _, d := range all {
		if d.Campaign == campaign {
			return d.Day, true
		}
	}
	return 0, false
}

func dayOnce(w world) {
	partner, campaign, ago := w.partner(), newID(), w.now().Add(-time.Hour)
	w.must(w.Days.Track(w.Context(), performance.DueDay{Partner: partner, Campaign: campaign, Day: 100}, ago))
	before := len(w.events(partner))
	won := together(8, func(int) bool {
		e := event.Event{ID: newID(), Partner: partner, Type: "campaign.performance_report", Aggregate: "campaign", AggregateID: campaign, OccurredAt: ago, Data: []byte("{}")}
		done, err := w.Days.Report(w.Context(), performance.DueDay{Partner: partner, Campaign: campaign, Day: 100}, []event.Event{e}, 101, w.now().Add(time.Hour))
		return err == nil && done
	})
	n := 0
	for _, ok := range won {
		if ok {
			n++
		}
	}
	w.equal("reports", n, 1)
	w.equal("events", len(w.events(partner))-before, 1)
	_, due := w.dayDue(campaign)
	w.equal("due again", due, false)
}

func dayOver(w world) {
	partner, campaign, ago := w.partner(), newID(), w.now().Add(-time.Hour)
	w.must(w.Days.Track(w.Context(), performance.DueDay{Partner: partner, Campaign: campaign, Day: 100}, ago))
	done, err := w.Days.Report(w.Context(), performance.DueDay{Partner: partner, Campaign: campaign, Day: 100}, nil, 0, time.Time{})
	w.must(err)
	w.equal("done", done, true)
	w.must(w.Days.Track(w.Context(), performance.DueDay{Partner: partner, Campaign: campaign, Day: 200}, ago))
	_, due := w.dayDue(campaign)
	w.equal("due", due, false)
}

func dayTracked(w world) {
	partner, campaign, ago := w.partner(), newID(), w.now().Add(-time.Hour)
	w.must(w.Days.Track(w.Context(), performance.DueDay{Partner: partner, Campaign: campaign, Day: 100}, ago))
	w.must(w.Days.Track(w.Context(), performance.DueDay{Partner: partner, Campaign: campaign, Day: 200}, ago))
	day, due := w.dayDue(campaign)
	w.equal("due", due, true)
	w.equal("day", day, localday.Day(100))
}

// dayMidnight: days of 23, 24.5 and 25 hours, and those whose midnight the
// clocks skip, are due when they end, and not a microsecond before.
func dayMidnight(w world) {
	for _, d := range []struct {
		zone, day string
		hours     float64
		end       string
	}{
		{"UTC", "2026-03-29", 24, "2026-03-30T00:00:00Z"},
		{"Europe/Madrid", "2026-03-29", 23, "2026-03-29T22:00:00Z"},
		{"Europe/Madrid", "2026-10-25", 25, "2026-10-25T23:00:00Z"},
		{"America/New_York", "2026-03-08", 23, "2026-03-09T04:00:00Z"},
		{"America/New_York", "2026-11-01", 25, "2026-11-02T05:00:00Z"},
		{"America/Santiago", "2026-09-05", 24, "2026-09-06T04:00:00Z"}, // 00:00 is skipped: the day ends where 01:00 begins
		{"America/Santiago", "2026-09-06", 23, "2026-09-07T03:00:00Z"},
		{"America/Santiago", "2026-04-04", 25, "2026-04-05T04:00:00Z"},
		{"Australia/Lord_Howe", "2026-04-05", 24.5, "2026-04-05T13:30:00Z"},
		{"Africa/Cairo", "2026-04-23", 24, "2026-04-23T22:00:00Z"}, // and here
		{"Africa/Cairo", "2026-04-24", 23, "2026-04-24T21:00:00Z"},
	} {
		zone, err := time.LoadLocation(d.zone)
		w.must(err)
		day, err := localday.Parse(d.day)
		w.must(err)
		begin, end := localday.Bounds(day, zone)
		w.equal(d.zone+" "+d.day+" lasts", end.Sub(begin).Hours(), d.hours)
		w.equal(d.zone+" "+d.day+" ends", end.UTC().Format(time.RFC3339), d.end)
		campaign := newID()
		w.must(w.Days.Track(w.Context(), performance.DueDay{Partner: w.partner(), Campaign: campaign, Day: day}, end))
		for _, at := range []struct {
			now  time.Time
			want bool
		}{{begin, false}, {end.Add(-time.Microsecond), false}, {end, true}} {
			all, err := w.Days.DueDays(w.Context(), at.now, 10_000)
			w.must(err)
			due := slices.ContainsFunc(all, func(x performance.DueDay) bool { return x.Campaign == campaign && x.Day == day })
			w.equal(d.zone+" "+d.day+" due at "+at.now.UTC().Format(time.RFC3339Nano), due, at.want)
		}
	}
}
