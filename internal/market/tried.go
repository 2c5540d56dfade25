package market

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/targeting"
)

// How long a trial is, in days.
const (
	triedDays   = 112
	triedBefore = 28 // before the first decision
	triedEvery  = 3  // days between two
	triedCount  = 28 // at the end, that are judged
)

const firstBid = 10 * money.Unit

// tally is how the changes of each type did, in the order of optimization.Types.
type tally [5]TriedTypes

// tried is one campaign of a trial. It plays the services that an examiner
// reads.
type tried struct {
	random    *rand.Rand
	campaign  campaigns.State
	budget    *budgets.Budget
	markets   []*Auction // of the channels
	inventory []float64  // of the channels, at the first bid
	begun     time.Time
	now       time.Time
	days      []performance.Item // by channel and creative
	changed   map[optimization.Type]int

	// With the bid raised by a factor the price rises with its power of dearer,
	// and the impressions that can be won with its power of wider.
	dearer, wider float64
}

type triedOutcome struct {
	cost    float64 // of a conversion
	daily   float64 // conversions
	refused int
	tally   tally
}

func newTried(seed uint64, n int) *tried {
	name := fmt.Sprintf("optimised %d", n)
	r := newRand(seed, name)
	t := &tried{random: r, begun: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), changed: map[optimization.Type]int{}}
	partner, launched := uuid.NewSHA1(uuid.Nil, []byte(name)), t.begun
	bid := money.New(firstBid, "USD")
	t.campaign = campaigns.State{
		ID: uuid.NewSHA1(partner, []byte("campaign")), Partner: partner, BudgetID: uuid.NewSHA1(partner, []byte("budget")),
		Objective: campaigns.Conversions, Status: campaigns.Active, Currency: "USD", Timezone: "UTC", LaunchedAt: &launched,
		Targeting: &targeting.Configuration{BidStrategy: &targeting.BidStrategy{Type: targeting.BidCap, Amount: &bid}},
	}
	state := budgets.State{ID: t.campaign.BudgetID, Partner: partner, Campaign: t.campaign.ID, Kind: budgets.KindDaily, Currency: "USD", Timezone: "UTC"}
	for c := range 2 + r.IntN(3) {
		part := t.open(seed, name, c)
		state.Channels = append(state.Channels, part)
		state.Limit += part.Limit
	}
	t.budget = budgets.Restore(state)
	t.dearer, t.wider = 0.2+0.6*r.Float64(), 0.5+r.Float64()
	t.campaign.Goals = campaigns.Goals{Targets: []campaigns.Target{{
		Metric: campaigns.MetricCPA, Quantity: campaigns.Quantity{Micros: micros(t.expected().cost()*lognormal(r, 0.25), 10_000)},
	}}}
	return t
}

// open adds a channel with its market and creatives, and is its part of the
// budget.
func (t *tried) open(seed uint64, name string, c int) budgets.ChannelShare {
	r := t.random
	daily := 100 * math.Exp(0.5*r.NormFloat64())
	cpm, ctr := 4*math.Exp(0.4*r.NormFloat64()), 0.012*math.Exp(0.3*r.NormFloat64())
	m := Model{
		Name: fmt.Sprintf("%s, channel %d", name, c), Zone: time.UTC, Demand: always, Daily: daily, CPM: cpm,
		Inventory: daily / 24 / cpm * 1000 * (0.4 + 3*r.Float64()), CTR: ctr, CVR: 0.05 * math.Exp(0.6*r.NormFloat64()),
	}
	channel, creatives := fmt.Sprintf("c%d", c), 2+r.IntN(2)
	for i := range creatives {
		s := Slice{Channel: channel, Creative: fmt.Sprintf("%s, creative %d", channel, i), Share: 1 / float64(creatives), Price: 1, CTR: lognormal(r, 0.2), CVR: lognormal(r, 0.3)}
		m.Slices = append(m.Slices, s)
		t.campaign.Creatives = append(t.campaign.Creatives, campaigns.Creative{Name: s.Creative, Channel: channel})
	}
	t.markets, t.inventory = append(t.markets, NewAuction(m, seed)), append(t.inventory, m.Inventory)
	return budgets.ChannelShare{Channel: channel, Limit: micros(daily, 10_000)}
}

