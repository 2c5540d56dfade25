package chunk

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/performance"
)

// everything in the two clocks.
var everything = performance.Span{From: math.MinInt64, To: math.MaxInt64, KnownFrom: math.MinInt64, KnownTo: math.MaxInt64}

// anyFew draws events of few values, as they are summed up; within a week.
func anyFew(t *rapid.T) (events []performance.Event, recorded []int64) {
	events = rapid.SliceOfN(anyEvent(false, false), 1, 40).Draw(t, "events")
	for i := range events {
		events[i].OccurredAt = rapid.Int64Range(-1000, 7*24*60).Draw(t, "at") * 60_000_000
		for m := range performance.NumMetrics {
			*events[i].At(m) %= 1_000_000_007
		}
		for c := range events[i].Custom {
			events[i].Custom[c].Value %= 1_000_000_007
		}
		recorded = append(recorded, rapid.Int64Range(1, 9).Draw(t, "recorded"))
	}
	slices.SortStableFunc(events, func(a, b performance.Event) int { return int((a.OccurredAt - b.OccurredAt) / 60_000_000) })
	return events, recorded
}

func anyTally(t *rapid.T) func() *performance.Tally {
	width := rapid.SampledFrom([]performance.Bucket{performance.Total, performance.Minute, performance.Hour, performance.Day}).Draw(t, "width")
	names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"channel", "source", "ad", "country", "device"}), 0, 3, rapid.ID).Draw(t, "group by")
	return func() *performance.Tally { return performance.NewTally(width, time.UTC, names...) }
}

