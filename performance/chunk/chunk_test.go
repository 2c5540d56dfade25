package chunk

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/performance"
)

var campaign = uuid.MustParse("01970e3c-8c1b-7c3e-9d2a-5b1f0c6d7e8f")

// anyEvent draws events of every shape: ids that are UUIDs or not, times far
// apart, values at the ends of int64.
func anyEvent(uuids, timed bool) *rapid.Generator[performance.Event] {
	return rapid.Custom(func(t *rapid.T) performance.Event {
		text := rapid.SampledFrom([]string{"", "search", "social", "é", strings.Repeat("x", 200)})
		e := performance.Event{Campaign: campaign, OccurredAt: rapid.Int64().Draw(t, "at")}
		e.ID = rapid.StringN(1, 40, 128).Draw(t, "id")
		if uuids {
			id := uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "uuid"))
			if timed {
				id[6], id[8] = 0x70|id[6]&0x0f, 0x80|id[8]&0x3f
			}
			e.ID = id.String()
		}
		for _, column := range append(dimensionTexts[:7:7], otherTexts...) {
			*column(&e) = text.Draw(t, "text")
		}
		for m := range performance.NumMetrics {
			if rapid.Bool().Draw(t, "given") {
				e.Set(m, rapid.Int64().Draw(t, "value"))
			}
		}
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 3, rapid.ID).Draw(t, "custom") {
			e.Custom = append(e.Custom, performance.Custom{Name: name, Value: rapid.Int64().Draw(t, "custom value")})
		}
		return e
	})
}

func pointers(events []performance.Event) []*performance.Event {
	out := make([]*performance.Event, len(events))
	for i := range events {
		out[i] = &events[i]
	}
	return out
}

func TestWhatIsEncodedIsDecoded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(anyEvent(rapid.Bool().Draw(t, "uuids"), rapid.Bool().Draw(t, "timed")), 1, 60).Draw(t, "events")
		body := Encode(pointers(events))
		got, err := Decode(body, campaign)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(events, got); diff != "" {
			t.Fatal(diff)
		}
		recorded := rapid.SliceOfN(rapid.SampledFrom([]int64{math.MinInt64, -1, 1_772_366_400_000_000, math.MaxInt64}), len(events), len(events)).Draw(t, "recorded")
		merged, when, err := Append(nil, EncodeMerged(pointers(events), recorded), campaign)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(events, merged) + cmp.Diff(recorded, when); diff != "" {
			t.Fatal(diff)
		}
		head, err := ReadHead(body)
		if err != nil || head != Summarize(pointers(events)) || head.Count != len(events) {
			t.Fatalf("head %+v, %v", head, err)
		}
	})
}

// usual is what most events look like.
func usual(n int) []performance.Event {
	events := make([]performance.Event, n)
	for i := range events {
		e := &events[i]
		e.ID, e.Campaign = uuid.Must(uuid.NewV7()).String(), campaign
		e.OccurredAt = 1_772_366_400_000_000 + int64(i)*250_000
		e.Channel, e.Source = []string{"search", "social"}[i%2], "market"
		e.Set(performance.Impressions, int64(100+i%50))
		e.Set(performance.Clicks, int64(i%7))
		e.Set(performance.Spend, int64(1_230_000+i*7000))
	}
	return events
}

func TestSize(t *testing.T) {
	for _, tt := range []struct{ events, most int }{{16, 29}, {1000, 18}} {
		body := Encode(pointers(usual(tt.events)))
		if per := len(body) / tt.events; per > tt.most {
			t.Errorf("%d events take %d bytes each, want at most %d", tt.events, per, tt.most)
		}
	}
}

func TestEveryFlippedBitIsFound(t *testing.T) {
	for _, n := range []int{1, 3, 200} {
		body := Encode(pointers(usual(n)))
		for bit := range len(body) * 8 {
			damaged := append([]byte(nil), body...)
			damaged[bit/8] ^= 1 << (bit % 8)
			_, err := Decode(damaged, campaign)
			if !errors.Is(err, ErrCorrupt) {
				t.Fatalf("bit %d of %d events: %v", bit, n, err)
			}
		}
		for length := range body {
			if _, err := Decode(body[:length], campaign); !errors.Is(err, ErrCorrupt) {
				t.Fatalf("cut to %d bytes: %v", length, err)
			}
		}
	}
}

func mustDecode(t *testing.T, body []byte) []performance.Event {
	t.Helper()
	events, err := Decode(body, campaign)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// FuzzDecode gives the decoder bytes whose checksum is right, so that what
// stands behind it is reached.
func FuzzDecode(f *testing.F) {
	f.Add(Encode(pointers(usual(3))))
	f.Add(Encode(pointers(usual(100))))
	f.Add(EncodeMerged(pointers(usual(3)), []int64{3, 1, 2}))
	for name := range once() {
		body, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte{version, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) >= prefix {
			binary.LittleEndian.PutUint32(body[2:], checksum(body))
		}
		events, err := Decode(body, campaign)
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Fatal(err)
		}
		if err == nil && len(events) == 0 {
			t.Fatal("no events and no error")
		}
	})
}

func TestExtremes(t *testing.T) {
	events := []performance.Event{
		{ID: "a", Campaign: campaign, OccurredAt: math.MaxInt64}, {ID: "b", Campaign: campaign, OccurredAt: math.MinInt64},
	}
	got := mustDecode(t, Encode(pointers(events)))
	if diff := cmp.Diff(events, got); diff != "" {
		t.Error(diff)
	}
}

func BenchmarkEncode(b *testing.B) {
	events := pointers(usual(16))
	b.ReportAllocs()
	for b.Loop() {
		Encode(events)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(events)), "ns/event")
}

func BenchmarkDecode(b *testing.B) {
	body := Encode(pointers(usual(1000)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(body, campaign); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*1000), "ns/event")
}
