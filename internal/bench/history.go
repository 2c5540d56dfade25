package bench

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
)

// historyDays is how long the made-up deliveries went on.
const historyDays = 90

// historyBatch is the events of one commit.
const historyBatch = 5000

// history delivers events of 90 days in as many minutes as it takes: one tenth
// of all to the first campaign, one in ten of them late by up to 90 days, one in
// a hundred taken back by a restatement, and one in a hundred sent twice.
type history struct {
	*roster
	random  *rand.Rand
	now     atomic.Int64 // microseconds since 1970, as the store and the service see it
	from    time.Time
	step    time.Duration // of the clock from one commit to the next
	recent  []performance.Event
	sent    int64
	commits int
	devices []string
}

func newHistory(campaigns int, events int64, seed uint64) *history {
	h := &history{
		roster: newRoster(campaigns), random: rand.New(rand.NewPCG(seed, 7)),
		from: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), devices: []string{"mobile", "desktop", "tablet"},
	}
	h.step = historyDays * 24 * time.Hour / time.Duration(max(1, events/historyBatch))
	h.now.Store(h.from.UnixMicro())
	return h
}

// clock is the time of the history.
func (h *history) clock() time.Time { return time.UnixMicro(h.now.Load()).UTC() }

// deliver records the next commit and returns how many events were counted.
func (h *history) deliver(ctx context.Context, to *performance.Service, count int) (int, error) {
	h.now.Add(h.step.Microseconds())
	events := make([]performance.Event, 0, count)
	again := 0
	if h.commits++; h.commits%20 == 0 {
		again = min(count/5, len(h.recent))
	}
	events = append(events, h.recent[:again]...)
	for len(events) < count {
		e := h.event()
		if len(h.recent) > 0 && h.random.IntN(100) == 0 {
			e = h.restatement()
		}
		events = append(events, e)
	}
	h.recent = append(h.recent[:0], events[again:min(len(events), again+count/5)]...)
	receipt, err := to.Record(ctx, event.Origin{Partner: h.partner, Kind: event.ActorOperator, ID: "bench"}, events)
	if err == nil && (receipt.Refused > 0 || receipt.Duplicates != again) {
		err = fmt.Errorf("%d events accepted, %d duplicates of %d, %d refused: %v", receipt.Accepted, receipt.Duplicates, again, receipt.Refused, receipt.Rejected[:min(1, len(receipt.Rejected))])
	}
	h.sent += int64(receipt.Accepted)
	return receipt.Accepted, err
}

// id is a UUIDv7 of a moment.
func (h *history) id(at int64) string {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:], uint64(at/1000)<<16|7<<12|h.random.Uint64()&0x0fff)
	binary.BigEndian.PutUint64(id[8:], 1<<63|h.random.Uint64()>>2)
	return id.String()
}

func (h *history) event() performance.Event {
	now := h.now.Load()
	c := 0
	if h.random.IntN(10) > 0 && len(h.campaigns) > 1 {
		c = 1 + h.random.IntN(len(h.campaigns)-1)
	}
	at := now - h.random.Int64N(h.step.Microseconds())
	minted := at + h.random.Int64N(5_000_000)
	if h.random.IntN(10) == 0 { // late, mostly by little
		late := h.random.Float64()
		at, minted = now-int64(late*late*late*historyDays*24*3600*1e6), now
	}
	ad := h.random.IntN(8)
	e := performance.Event{ID: h.id(min(minted, now)), Campaign: h.campaigns[c], OccurredAt: at / 1000 * 1000, Currency: "USD"}
	e.Dimensions = performance.Dimensions{
		Channel: channels[(c+ad/4)%len(channels)], Source: "bench", Ad: adNames[ad], Creative: creativeNames[ad/2], Audience: audienceNames[h.random.IntN(3)],
		Country: countryNames[min(h.random.IntN(4), h.random.IntN(4))], Device: h.devices[h.random.IntN(3)],
	}
	e.Set(performance.Impressions, 20+h.random.Int64N(200))
	e.Set(performance.Clicks, h.random.Int64N(8))
	e.Set(performance.Conversions, h.random.Int64N(20)/19)
	e.Set(performance.Spend, h.random.Int64N(500)*10_000)
	if e.Conversions > 0 {
		e.Set(performance.Revenue, h.random.Int64N(9000)*10_000)
	}
	return e
}

var (
	adNames       = []string{"ad-1", "ad-2", "ad-3", "ad-4", "ad-5", "ad-6", "ad-7", "ad-8"}
	creativeNames = []string{"portrait", "landscape", "video-15s", "video-30s"}
	audienceNames = []string{"returning", "lookalike", "broad"}
	countryNames  = []string{"MX", "CO", "CL", "AR"}
)

// restatement takes back what one of the last events said.
func (h *history) restatement() performance.Event {
	e := h.recent[h.random.IntN(len(h.recent))]
	e.ID = h.id(h.now.Load())
	for m := range performance.Reach {
		*e.At(m) /= -2
	}
	e.Cause, e.Reference = "invalid_traffic", "bench"
	return e
}