func TestAScanAddsWhatTheEventsSay(t *testing.T) {
	var s Scanner
	rapid.Check(t, func(t *rapid.T) {
		events, recorded := anyFew(t)
		empty := anyTally(t)
		span := performance.Span{
			From: rapid.Int64Range(-1000, 9000).Draw(t, "from") * 60_000_000, To: rapid.Int64Range(0, 11_000).Draw(t, "to") * 60_000_000,
			KnownFrom: rapid.Int64Range(0, 9).Draw(t, "known from"), KnownTo: rapid.Int64Range(0, 10).Draw(t, "known to"),
		}
		if rapid.Bool().Draw(t, "all") {
			span = everything
		}
		want, got := empty(), empty()
		for i := range events {
			e := &events[i]
			if e.OccurredAt >= span.From && e.OccurredAt < span.To && recorded[i] >= span.KnownFrom && recorded[i] < span.KnownTo {
				if err := want.Add(e); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := s.Add(EncodeMerged(pointers(events), recorded), 0, span, got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.Cells(), got.Cells()); diff != "" {
			t.Fatal(diff)
		}
		byCommit := empty()
		for i := range events {
			if err := s.Add(Encode(pointers(events[i:i+1])), recorded[i], span, byCommit); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want.Cells(), byCommit.Cells()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestADigestAddsWhatTheEventsSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events, _ := anyFew(t)
		names := rapid.SampledFrom([][]string{nil, {"channel"}, {"ad"}, {"device", "channel"}, {"country"}, {"ad", "device"}}).Draw(t, "group by")
		want, got := performance.NewTally(performance.Total, time.UTC, names...), performance.NewTally(performance.Total, time.UTC, names...)
		for i := range events {
			if err := want.Add(&events[i]); err != nil {
				t.Fatal(err)
			}
		}
		channels, breakdowns := Digest(pointers(events))
		place := DigestFor(got)
		if place < 0 {
			if len(names) < 2 {
				t.Fatalf("no digest for %v", names)
			}
			return
		}
		digest := breakdowns
		if place == 0 {
			digest = channels
		}
		ok, err := AddDigest(digest, place, events[0].OccurredAt, got)
		if !ok || err != nil {
			t.Fatalf("%v %v", ok, err)
		}
		if diff := cmp.Diff(want.Cells(), got.Cells()); diff != "" {
			t.Fatal(diff)
		}
		damaged := slices.Clone(digest)
		damaged[rapid.IntRange(0, len(damaged)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := AddDigest(damaged, place, 0, got); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("a flipped bit: %v", err)
		}
	})
}

func TestADimensionOfManyValuesIsNotInTheDigest(t *testing.T) {
	events := usual(MaxDigestCells + 1)
	for i := range events {
		events[i].Ad = events[i].ID
	}
	_, breakdowns := Digest(pointers(events))
	tally := performance.NewTally(performance.Total, time.UTC, "ad")
	if ok, err := AddDigest(breakdowns, 2, 0, tally); ok || err != nil || len(tally.Cells()) > 0 {
		t.Errorf("%v %v, %d cells", ok, err, len(tally.Cells()))
	}
	if ok, err := AddDigest(breakdowns, 1, 0, performance.NewTally(performance.Total, time.UTC, "source")); !ok || err != nil {
		t.Errorf("the others: %v %v", ok, err)
	}
	for i := range events { // some 40 bytes each
		for c := range 32 {
			events[i].Custom = append(events[i].Custom, performance.Custom{Name: events[i].ID + string(rune('a'+c)), Value: 1})
		}
	}
	if channels, _ := Digest(pointers(events)); len(channels) > 0 {
		t.Errorf("a digest of %d bytes", len(channels))
	}
}

func TestAScanFindsEveryFlippedBit(t *testing.T) {
	var s Scanner
	events := usual(200)
	body := EncodeMerged(pointers(events), make([]int64, len(events)))
	for bit := range len(body) * 8 {
		damaged := slices.Clone(body)
		damaged[bit/8] ^= 1 << (bit % 8)
		if err := s.Add(damaged, 0, everything, performance.NewTally(performance.Total, time.UTC)); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("bit %d: %v", bit, err)
		}
	}
}

func TestAScanReadsLayoutOne(t *testing.T) {
	for name, events := range once() {
		body, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		want, got := performance.NewTally(performance.Hour, time.UTC, "country"), performance.NewTally(performance.Hour, time.UTC, "country")
		for i := range events {
			err = errors.Join(err, want.Add(&events[i]))
		}
		err = errors.Join(err, new(Scanner).Add(body, 7, everything, got), new(Scanner).Add(body, 7, performance.Span{From: math.MinInt64, To: math.MaxInt64, KnownTo: 7}, got))
		if diff := cmp.Diff(want.Cells(), got.Cells()); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

// FuzzScan gives the scanner bytes whose checksum is right. Where decoding
// succeeds, both say the same.
func FuzzScan(f *testing.F) {
	few := usual(3)
	few[1].Custom = []performance.Custom{{Name: "visits", Value: 3}}
	f.Add(EncodeMerged(pointers(few), []int64{3, 1, 2}))
	f.Add(EncodeMerged(pointers(usual(100)), make([]int64, 100)))
	f.Add(Encode(pointers(few)))
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) >= prefix {
			binary.LittleEndian.PutUint32(body[2:], checksum(body))
		}
		var s Scanner
		got, want := performance.NewTally(performance.Total, time.UTC, "ad", "source"), performance.NewTally(performance.Total, time.UTC, "ad", "source")
		err := s.Add(body, 0, everything, got)
		if err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, performance.ErrRange) {
			t.Fatal(err)
		}
		events, decodeErr := Decode(body, campaign)
		if decodeErr != nil || slices.ContainsFunc(events, func(e performance.Event) bool { return e.OccurredAt == math.MaxInt64 || e.Present != e.Given() }) {
			return
		}
		for i := range events {
			slices.SortFunc(events[i].Custom, func(a, b performance.Custom) int { return 0 })
			if err := want.Add(&events[i]); err != nil {
				return
			}
		}
		if diff := cmp.Diff(want.Cells(), got.Cells()); err != nil || diff != "" {
			t.Fatalf("%v %s", err, diff)
		}
	})
}

// FuzzDigest gives the digest's reader bytes whose checksum is right.
func FuzzDigest(f *testing.F) {
	channels, breakdowns := Digest(pointers(usual(50)))
	f.Add(channels, 0)
	f.Add(breakdowns, 3)
	f.Fuzz(func(t *testing.T, digest []byte, dimension int) {
		if dimension < 0 || dimension >= performance.NumDimensions {
			return
		}
		if len(digest) >= 4 {
			binary.LittleEndian.PutUint32(digest, crc32.Checksum(digest[4:], castagnoli))
		}
		_, err := AddDigest(digest, dimension, 0, performance.NewTally(performance.Total, time.UTC, "ad"))
		if err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, performance.ErrRange) {
			t.Fatal(err)
		}
	})
}

// BenchmarkScan is what a question about the past costs for each event of a
// block that it must open.
func BenchmarkScan(b *testing.B) {
	events := usual(4096)
	body := EncodeMerged(pointers(events), make([]int64, len(events)))
	var s Scanner
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Add(body, 0, everything, performance.NewTally(performance.Total, time.UTC)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(events)), "ns/event")
}

func TestDigestsThatSayTheSameAreTheSame(t *testing.T) {
	event := func(impressions int64) *performance.Event {
		e := &performance.Event{ID: "a"}
		e.Device, e.Impressions = "mobile", impressions
		return e
	}
	_, a := Digest([]*performance.Event{event(5)})
	_, b := Digest([]*performance.Event{event(6)})
	damaged := slices.Clone(a)
	damaged[len(damaged)-1] ^= 1
	if !SameBreakdowns(a, slices.Clone(a)) || SameBreakdowns(a, b) || SameBreakdowns(a, damaged) || SameBreakdowns(a, nil) {
		t.Error("digests are told apart by what they say")
	}
}
