package market

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/money"
)

const (
	batchEvents  = 1000
	livePatience = 10 * time.Second // the next tick tries again
	// maxStep is how much of a gap is made up for, when the machine slept or
	// the service was away.
	maxStep = 5 * time.Second
	// maxWaiting bounds the events that wait for a service that is away.
	maxWaiting = 20_000
)

// feed sends what the auctions deliver.
type feed struct {
	config  Config
	setup   *setup
	stalls  map[string]*stall // by campaign id
	order   []string          // of the stalls, so that runs repeat
	run     string            // tells this run's live events from another's
	sent    int64             // events made so far, in this run's live delivery
	waiting []eventBody       // made and not acknowledged
	// elsewhere are the campaigns that ad platforms deliver to.
	elsewhere []string
}

// stall is one campaign at the market.
type stall struct {
	campaign campaign
	auction  *Auction
	haste    float64
	momentum float64 // of the delivery that goes on after a pause
	// elsewhere: the campaign runs at an ad platform, which delivers to it now.
	elsewhere bool
}

func newFeed(c Config, s *setup) *feed {
	f := &feed{config: c, setup: s, stalls: map[string]*stall{}}
	for _, e := range s.entries {
		f.open(e.campaign, NewAuction(e.plan.modelFrom(s.begun), c.Seed), max(e.plan.haste, 1))
	}
	return f
}

func (f *feed) open(c campaign, a *Auction, haste float64) *stall {
	st := &stall{campaign: c, auction: a, haste: haste}
	f.stalls[c.ID] = st
	f.order = append(f.order, c.ID)
	return st
}

// history sends what happened before the demo was first started. When it is
// started again this sends the same events, which count once.
func (f *feed) history(ctx context.Context) error {
	var past []eventBody
	for i, e := range f.setup.entries {
		if e.plan.stage != launched {
			continue
		}
		st := f.stalls[e.campaign.ID]
		from, to := f.setup.begun.Add(e.plan.start), f.setup.begun
		delivered := st.auction.History(from, to)
		for n, d := range delivered {
			past = append(past, body(fmt.Sprintf("demo-%d-%d-h%d", f.config.Seed, i, n), e.campaign.ID, d))
		}
		for n, d := range st.auction.Reached(delivered, from, to) {
			past = append(past, body(fmt.Sprintf("demo-%d-%d-r%d", f.config.Seed, i, n), e.campaign.ID, d))
		}
	}
	slices.SortStableFunc(past, func(a, b eventBody) int { return strings.Compare(a.OccurredAt, b.OccurredAt) })
	f.config.Logger.InfoContext(ctx, "demo history", "events", len(past))
	return f.send(ctx, f.setup.ingest, past)
}

// live delivers every tick until ctx ends.
func (f *feed) live(ctx context.Context) error {
	last := time.Now()
	f.run = strconv.FormatInt(last.UnixMicro(), 36)
	for _, st := range f.stalls {
		st.auction.Speed = f.config.Rate
	}
	f.setup.manager.patience, f.setup.ingest.patience = livePatience, livePatience
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		now := time.Now()
		if now.Sub(last) > maxStep {
			last = now.Add(-maxStep)
		}
		f.step(ctx, last, now)
		last = now
	}
}

// step delivers one tick. A failure is no reason to end the demo: what was made
// is sent with the next tick.
func (f *feed) step(ctx context.Context, from, to time.Time) {
	log := f.config.Logger
	campaigns, err := list(ctx, f.setup.manager)
	if err != nil {
		log.WarnContext(ctx, "demo market cannot see the campaigns; it goes on with what it knew", "error", err)
	}
	elsewhere, err := f.setup.elsewhere(ctx)
	if err != nil {
		log.WarnContext(ctx, "demo market cannot see what runs at ad platforms; it goes on with what it knew", "error", err)
		elsewhere = f.elsewhere
	}
	f.observe(campaigns, elsewhere)
	f.deliver(from, to)
	if err := f.send(ctx, f.setup.ingest, f.waiting); err != nil {
		log.WarnContext(ctx, "demo market cannot report delivery; it tries again", "events", len(f.waiting), "error", err)
		f.waiting = f.waiting[max(0, len(f.waiting)-maxWaiting):]
		return
	}
	f.waiting = f.waiting[:0]
}

