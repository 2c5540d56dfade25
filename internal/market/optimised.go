package market

import (
	"context"
	"fmt"
	"io"
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
)

// OptimisingTrial is what campaigns of the simulated market cost per conversion
// with the optimiser on, beside the same campaigns with it off: in the last 28 of
// 112 days, by the market's own formula, so that chance neither helps nor hurts
// one of two. The optimiser sees only what was delivered, with its chance.
type OptimisingTrial struct {
	Runs   int     `json:"runs"`
	Seed   uint64  `json:"seed"`
	Off    float64 `json:"cost_off"` // median cost per conversion
	On     float64 `json:"cost_on"`
	Better float64 `json:"better"` // median saving of a run, as a fraction
	Tenth  float64 `json:"tenth"`  // saving at the 10th percentile: below 0 is worse
	Moves  int     `json:"moves"`  // changes that were made
	// Improved is the share of them that improved the expected cost, by the
	// market's own formula.
	Improved float64 `json:"improved"`
	Refused  int     `json:"refused"` // by the guard of budgets
}

// TryOptimising runs campaigns with two to four channels. What the optimiser is
// sure of at 0.8 it moves, at most once in three days, past the guard of budgets.
func TryOptimising(ctx context.Context, runs int, seed uint64) (OptimisingTrial, error) {
	trial := OptimisingTrial{Runs: runs, Seed: seed}
	var off, on, better []float64
	improved := 0
	for i := range runs {
		without, err := newTried(seed, i).run(ctx, false)
		if err != nil {
			return trial, err
		}
		with, err := newTried(seed, i).run(ctx, true)
		if err != nil {
			return trial, err
		}
		off, on, better = append(off, without.cost), append(on, with.cost), append(better, 1-with.cost/without.cost)
		trial.Moves, trial.Refused, improved = trial.Moves+with.moves, trial.Refused+with.refused, improved+with.improved
	}
	trial.Off, trial.On, trial.Better, trial.Tenth = middle(off, 0.5), middle(on, 0.5), middle(better, 0.5), middle(better, 0.1)
	if trial.Moves > 0 {
		trial.Improved = float64(improved) / float64(trial.Moves)
	}
	return trial, nil
}

func middle(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[int(q*float64(len(values)-1))]
}

// How long a trial is, in days.
const (
	triedDays   = 112
	triedBefore = 28 // before the first decision
	triedEvery  = 3  // days between two
	triedCount  = 28 // at the end, that are judged
)

// tried is one campaign of a trial. It plays the services that an examiner
// reads.
type tried struct {
	random   *rand.Rand
	campaign campaigns.State
	budget   *budgets.Budget
	models   []Model
	markets  []*Auction
	begun    time.Time
	now      time.Time
	days     []performance.Item
}

type triedOutcome struct {
	cost                     float64
	moves, improved, refused int
}

func newTried(seed uint64, n int) *tried {
	name := fmt.Sprintf("optimised %d", n)
	r := newRand(seed, name)
	t := &tried{random: r, begun: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)}
	partner, launched := uuid.NewSHA1(uuid.Nil, []byte(name)), t.begun
	t.campaign = campaigns.State{
		ID: uuid.NewSHA1(partner, []byte("campaign")), Partner: partner, BudgetID: uuid.NewSHA1(partner, []byte("budget")),
		Objective: campaigns.Conversions, Status: campaigns.Active, Currency: "USD", Timezone: "UTC", LaunchedAt: &launched,
	}
	state := budgets.State{ID: t.campaign.BudgetID, Partner: partner, Campaign: t.campaign.ID, Kind: budgets.KindDaily, Currency: "USD", Timezone: "UTC"}
	for c := range 2 + r.IntN(3) {
		daily := 100 * math.Exp(0.5*r.NormFloat64())
		cpm, ctr := 4*math.Exp(0.4*r.NormFloat64()), 0.012*math.Exp(0.3*r.NormFloat64())
		m := Model{
			Name: fmt.Sprintf("%s, channel %d", name, c), Zone: time.UTC, Demand: always, Daily: daily, CPM: cpm,
			Inventory: daily / 24 / cpm * 1000 * (0.4 + 3*r.Float64()), CTR: ctr, CVR: 0.05 * math.Exp(0.6*r.NormFloat64()),
			Slices: []Slice{{Channel: fmt.Sprintf("c%d", c), Share: 1, Price: 1, CTR: 1, CVR: 1}},
		}
		t.models, t.markets = append(t.models, m), append(t.markets, NewAuction(m, seed))
		part := micros(daily, 10_000)
		state.Channels = append(state.Channels, budgets.ChannelShare{Channel: m.Slices[0].Channel, Limit: part})
		state.Limit += part
	}
	t.budget = budgets.Restore(state)
	return t
}

