package optimization

import (
	"context"
	"hash/fnv"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// Metrics is performance.Service's queries.
type Metrics interface {
	Metrics(ctx context.Context, partner, campaign uuid.UUID, q performance.Query) (performance.Result, error)
}

// Ledger finds the budget of a campaign: budgets.Service.
type Ledger interface {
	ForCampaign(ctx context.Context, partner, campaign uuid.UUID) (*budgets.Budget, error)
}

// Examiner is the Analyst over what campaigns delivered.
type Examiner struct {
	campaigns Campaigns
	budgets   Ledger
	metrics   Metrics
	now       func() time.Time
	insights  Insights // nil: none are heard
}

// NewExaminer reads campaigns, their budgets and their numbers.
func NewExaminer(c Campaigns, b Ledger, m Metrics, now func() time.Time) *Examiner {
	return &Examiner{campaigns: c, budgets: b, metrics: m, now: now}
}

// How far back an analysis looks, in complete local days.
const (
	longLook  = 56 // response curves
	shortLook = 28 // creatives and audiences
	costLook  = 14 // what a result costs now
)

// facts are what an analysis knows: of one campaign, as of one moment.
type facts struct {
	campaign campaigns.State
	budget   *budgets.Budget
	now      time.Time
	today    localday.Day
	zone     *time.Location
	knownAt  time.Time

	channels []string
	days     [][]performance.Metrics // by channel and day, oldest first
	metric   performance.Metric      // the result that counts
	limits   Limits                  // of the partner
}

// Findings implements Analyst.
func (x *Examiner) Findings(ctx context.Context, partner, campaign uuid.UUID, limits Limits) ([]Finding, error) {
	f, err := x.read(ctx, partner, campaign)
	if err != nil || f == nil {
		return nil, err
	}
	f.limits = limits
	found, _, err := x.findings(ctx, f)
	return found, err
}

// findings are those of the facts, with what each creative had.
func (x *Examiner) findings(ctx context.Context, f *facts) (found []Finding, creatives map[string]performance.Metrics, err error) {
	found = append(f.budgetFindings(), f.bidFindings()...)
	found = append(found, f.expansions()...)
	if creatives, err = x.groups(ctx, f, "creative"); err != nil {
		return nil, nil, err
	}
	found = append(found, f.creativeFindings(creatives)...)
	for _, dimension := range []string{"device", "country"} {
		groups, err := x.groups(ctx, f, dimension)
		if err != nil {
			return nil, nil, err
		}
		found = append(found, f.refinements(dimension, groups)...)
	}
	heard, err := x.insightFindings(ctx, f)
	if err != nil { // the campaign's own figures still say what they say
		slog.WarnContext(ctx, "targeting insights not heard", "campaign", f.campaign.ID, "error", err)
	}
	found = onceByPeople(append(found, heard...))
	for i := range found {
		found[i].KnownAt, found[i].Seed = f.knownAt, f.seed()
		if found[i].From.IsZero() {
			found[i].From, found[i].To = f.span(shortLook)
		}
	}
	now := Snapshot{Limits: []LimitBefore{{f.campaign.BudgetID, f.money(f.budget.State().Limit)}}, Parts: partsOf(f.budget)}
	return slices.DeleteFunc(found, func(one Finding) bool {
		if f.limits.permit(State{Campaign: f.campaign.ID}, one.Change, now) != nil {
			return true // what the partner does not want is not suggested
		}
		err := one.check()
		if err != nil {
			slog.WarnContext(ctx, "finding not believed; nothing is suggested", "campaign", f.campaign.ID, "type", one.Type, "error", err)
		}
		return err != nil
	}), creatives, nil
}

// onceByPeople keeps the first of the refinements that speak of the same people
// by another name, such as a country that was reached on one device only: applied
// together they would save the same money twice.
func onceByPeople(found []Finding) []Finding {
	known := map[Evidence]bool{}
	return slices.DeleteFunc(found, func(f Finding) bool {
		if f.Type != TargetingRefinement || len(f.Evidence) == 0 {
			return false
		}
		people := f.Evidence[0]
		people.Of, people.Against = "", nil
		again := known[people]
		known[people] = true
		return again
	})
}

// read is nil for a campaign of which nothing can be said.
func (x *Examiner) read(ctx context.Context, partner, campaign uuid.UUID) (*facts, error) {
	c, err := x.campaigns.Get(ctx, event.Origin{Partner: partner}, campaign)
	if err != nil {
		return nil, err
	}
	f := &facts{campaign: c.State(), now: x.now().UTC().Truncate(time.Microsecond)}
	if f.campaign.LaunchedAt == nil || f.campaign.Status.Over() {
		return nil, nil
	}
	if f.budget, err = x.budgets.ForCampaign(ctx, f.campaign.Partner, campaign); err != nil {
		return nil, err
	}
	if f.zone, err = time.LoadLocation(f.campaign.Timezone); err != nil {
		f.zone = time.UTC
	}
	f.today = localday.Of(f.now, f.zone)
	return f, x.readDays(ctx, f)
}

func (x *Examiner) readDays(ctx context.Context, f *facts) error {
	from, to := f.span(longLook)
	result, err := x.metrics.Metrics(ctx, f.campaign.Partner, f.campaign.ID, performance.Query{From: from, To: to, Granularity: "day", GroupBy: []string{"channel"}})
	if err != nil {
		return err
	}
	f.knownAt = result.KnownAt
	first := f.today - longLook
	started := f.today
	for i := range result.Items {
		item := &result.Items[i]
		c := slices.Index(f.channels, item.Group["channel"])
		if c < 0 {
			c = len(f.channels)
			f.channels, f.days = append(f.channels, item.Group["channel"]), append(f.days, make([]performance.Metrics, longLook))
		}
		day := localday.Of(item.From, f.zone)
		f.days[c][day-first] = item.Metrics
		started = min(started, day)
	}
	for c := range f.days { // before the first delivery there was no campaign
		f.days[c] = f.days[c][started-first:]
	}
	f.metric = f.result()
	return nil
}

// span is the last complete local days.
func (f *facts) span(days int) (from, to time.Time) {
	from, _ = localday.Bounds(f.today-localday.Day(days), f.zone)
	_, to = localday.Bounds(f.today-1, f.zone)
	return from, to
}

// groups adds up what the values of a dimension had.
func (x *Examiner) groups(ctx context.Context, f *facts, dimension string) (map[string]performance.Metrics, error) {
	from, to := f.span(shortLook)
	result, err := x.metrics.Metrics(ctx, f.campaign.Partner, f.campaign.ID, performance.Query{From: from, To: to, GroupBy: []string{dimension}, KnownAt: f.knownAt})
	if err != nil {
		return nil, err
	}
	groups := map[string]performance.Metrics{}
	for i := range result.Items {
		groups[result.Items[i].Group[dimension]] = result.Items[i].Metrics
	}
	return groups, nil
}

// result is what the campaign is to bring: by its objective, or clicks where
// there is too little of that.
func (f *facts) result() performance.Metric {
	wanted := map[campaigns.Objective]performance.Metric{
		campaigns.Leads: performance.Leads, campaigns.Traffic: performance.Clicks, campaigns.Engagement: performance.Clicks, campaigns.Awareness: performance.Clicks,
	}
	metric, ok := wanted[f.campaign.Objective]
	if !ok {
		metric = performance.Conversions
	}
	if f.total(metric, longLook) < leastResults {
		return performance.Clicks
	}
	return metric
}

// total adds a metric up over the last days of all channels.
func (f *facts) total(m performance.Metric, days int) (sum int64) {
	for c := range f.days {
		sum += totalOf(f.days[c], m, days)
	}
	return sum
}

func totalOf(days []performance.Metrics, m performance.Metric, last int) (sum int64) {
	for i := max(0, len(days)-last); i < len(days); i++ {
		sum += *days[i].At(m)
	}
	return sum
}

func (f *facts) money(micros int64) money.Money { return money.New(micros, f.campaign.Currency) }

// seed makes what is drawn repeat: the same campaign and data, the same draws.
func (f *facts) seed() uint64 {
	h := fnv.New64a()
	_, _ = h.Write(f.campaign.ID[:])
	return h.Sum64() ^ uint64(f.today)
}

// spentOfPlan is what was spent of what the plan had for the last days, and
// whether there is a plan.
func (f *facts) spentOfPlan() (share float64, ok bool) {
	s := f.budget.State()
	spent := float64(f.total(performance.Spend, costLook))
	days := min(costLook, f.length())
	if days == 0 || s.Limit <= 0 {
		return 0, false
	}
	switch s.Kind {
	case budgets.KindDaily:
		return spent / (float64(s.Limit) * float64(days)), true
	case budgets.KindMonthly:
		return spent / (float64(s.Limit) * float64(days) / 30.4), true
	}
	dates := f.campaign.Schedule
	if dates == nil || !dates.End.After(dates.Start) {
		return 0, false
	}
	length := dates.End.Sub(dates.Start).Hours() / 24
	return spent / (float64(s.Limit) * float64(days) / length), true
}

// length is how many days there are.
func (f *facts) length() int {
	if len(f.days) == 0 {
		return 0
	}
	return len(f.days[0])
}

// target is what a result may cost by the campaign's goals, in micros.
func (f *facts) target() (int64, bool) {
	metric := campaigns.MetricCPA
	if f.metric == performance.Clicks {
		metric = campaigns.MetricCPC
	}
	t, ok := f.campaign.Goals.Target(metric)
	return t.Micros, ok && t.Micros > 0
}