// run delivers day after day, with decisions in between when on.
func (t *tried) run(ctx context.Context, on bool) (triedOutcome, error) {
	var out triedOutcome
	var judged expectation
	for d := range triedDays {
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		t.now = t.begun.AddDate(0, 0, d+1).Add(time.Hour)
		for i := range t.markets {
			t.deliver(i, d)
		}
		if d >= triedDays-triedCount {
			judged = judged.plus(t.expected())
		}
		if on && d >= triedBefore && d%triedEvery == 0 {
			if err := t.decide(ctx, d, &out); err != nil {
				return out, err
			}
		}
	}
	out.cost, out.daily = judged.cost(), judged.conversions/triedCount
	return out, nil
}

// deliver is a channel's day: what it has, a little more or less.
func (t *tried) deliver(i, d int) {
	from := t.begun.AddDate(0, 0, d)
	to, part, market := from.AddDate(0, 0, 1), t.budget.State().Channels[i], t.markets[i]
	intensity := float64(part.Limit) / money.Unit / market.model.Daily * math.Exp(0.25*t.random.NormFloat64())
	items := make([]performance.Item, len(market.model.Slices))
	for k := range items {
		s := &market.model.Slices[k]
		items[k] = performance.Item{From: from, To: to, Group: map[string]string{"channel": s.Channel, "creative": s.Creative}}
	}
	for _, got := range market.Deliver(from, to, intensity) {
		k := slices.IndexFunc(items, func(item performance.Item) bool { return item.Group["creative"] == got.Creative })
		item := &items[k]
		item.Impressions += got.Impressions
		item.Clicks += got.Clicks
		item.Conversions += got.Conversions
		item.Spend += got.Spend
	}
	t.days = append(t.days, items...)
}

// decide asks the examiner, and does what may be done by itself.
func (t *tried) decide(ctx context.Context, day int, out *triedOutcome) error {
	examiner := optimization.NewExaminer(triedCampaigns{t: t}, t, t, func() time.Time { return t.now })
	found, err := examiner.Findings(ctx, t.campaign.Partner, t.campaign.ID, nil)
	if err != nil {
		return err
	}
	touched := map[string]bool{}
	for _, f := range found {
		last, before := t.changed[f.Type], t.expected()
		settled := f.Type == optimization.BudgetReallocation || last == 0 || day-last >= int(f.Type.Window().Hours()/48)
		if f.Confidence < optimization.LeastConfidence || !settled && !touched[string(f.Type)] {
			continue
		}
		if !t.change(f.Change) {
			out.refused++
			continue
		}
		t.changed[f.Type], touched[string(f.Type)] = day, true
		tallied := &out.tally[slices.Index(optimization.Types, f.Type)]
		tallied.Made++
		if t.improved(f.Change, before) {
			tallied.Improved++
		}
	}
	return nil
}

// change makes a change of the campaign, past the guard where it is of its
// budget.
func (t *tried) change(c optimization.Change) bool {
	switch {
	case c.Move != nil:
		by, policy := event.Origin{Kind: event.ActorOptimizer, ID: "optimizer"}, budgets.DefaultPolicy()
		return t.budget.Reallocate(by, t.now, budgets.Move{From: c.Move.From, To: c.Move.To, Amount: budgets.Amount(c.Move.Amount)}, &policy) == nil
	case c.Bid != nil:
		t.bid(c.Bid.After)
	default:
		for _, r := range c.Creatives {
			t.show(r.Name, r.After)
		}
	}
	return true
}