// run delivers day after day, with decisions in between when on.
func (t *tried) run(ctx context.Context, on bool) (triedOutcome, error) {
	var out triedOutcome
	perMoney := 0.0
	for d := range triedDays {
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		t.now = t.begun.AddDate(0, 0, d+1).Add(time.Hour)
		for i := range t.models {
			t.deliver(i, d)
		}
		if d >= triedDays-triedCount {
			perMoney += t.expected() / triedCount
		}
		if on && d >= triedBefore && d%triedEvery == 0 {
			if err := t.decide(ctx, &out); err != nil {
				return out, err
			}
		}
	}
	out.cost = 1 / perMoney
	return out, nil
}

// deliver is a channel's day: what it has, a little more or less.
func (t *tried) deliver(i, d int) {
	from := t.begun.AddDate(0, 0, d)
	part := t.budget.State().Channels[i]
	intensity := float64(part.Limit) / money.Unit / t.models[i].Daily * math.Exp(0.25*t.random.NormFloat64())
	item := performance.Item{From: from, To: from.AddDate(0, 0, 1), Group: map[string]string{"channel": part.Channel}}
	for _, got := range t.markets[i].Deliver(from, from.AddDate(0, 0, 1), intensity) {
		item.Impressions += got.Impressions
		item.Clicks += got.Clicks
		item.Conversions += got.Conversions
		item.Spend += got.Spend
	}
	t.days = append(t.days, item)
}

// decide asks the examiner, and does what may be done by itself.
func (t *tried) decide(ctx context.Context, out *triedOutcome) error {
	examiner := optimization.NewExaminer(triedCampaigns{t: t}, t, t, func() time.Time { return t.now })
	found, err := examiner.Findings(ctx, t.campaign.Partner, t.campaign.ID, nil)
	if err != nil {
		return err
	}
	by, policy := event.Origin{Kind: event.ActorOptimizer, ID: "optimizer"}, budgets.DefaultPolicy()
	for _, f := range found {
		if f.Change.Move == nil || f.Confidence < optimization.LeastConfidence {
			continue
		}
		before := t.expected()
		move := budgets.Move{From: f.Change.Move.From, To: f.Change.Move.To, Amount: budgets.Amount(f.Change.Move.Amount)}
		if err := t.budget.Reallocate(by, t.now, move, &policy); err != nil {
			out.refused++
			continue
		}
		out.moves++
		if t.expected() > before {
			out.improved++
		}
	}
	return nil
}

// expected is conversions per money by the market's formula, without chance.
func (t *tried) expected() float64 {
	spend, conversions := 0.0, 0.0
	for i := range t.models {
		m := &t.models[i]
		price := m.perImpression(&m.Slices[0])
		got, scarcity := t.markets[i].compete(float64(t.budget.State().Channels[i].Limit)/money.Unit/price, m.Inventory*24)
		spend += got * price * scarcity
		conversions += got * m.CTR * m.CVR
	}
	return conversions / spend
}

// ForCampaign implements optimization.Ledger.
func (t *tried) ForCampaign(context.Context, uuid.UUID, uuid.UUID) (*budgets.Budget, error) {
	return t.budget, nil
}

// Metrics implements optimization.Metrics: days by channel, and nothing else.
func (t *tried) Metrics(_ context.Context, _, campaign uuid.UUID, q performance.Query) (performance.Result, error) {
	result := performance.Result{Campaign: campaign, KnownAt: t.now}
	for _, item := range t.days {
		if q.Granularity == "day" && !item.From.Before(q.From) && item.From.Before(q.To) {
			result.Items = append(result.Items, item)
		}
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

// Text prints a trial for a person.
func (o OptimisingTrial) Text(w io.Writer) error {
	_, err := fmt.Fprintf(w, `%d campaigns, seed %d, the last %d of %d days
  cost per conversion   off %.2f   on %.2f   (medians)
  saved by a run        %.1f %% (median), %.1f %% at the 10th percentile
  changes made          %d, of which %.0f %% improved the expected cost; %d refused by the guard
`, o.Runs, o.Seed, triedCount, triedDays, o.Off, o.On, 100*o.Better, 100*o.Tenth, o.Moves, 100*o.Improved, o.Refused)
	return err
}
