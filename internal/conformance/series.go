package conformance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// SeriesBackend is a performance.Series under test and what fills it.
type SeriesBackend struct {
	Log    performance.Writer
	Reader performance.Reader
	Series performance.Series
	// Sync returns when the series has seen everything that is in the log.
	// partner's campaigns have the subjects given.
	Sync func(t *testing.T, subjects map[uuid.UUID]performance.Subject)
}

// zonesOfSeries have days of odd lengths and beginnings.
var zonesOfSeries = []string{"UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "America/Havana"}

var channelsOfSeries = []string{
	"", "search", "a b,c=d", `back\slash`, `ends with \`, `"quoted" 'twice'`, "línea\nnueva\t", "日本語 📈", "100 %", "%2C", "\x7f\x01",
}

// Series holds a performance.Series to its port: what it says is what a plain
// sum of the events says, field by field.
func Series(t *testing.T, b SeriesBackend) {
	for _, zone := range zonesOfSeries {
		t.Run(zone, func(t *testing.T) { seriesIn(t, b, zone) })
	}
}

func seriesIn(t *testing.T, b SeriesBackend, zoneName string) {
	zone, err := time.LoadLocation(zoneName)
	if err != nil {
		t.Fatal(err)
	}
	partner := newID()
	subjects := map[uuid.UUID]performance.Subject{}
	for range 2 { // a neighbour, whose figures must not be among ours
		id := newID()
		subjects[id] = performance.Subject{Partner: partner, Campaign: id, Currency: "USD", Zone: zone}
	}
	s := startSeries(t, b, partner, subjects)
	random := rand.New(rand.NewPCG(11, uint64(len(zoneName))))
	for range 3 {
		for range 15 {
			s.record(t, random)
		}
		b.Sync(t, subjects)
		for campaign := range subjects {
			s.compare(t, random, b.Series, campaign)
		}
	}
	got, err := b.Series.Rollups(t.Context(), newID(), slices.Collect(mapsKeys(subjects))[0], performance.Day, -1_000_000, 1_000_000)
	if err != nil || len(got) != 0 {
		t.Errorf("another partner is told %d days, %v", len(got), err)
	}
}

func mapsKeys(m map[uuid.UUID]performance.Subject) func(func(uuid.UUID) bool) {
	return func(yield func(uuid.UUID) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// series is a partner's campaigns and every event told about them.
type series struct {
	partner  uuid.UUID
	subjects map[uuid.UUID]performance.Subject
	service  *performance.Service
	told     []performance.Event
}

// Subjects implements performance.Directory.
func (s *series) Subjects(context.Context, uuid.UUID, []uuid.UUID) (map[uuid.UUID]performance.Subject, error) {
	return s.subjects, nil
}

func startSeries(t *testing.T, b SeriesBackend, partner uuid.UUID, subjects map[uuid.UUID]performance.Subject) *series {
	s := &series{partner: partner, subjects: subjects}
	ingester := performance.NewIngester(b.Log)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = ingester.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	s.service = performance.NewService(ingester, s, b.Reader, time.Now)
	return s
}

// record commits a few events around the ends of days and years, some of them
// with what is rare.
func (s *series) record(t *testing.T, random *rand.Rand) {
	var events []performance.Event
	for range 1 + random.IntN(8) {
		base := []int64{-86_400_000_000, 1_667_700_000_000_000, 1_325_203_200_000_000, 1_678_600_000_000_000}[random.IntN(4)]
		e := performance.Event{ID: newID().String(), OccurredAt: base + random.Int64N(60*3_600_000_000)}
		e.Campaign = slices.MinFunc(slices.Collect(mapsKeys(s.subjects)), func(a, b uuid.UUID) int {
			return (1 - 2*random.IntN(2)) * strings.Compare(a.String(), b.String())
		})
		e.Channel = channelsOfSeries[random.IntN(len(channelsOfSeries))]
		e.Set(performance.Impressions, random.Int64N(1000))
		e.Set(performance.Spend, 987_654_321_012_347+random.Int64N(9)) // more digits than a float64 has
		if random.IntN(3) == 0 {
			e.Set(performance.Reach+performance.Metric(random.IntN(performance.NumGauges)), random.Int64N(3)*1_000_000_001)
			e.Custom = []performance.Custom{{Name: "a b,c=%\"", Value: random.Int64N(100) - 50}, {Name: "señal", Value: 900_719_925_474_099_3}}
		}
		events = append(events, e)
	}
	sent := slices.Clone(events)
	receipt, err := s.service.Record(t.Context(), event.Origin{Partner: s.partner, Kind: event.ActorKey, ID: "suite"}, events)
	if err != nil || receipt.Accepted != len(events) {
		t.Fatalf("%+v %v", receipt, err)
	}
	s.told = append(s.told, sent...)
}

func (s *series) compare(t *testing.T, random *rand.Rand, asked performance.Series, campaign uuid.UUID) {
	t.Helper()
	zone := s.subjects[campaign].Zone
	for width, step := range map[performance.Bucket]int64{performance.Minute: 60_000_000, performance.Hour: 3_600_000_000, performance.Day: 1} {
		all := s.sums(campaign, width, step, zone)
		from, to := int64(-1<<61), int64(1<<61)
		if width != performance.Day {
			from, to = -10*86_400_000_000, 2_000_000_000_000_000
		}
		ranges := [][2]int64{{from, to}}
		for range 5 {
			a, b := all[random.IntN(len(all))].Start, all[random.IntN(len(all))].Start
			ranges = append(ranges, [2]int64{min(a, b), max(a, b)}, [2]int64{a, a + step})
		}
		for _, r := range ranges {
			var want []performance.Rollup
			for _, w := range all {
				if w.Start >= r[0] && w.Start < r[1] {
					want = append(want, w)
				}
			}
			got, err := asked.Rollups(t.Context(), s.partner, campaign, width, r[0], r[1])
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("width %d, %v: %s", width, r, diff)
			}
		}
	}
}

// sums is what a person would add up.
func (s *series) sums(campaign uuid.UUID, width performance.Bucket, step int64, zone *time.Location) []performance.Rollup {
	cells := map[string]*performance.Rollup{}
	for i := range s.told {
		e := &s.told[i]
		if e.Campaign != campaign {
			continue
		}
		start := int64(localday.Of(time.UnixMicro(e.OccurredAt), zone))
		if width != performance.Day {
			start = e.OccurredAt - (e.OccurredAt%step+step)%step
		}
		key := fmt.Sprint(start, "/", e.Channel)
		if cells[key] == nil {
			cells[key] = &performance.Rollup{Bucket: width, Start: start, Channel: e.Channel}
		}
		cells[key].Add(e)
	}
	var out []performance.Rollup
	for _, r := range cells {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b performance.Rollup) int {
		if a.Start != b.Start {
			return int((a.Start - b.Start) / max(1, absolute(a.Start-b.Start)))
		}
		return strings.Compare(a.Channel, b.Channel)
	})
	return out
}

func absolute(a int64) int64 { return max(a, -a) }
