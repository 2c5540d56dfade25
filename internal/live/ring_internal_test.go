package live

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func seqs(messages []*message) []int64 {
	var all []int64
	for _, m := range messages {
		all = append(all, m.seq)
	}
	return all
}

// From floor on, a ring knows everything; its bytes never pass the bound, but
// for nothing being held at all.
func TestRingIsCompleteFromItsFloorOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r ring
		var all []*message
		held := 0
		seq := rapid.Int64Range(0, 100).Draw(t, "start")
		r.floor = seq
		for range rapid.IntRange(0, 60).Draw(t, "pushes") {
			seq += rapid.Int64Range(1, 5).Draw(t, "step")
			most := rapid.IntRange(0, 2000).Draw(t, "bound")
			m := newMessage(typeAlert, seq, time.Time{}, make([]byte, rapid.IntRange(0, 300).Draw(t, "size")))
			all = append(all, m)
			held += r.push(m, most)
			if r.bytes > most || held != r.bytes {
				t.Fatalf("%d bytes held, %d counted, %d allowed", r.bytes, held, most)
			}
		}
		from := rapid.Int64Range(r.floor, max(seq, r.floor)).Draw(t, "from")
		first, _ := slices.BinarySearchFunc(all, from+1, func(m *message, s int64) int { return int(m.seq - s) })
		if got, want := seqs(r.after(from)), seqs(all[first:]); !slices.Equal(got, want) {
			t.Fatalf("after %d (floor %d) got %v, want %v", from, r.floor, got, want)
		}
		for i, m := range r.messages {
			if want := r.top - uint64(len(r.messages)-1-i); m.index != want {
				t.Fatalf("message %d has index %d, want %d", i, m.index, want)
			}
		}
	})
}

// Merging loses no campaign's last totals, no other message, and no order.
func TestMergingKeepsWhatCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var queue []*message
		last := map[uuid.UUID]string{}
		var others []int64
		for seq := range int64(rapid.IntRange(0, 40).Draw(t, "messages")) {
			if rapid.Bool().Draw(t, "other") {
				queue = append(queue, newMessage(typeBudget, seq, time.Time{}, []byte("{}")))
				others = append(others, seq)
				continue
			}
			var f figures
			for _, c := range rapid.SliceOfNDistinct(rapid.ByteRange(1, 5), 1, 4, rapid.ID).Draw(t, "campaigns") {
				body := fmt.Sprintf(`{"c":%d,"seq":%d}`, c, seq)
				f.set(figure{campaign: uuid.UUID{c}, body: []byte(body)})
				last[uuid.UUID{c}] = body
			}
			queue = append(queue, metricsMessage(ofPartner, seq, time.Time{}, f))
		}
		merged := mergeMetrics(ofPartner, queue)
		if !slices.IsSorted(seqs(merged)) {
			t.Fatalf("order %v", seqs(merged))
		}
		frames := 0
		var kept []int64
		for _, m := range merged {
			if m.figures == nil {
				kept = append(kept, m.seq)
				continue
			}
			frames++
			for _, f := range m.figures {
				if string(f.body) != last[f.campaign] {
					t.Fatalf("%s is not the last of its campaign", f.body)
				}
				delete(last, f.campaign)
			}
		}
		if frames > 1 || len(last) > 0 || !slices.Equal(kept, others) {
			t.Fatalf("%d frames, without %v; others %v of %v", frames, last, kept, others)
		}
	})
}

// A queue full of what must not be dropped is given up, and holds nothing then.
func TestQueueIsGivenUpRatherThanThinnedOut(t *testing.T) {
	s := newSubscriber(ofCampaign, 0, Limits{Queue: 4})
	for seq := range int64(5) {
		s.push(newMessage(typeAlert, seq+1, time.Time{}, []byte("{}")))
	}
	if queue, state := s.take(); state != overrun || len(queue) != 0 {
		t.Fatalf("state %d with %d messages", state, len(queue))
	}
	s.push(newMessage(typeAlert, 9, time.Time{}, []byte("{}")))
	if queue, _ := s.take(); len(queue) != 0 {
		t.Fatal("a subscription that is given up still queues")
	}
}

func TestQueueIsBoundInBytesToo(t *testing.T) {
	s := newSubscriber(ofCampaign, 0, Limits{Queue: 1000})
	for seq := range int64(100) {
		s.push(metricsMessage(ofCampaign, seq+1, time.Time{}, figures{list: []figure{{campaign: uuid.UUID{1}, body: make([]byte, 100<<10)}}}))
		if s.bytes > queueBytes+200<<10 {
			t.Fatalf("%d bytes queued", s.bytes)
		}
	}
	if queue, state := s.take(); state != flowing || queue[len(queue)-1].seq != 100 {
		t.Fatalf("state %d, %v", state, seqs(queue))
	}
}

func TestChannelNamesHaveOneSpelling(t *testing.T) {
	id := uuid.New()
	for _, of := range []kind{ofCampaign, ofPartner} {
		want := topic{of, id}
		if got, ok := parseTopic(want.String()); !ok || got != want {
			t.Errorf("%s was read as %v", want, got)
		}
	}
	for _, name := range []string{"", "campaign", "campaign:", "campaign:1", "user:" + id.String(), "campaign:urn:uuid:" + id.String(), "campaign:{" + id.String() + "}"} {
		if got, ok := parseTopic(name); ok {
			t.Errorf("%q was read as %v", name, got)
		}
	}
}
