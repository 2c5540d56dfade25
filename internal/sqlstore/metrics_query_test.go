package sqlstore

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// told is an event and when it was recorded: the oracle's whole memory.
type told struct {
	performance.Event
	recordedAt time.Time
}

// answer is what a plain scan of everything told says.
func (m *market) answer(events []told, q performance.Query) []performance.Item {
	type place struct {
		start time.Time
		group string
	}
	cells := map[place]map[string]*performance.Cell{}
	var items []performance.Item
	places := map[place]int{}
	for i := range events {
		e := &events[i]
		at := time.UnixMicro(e.OccurredAt).UTC()
		if at.Before(q.From) || !q.To.IsZero() && !at.Before(q.To) || !q.At.IsZero() && at.After(q.At) ||
			!q.KnownAt.IsZero() && e.recordedAt.After(q.KnownAt) {
			continue
		}
		from, to := m.bucketOf(at, q)
		p := place{start: from}
		group := map[string]string{}
		for _, name := range q.GroupBy {
			group[name] = *e.Dimensions.Named(name)
			p.group += group[name] + "|"
		}
		if cells[p] == nil {
			cells[p] = map[string]*performance.Cell{}
			places[p] = len(items)
			if len(q.GroupBy) == 0 {
				group = nil
			}
			items = append(items, performance.Item{From: from, To: to, Group: group})
		}
		if cells[p][e.Channel] == nil {
			cells[p][e.Channel] = &performance.Cell{}
		}
		cells[p][e.Channel].Add(&e.Event)
	}
	for p, i := range places {
		var channels []*performance.Cell
		for _, c := range cells[p] {
			channels = append(channels, c)
		}
		items[i].Totals = performance.Sum(m.subjects[m.campaigns[0]], channels...)
	}
	return items
}

// bucketOf is the bucket as the query's answer shows it.
func (m *market) bucketOf(at time.Time, q performance.Query) (from, to time.Time) {
	zone := m.subjects[m.campaigns[0]].Zone
	switch q.Granularity {
	case "minute":
		return at.Truncate(time.Minute), at.Truncate(time.Minute).Add(time.Minute)
	case "hour":
		return at.Truncate(time.Hour), at.Truncate(time.Hour).Add(time.Hour)
	case "day":
		return localday.Bounds(localday.Of(at, zone), zone)
	}
	to = q.To
	if !q.At.IsZero() && (to.IsZero() || q.At.Before(to)) {
		to = q.At.Add(time.Microsecond)
	}
	return q.From, to
}

// tell records random events in many commits, late and restated ones among
// them, and remembers them.
func (m *market) tell(t *testing.T, random *rand.Rand, commits int) (events []told) {
	t.Helper()
	for range commits {
		var batch []performance.Event
		for range 1 + random.IntN(6) {
			e := m.random(random)
			e.Campaign = m.campaigns[0]
			e.OccurredAt = m.now.Add(-time.Duration(random.Int64N(int64(60 * time.Hour)))).Truncate(time.Second).UnixMicro()
			e.Device = []string{"mobile", "desktop"}[random.IntN(2)]
			if random.IntN(3) == 0 {
				e.Set(performance.Reach, random.Int64N(5000))
			}
			batch = append(batch, e)
		}
		receipt := m.record(t, append([]performance.Event(nil), batch...)...)
		for _, e := range batch {
			events = append(events, told{e, receipt.RecordedAt})
		}
	}
	return events
}

// anyQuery draws from every combination of bounds, widths and groups.
func (m *market) anyQuery(random *rand.Rand, events []told) performance.Query {
	q := performance.Query{Granularity: []string{"", "total", "minute", "hour", "day"}[random.IntN(5)]}
	q.GroupBy = [][]string{nil, nil, {"channel"}, {"device"}, {"device", "channel"}}[random.IntN(5)]
	step := []time.Duration{time.Second, time.Minute, time.Hour, 24 * time.Hour}[random.IntN(4)]
	q.From = m.now.Add(-time.Duration(random.Int64N(int64(70 * time.Hour)))).Truncate(step)
	q.To = q.From.Add(step * time.Duration(1+random.Int64N(70)))
	if q.Granularity == "" && random.IntN(2) == 0 {
		q.From, q.To = time.Time{}, time.Time{}
	}
	if random.IntN(3) == 0 {
		q.At = m.now.Add(-time.Duration(random.Int64N(int64(60 * time.Hour)))).Truncate(time.Second)
	}
	if random.IntN(3) == 0 {
		q.KnownAt = events[random.IntN(len(events))].recordedAt
	}
	return q
}

