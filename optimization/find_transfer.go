package optimization

import (
	"cmp"
	"context"
	"log/slog"
	"math"
	"slices"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization/allocate"
	"github.com/hexabuilders/campaignd/optimization/mix"
	"github.com/hexabuilders/campaignd/optimization/response"
	"github.com/hexabuilders/campaignd/performance"
)

const (
	mostLanes  = 40  // campaigns of a partner that are compared: those with the greatest limits
	needsMoney = 0.7 // of the plan is spent, or more money is not what the campaign lacks
)

// lane is a campaign among those that money could be moved between.
type lane struct {
	*facts
	model  *response.Model
	usual  float64 // spend in a day of late, in units
	result float64 // in a day of late
	sample int64
	limit  int64
	room   room // how much the limit may fall and rise now
}

// room is how far an amount may go down and up.
type room struct{ down, up int64 }

// alike are campaigns whose results can be compared and whose budgets exchanged.
type alike struct {
	objective campaigns.Objective
	metric    performance.Metric
	currency  money.Currency
	kind      budgets.Kind
}

// Portfolio implements Analyst: moves of money between the campaigns of a
// partner, toward the division in which the next unit brings the same everywhere.
// Each campaign takes part in one of them at most, for two at once would rest on
// the same curve.
func (x *Examiner) Portfolio(ctx context.Context, partner uuid.UUID, limits Limits) ([]Finding, error) {
	groups, err := x.lanes(ctx, partner, limits)
	if err != nil {
		return nil, err
	}
	var found []Finding
	for _, lanes := range groups {
		for _, f := range balance(lanes) {
			if err := f.check(); err != nil {
				slog.WarnContext(ctx, "finding not believed; nothing is suggested", "campaign", f.Change.Transfer.From.Campaign, "type", f.Type, "error", err)
				continue
			}
			found = append(found, f)
		}
	}
	return found, nil
}