// observe takes over what the campaigns now are, and opens a stall for those
// that somebody else has launched.
func (f *feed) observe(campaigns map[string]campaign, elsewhere []string) {
	f.elsewhere = elsewhere
	for _, c := range sorted(campaigns) {
		away := slices.Contains(elsewhere, c.ID)
		if st, ok := f.stalls[c.ID]; ok {
			st.campaign, st.elsewhere = c, away
		} else if c.Status == "ACTIVE" && !away {
			f.open(c, NewAuction(stranger(c), f.config.Seed), 1).auction.Speed = f.config.Rate
		}
	}
}

func sorted(campaigns map[string]campaign) []campaign {
	all := make([]campaign, 0, len(campaigns))
	for _, c := range campaigns {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b campaign) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// deliver adds what happened in [from, to) to what waits.
func (f *feed) deliver(from, to time.Time) {
	for _, id := range f.order {
		st := f.stalls[id]
		for _, d := range st.auction.Deliver(from, to, st.intensity()) {
			f.waiting = append(f.waiting, body(f.name(st, d), id, d))
		}
	}
}

// name is the event id of a live delivery. A conversion that the history has
// decided has the same in every run, since every run repeats the history; the
// others have one of this run.
func (f *feed) name(st *stall, d Delivery) string {
	if d.Order > 0 && d.Order <= st.auction.historic {
		return fmt.Sprintf("demo-%d-%s-c%d", f.config.Seed, st.campaign.ID, d.Order)
	}
	f.sent++
	return fmt.Sprintf("demo-%d-%s-%d", f.config.Seed, f.run, f.sent)
}

// brake is what is left of the delivery from one tick to the next after a pause:
// a platform needs a moment to take every ad out of its auctions.
const brake = 0.35

// intensity is how much is delivered in this tick.
func (st *stall) intensity() float64 {
	switch {
	case st.campaign.Status == "ACTIVE" && !st.elsewhere:
		st.momentum = st.haste
	case st.momentum > st.haste*brake*brake*brake:
		st.momentum *= brake
	default:
		st.momentum = 0
	}
	return st.momentum
}

// body is a delivery as a metric event.
func body(id, campaign string, d Delivery) eventBody {
	e := eventBody{
		ID: id, Campaign: campaign, OccurredAt: stamp(d.At),
		Channel: d.Channel, Source: d.Source, Creative: d.Creative, Country: d.Country, Device: d.Device,
		Metrics: metricsBody{Impressions: d.Impressions, Clicks: d.Clicks, Conversions: d.Conversions, Reach: d.Reach},
	}
	if d.Spend != 0 {
		e.Metrics.Spend = money.FormatMicros(d.Spend)
	}
	if d.Revenue != 0 {
		e.Metrics.Revenue = money.FormatMicros(d.Revenue)
	}
	if d.Corrects != "" {
		e.Metadata = map[string]string{"corrects": d.Corrects}
	}
	return e
}

// send reports events in batches. Events have ids, so sending some again after a
// failure counts nothing twice. Refused ones are logged and given up.
func (f *feed) send(ctx context.Context, c *client, events []eventBody) error {
	for batch := range slices.Chunk(events, batchEvents) {
		var receipt struct {
			Rejected []struct {
				Index        int
				Code, Detail string
			}
		}
		in := map[string][]eventBody{"events": batch}
		if _, err := c.do(ctx, request{method: http.MethodPost, path: "/metrics", in: in, out: &receipt, repeatable: true}); err != nil {
			return err
		}
		if n := len(receipt.Rejected); n > 0 {
			first := receipt.Rejected[0]
			f.config.Logger.WarnContext(ctx, "demo events were refused", "refused", n, "code", first.Code, "detail", first.Detail)
		}
	}
	return nil
}