func TestEveryQueryEqualsAPlainScan(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		random := rand.New(rand.NewPCG(3, 4))
		m := openMarket(t, db, 1)
		events := m.tell(t, random, 100)
		ignore := cmp.Options{
			cmpopts.EquateEmpty(), cmpopts.IgnoreFields(performance.Totals{}, "Campaign", "Currency"),
			cmpopts.SortSlices(func(a, b performance.Item) bool { return fmt.Sprint(a.From, a.Group) < fmt.Sprint(b.From, b.Group) }),
		}
		for range 300 {
			q := m.anyQuery(random, events)
			got, err := m.service.Metrics(t.Context(), m.partner, m.campaigns[0], q)
			if errors.Is(err, performance.ErrRange) && q.To.Sub(q.From) > performance.MaxItems*time.Minute {
				continue
			}
			if err != nil {
				t.Fatalf("%+v: %v", q, err)
			}
			want := m.answer(events, q)
			if len(want) == 0 && len(got.Items) == 1 && got.Items[0].Events == 0 {
				got.Items = nil // a total of nothing has its one item
			}
			if diff := cmp.Diff(want, got.Items, ignore); diff != "" {
				t.Fatalf("%+v: %s", q, diff)
			}
		}
	})
}

func TestAnAnswerAboutThePastNeverChanges(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		random := rand.New(rand.NewPCG(5, 6))
		m := openMarket(t, db, 1)
		m.tell(t, random, 20)
		q := performance.Query{Granularity: "day"}
		before, err := m.service.Metrics(t.Context(), m.partner, m.campaigns[0], q)
		if err != nil {
			t.Fatal(err)
		}
		m.tell(t, random, 50)
		q.KnownAt = before.KnownAt
		after, err := m.service.Metrics(t.Context(), m.partner, m.campaigns[0], q)
		if diff := cmp.Diff(before, after); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
		q.KnownAt = time.Now().Add(240 * time.Hour)
		now, err := m.service.Metrics(t.Context(), m.partner, m.campaigns[0], q)
		if err != nil || !now.KnownAt.Before(q.KnownAt) {
			t.Errorf("known_at %v is beyond what is settled, %v", now.KnownAt, err)
		}
	})
}

func TestTheRawLogComesInPages(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := openMarket(t, db, 2)
		sent := m.tell(t, rand.New(rand.NewPCG(7, 8)), 40)
		m.record(t, m.delivery(1, time.Hour))
		found := map[string]performance.RawEvent{}
		var last time.Time
		cursor := ""
		for page := 0; page == 0 || cursor != ""; page++ {
			events, next, err := m.service.Events(t.Context(), m.partner, m.campaigns[0], cursor, 7)
			if err != nil || len(events) == 0 || next != "" && len(events) != 7 {
				t.Fatalf("page %d: %d events, next %q, %v", page, len(events), next, err)
			}
			for _, e := range events {
				if e.RecordedAt.Before(last) {
					t.Fatalf("recorded_at goes back to %v", e.RecordedAt)
				}
				last = e.RecordedAt
				found[e.ID] = e
			}
			cursor = next
		}
		if len(found) != len(sent) {
			t.Errorf("%d of %d events", len(found), len(sent))
		}
		for _, s := range sent {
			if diff := cmp.Diff(s.Event, found[s.ID].Event); diff != "" {
				t.Errorf("event %s: %s", s.ID, diff)
			}
		}
	})
}

func TestQueriesThatCannotBeAnswered(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := openMarket(t, db, 1)
		for _, tt := range []struct {
			partner, campaign uuid.UUID
			q                 performance.Query
			want              *fault.Error
		}{
			{newID(), m.campaigns[0], performance.Query{}, performance.ErrNotFound},
			{m.partner, newID(), performance.Query{}, performance.ErrNotFound},
			{m.partner, m.campaigns[0], performance.Query{Granularity: "week"}, performance.ErrGranularity},
			{m.partner, m.campaigns[0], performance.Query{GroupBy: []string{"planet"}}, performance.ErrGroupBy},
			{m.partner, m.campaigns[0], performance.Query{From: m.now, To: m.now}, performance.ErrRange},
			{m.partner, m.campaigns[0], performance.Query{From: m.now.AddDate(-10, 0, 0), To: m.now, Granularity: "minute"}, performance.ErrRange},
		} {
			if _, err := m.service.Metrics(t.Context(), tt.partner, tt.campaign, tt.q); !errors.Is(err, tt.want) {
				t.Errorf("%+v: %v, want %v", tt.q, err, tt.want)
			}
		}
		for _, cursor := range []string{"x", "1.-1", "!.1", "."} {
			if _, _, err := m.service.Events(t.Context(), m.partner, m.campaigns[0], cursor, 1); !errors.Is(err, performance.ErrCursor) {
				t.Errorf("cursor %q: %v", cursor, err)
			}
		}
		got, err := m.service.Metrics(t.Context(), uuid.Nil, m.campaigns[0], performance.Query{})
		if err != nil || len(got.Items) != 1 || got.Items[0].Events != 0 {
			t.Errorf("an administrator: %+v, %v", got, err)
		}
	})
}