// lanes are a partner's running campaigns of which enough is known, by what they
// can be compared with.
func (x *Examiner) lanes(ctx context.Context, partner uuid.UUID, limits Limits) (map[alike][]*lane, error) {
	groups, cursor := map[alike][]*facts{}, ""
	for {
		items, next, err := x.campaigns.List(ctx, event.Origin{Partner: partner}, campaigns.Query{Status: []campaigns.Status{campaigns.Active}, Limit: 200, Cursor: cursor})
		if err != nil {
			return nil, err
		}
		for _, c := range items {
			f, err := x.read(ctx, partner, c.State().ID)
			if err != nil {
				return nil, err
			}
			if f == nil || f.length() < leastDays || f.total(f.metric, longLook) < leastResults {
				continue
			}
			key := alike{f.campaign.Objective, f.metric, f.campaign.Currency, f.budget.State().Kind}
			groups[key] = append(groups[key], f)
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	lanes := map[alike][]*lane{}
	for key, all := range groups {
		if len(all) < 2 {
			continue
		}
		slices.SortStableFunc(all, func(a, b *facts) int { return cmp.Compare(b.budget.State().Limit, a.budget.State().Limit) })
		for _, f := range all[:min(len(all), mostLanes)] {
			if l := f.lane(limits); l != nil {
				lanes[key] = append(lanes[key], l)
			}
		}
	}
	return lanes, nil
}

// lane learns what a campaign's money brings as a whole; nil when its days do not
// tell.
func (f *facts) lane(limits Limits) *lane {
	h := response.History{Channels: []string{f.campaign.Name}, Spend: [][]float64{make([]float64, f.length())}, Result: make([]float64, f.length())}
	for _, days := range f.days {
		for t := range days {
			h.Spend[0][t] += max(0, float64(days[t].Spend)/money.Unit)
			h.Result[t] += max(0, float64(*days[t].At(f.metric)))
		}
	}
	recent := min(usualLookback, f.length())
	l := &lane{
		facts: f, limit: f.budget.State().Limit, sample: f.total(f.metric, longLook),
		usual: float64(f.total(performance.Spend, recent)) / money.Unit / float64(recent), result: float64(f.total(f.metric, recent)) / float64(recent),
	}
	if l.usual <= 0 || l.result <= 0 || l.limit <= 0 {
		return nil
	}
	model, err := response.Fit(h, response.Options{Seed: f.seed(), Carry: true, Effort: fitEffort})
	if err != nil { // too little, or nothing varied: nothing can be said
		return nil
	}
	l.model = model
	l.room = f.roomFor(limits)
	return l
}

// roomFor is how much another budget may be given of the limit, and how much the
// limit may be given. A budget that is divided among channels is given nothing:
// no channel would have it. Nor is one that does not spend what it has.
func (f *facts) roomFor(limits Limits) room {
	limit := f.budget.State().Limit
	low, high := limits.span(held{campaign: f.campaign.ID, now: f.money(limit)})
	most := step(limit)
	r := room{down: min(most, f.budget.Transferable(f.now), limit-low.micros), up: min(most, high.micros-limit)}
	if plan, ok := f.spentOfPlan(); len(partsOf(f.budget)) > 0 || !ok || plan < needsMoney {
		r.up = 0
	}
	return room{max(0, r.down), max(0, r.up)}
}

// balance divides what the campaigns spend now anew, and matches those that
// should give with those that should get, the greatest with the greatest.
func balance(lanes []*lane) []Finding {
	total := int64(0)
	parts := make([]allocate.Part, len(lanes))
	for i, l := range lanes {
		now := int64(l.usual * money.Unit)
		total += now
		parts[i] = allocate.Part{
			Name: l.campaign.Name, Result: mix.Counted(l.model, 0),
			Floor: now - l.scaled(l.room.down), Ceiling: now + l.scaled(l.room.up),
		}
	}
	if len(lanes) < 2 {
		return nil
	}
	amounts, err := allocate.Divide(total, parts)
	if err != nil {
		return nil
	}
	givers, getters := wishes(lanes, amounts)
	var found []Finding
	for i := range min(len(givers), len(getters)) {
		from, to := givers[i], getters[i]
		amount := wholeCents(min(from.room.down, to.room.up, from.wish, to.wish))
		if f := transferFinding(from.lane, to.lane, amount); f != nil {
			found = append(found, *f)
		}
	}
	return found
}

// scaled is what a part of the limit is of the usual spend, in micros.
func (l *lane) scaled(ofLimit int64) int64 {
	return int64(float64(ofLimit) / float64(l.limit) * l.usual * money.Unit)
}

// wisher is a lane with how much of its limit it should give or get.
type wisher struct {
	*lane
	wish int64
}

// wishes are those that should give and those that should get, the greatest wish
// first.
func wishes(lanes []*lane, amounts []int64) (givers, getters []wisher) {
	for i, l := range lanes {
		change := float64(amounts[i])/money.Unit/l.usual - 1
		w := wisher{l, int64(math.Abs(change)*float64(l.limit)) + finest} // what scaling has cut off
		switch {
		case change < 0:
			givers = append(givers, w)
		case change > 0:
			getters = append(getters, w)
		}
	}
	for _, all := range [][]wisher{givers, getters} {
		slices.SortStableFunc(all, func(a, b wisher) int { return cmp.Compare(b.wish, a.wish) })
	}
	return givers, getters
}

// transferFinding is a move of money between two campaigns, if their curves
// promise enough of it.
func transferFinding(from, to *lane, amount int64) *Finding {
	if amount <= 0 {
		return nil
	}
	less := from.usual * (1 - float64(amount)/float64(from.limit))
	more := to.usual * (1 + float64(amount)/float64(to.limit))
	if more > to.model.Reach(0) {
		return nil
	}
	gains := make([]float64, min(from.model.Draws(), to.model.Draws()))
	better, mean := 0, 0.0
	for i := range gains {
		gains[i] = to.model.Draw(i, 0, more) - to.model.Draw(i, 0, to.usual) + from.model.Draw(i, 0, less) - from.model.Draw(i, 0, from.usual)
		mean += gains[i] / float64(len(gains))
		if gains[i] > 0 {
			better++
		}
	}
	slices.Sort(gains)
	sure, result := float64(better)/float64(max(1, len(gains))), from.result+to.result
	if sure < leastSure || !(mean >= leastGain*result) {
		return nil
	}
	low, high := gains[len(gains)/10], gains[len(gains)*9/10]
	f := &Finding{
		Type: BudgetReallocation, Confidence: believed(sure), Risk: RiskMedium,
		Change: Change{Budget: from.campaign.BudgetID, Transfer: &Transfer{From: from.party(to), To: to.party(from), Amount: from.money(amount)}},
		Impact: Impact{Metric: from.metric.String(), Mean: mean, Low: min(low, mean), High: max(high, mean), Relative: mean / result},
		Seed:   from.seed(), KnownAt: from.knownAt,
	}
	if to.knownAt.Before(f.KnownAt) {
		f.KnownAt = to.knownAt
	}
	for _, side := range []struct {
		l    *lane
		name string
	}{{from, f.Change.Transfer.From.Name}, {to, f.Change.Transfer.To.Name}} {
		if m := side.l.model.Marginal(0, side.l.usual).Mean; m > 1e-9 {
			f.Evidence = append(f.Evidence, Evidence{Metric: "next_result_cost", Of: side.name, Value: 1 / m, Unit: "money", Sample: side.l.sample, Minimum: leastResults})
		}
	}
	days := min(from.length(), to.length())
	f.Evidence = append(f.Evidence, Evidence{Metric: "days", Value: float64(days), Unit: "days", Sample: int64(days), Minimum: leastDays})
	f.From, f.To = from.span(days)
	return f
}

// party is a campaign in a transfer. Two of one name are told apart by their ids.
func (l *lane) party(other *lane) Party {
	name := l.campaign.Name
	if name == other.campaign.Name {
		name += " (" + l.campaign.ID.String()[24:] + ")"
	}
	return Party{l.campaign.ID, l.campaign.BudgetID, name}
}