// bid sets the bid, and what it buys.
func (t *tried) bid(amount money.Money) {
	t.campaign.Targeting = &targeting.Configuration{BidStrategy: &targeting.BidStrategy{Type: targeting.BidCap, Amount: &amount}}
	factor := float64(amount.Micros) / firstBid
	for i, a := range t.markets {
		a.model.Inventory = t.inventory[i] * math.Pow(factor, t.wider)
		for k := range a.model.Slices {
			a.model.Slices[k].Price = math.Pow(factor, t.dearer)
		}
	}
}

// show sets how often a creative is shown.
func (t *tried) show(name string, percent int) {
	i := slices.IndexFunc(t.campaign.Creatives, func(c campaigns.Creative) bool { return c.Name == name })
	t.campaign.Creatives[i].Share = percent
	for _, a := range t.markets {
		for k := range a.model.Slices {
			if s := &a.model.Slices[k]; s.Creative == name {
				s.Share = float64(percent) / 100
			}
		}
	}
}

// improved reports whether a change did what it was made for.
func (t *tried) improved(c optimization.Change, before expectation) bool {
	after := t.expected()
	if c.Bid != nil && c.Bid.After.Micros > c.Bid.Before.Micros {
		goal, _ := t.campaign.Goals.Target(campaigns.MetricCPA)
		return after.conversions > before.conversions && after.cost()*money.Unit <= float64(goal.Micros)
	}
	return after.cost() < before.cost()
}

// expectation is of a day, in units of money.
type expectation struct{ spend, conversions float64 }

func (e expectation) plus(o expectation) expectation {
	return expectation{e.spend + o.spend, e.conversions + o.conversions}
}

func (e expectation) cost() float64 { return e.spend / e.conversions }

// expected is what a day brings by the market's formula, without chance.
func (t *tried) expected() (sum expectation) {
	for i, a := range t.markets {
		m := &a.model
		for k := range m.Slices {
			s := &m.Slices[k]
			price := m.perImpression(s)
			got, scarcity := a.compete(float64(t.budget.State().Channels[i].Limit)/money.Unit/price*s.Share, m.Inventory*24*s.Share)
			sum.spend += got * price * scarcity
			sum.conversions += got * m.CTR * s.CTR * m.CVR * s.CVR
		}
	}
	return sum
}

// ForCampaign implements optimization.Ledger.
func (t *tried) ForCampaign(context.Context, uuid.UUID, uuid.UUID) (*budgets.Budget, error) {
	return t.budget, nil
}

// Metrics implements optimization.Metrics: by channel or creative, and nothing
// else, by day or together.
func (t *tried) Metrics(_ context.Context, _, campaign uuid.UUID, q performance.Query) (performance.Result, error) {
	result := performance.Result{Campaign: campaign, KnownAt: t.now}
	at := map[[2]string]int{}
	for i := range t.days {
		item := &t.days[i]
		if item.From.Before(q.From) || !item.From.Before(q.To) || len(q.GroupBy) != 1 || item.Group[q.GroupBy[0]] == "" {
			continue
		}
		key := [2]string{item.Group[q.GroupBy[0]], ""}
		if q.Granularity == "day" {
			key[1] = item.From.String()
		}
		n, ok := at[key]
		if !ok {
			n, at[key] = len(result.Items), len(result.Items)
			result.Items = append(result.Items, performance.Item{From: item.From, To: item.To, Group: map[string]string{q.GroupBy[0]: key[0]}})
		}
		sum := &result.Items[n]
		sum.Impressions += item.Impressions
		sum.Clicks += item.Clicks
		sum.Conversions += item.Conversions
		sum.Spend += item.Spend
	}
	return result, nil
}

// triedCampaigns is optimization.Campaigns of one campaign that is only read.
type triedCampaigns struct {
	optimization.Campaigns
	t *tried
}

// Get implements optimization.Campaigns.
func (c triedCampaigns) Get(context.Context, event.Origin, uuid.UUID) (*campaigns.Campaign, error) {
	return campaigns.Restore(c.t.campaign), nil
}
