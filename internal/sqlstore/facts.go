package sqlstore

import (
	"context"
	"database/sql"
	"math"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
)

// facts implements campaigns.Facts on a transaction. With a lock, what a
// decision rests on stays as it is until the commit. The campaign's row is
// locked already; its budget and its partner follow, in whichever order they
// are asked for: nobody else takes both.
type facts struct {
	ctx  context.Context
	db   *DB
	in   querier
	lock string
	of   campaigns.State
}

// Figures implements campaigns.Facts.
func (f facts) Figures() (campaigns.Figures, error) {
	totals, err := f.db.Metrics().totals(f.ctx, f.in, f.of.Partner, f.of.ID)
	if err != nil {
		return campaigns.Figures{}, err
	}
	cells := make([]*performance.Cell, len(totals))
	for i := range totals {
		cells[i] = &totals[i].Cell
	}
	t := performance.Sum(performance.Subject{Campaign: f.of.ID, Currency: string(f.of.Currency)}, cells...)
	figures := campaigns.Figures{
		Impressions: t.Impressions, Clicks: t.Clicks, Conversions: t.Conversions, Leads: t.Leads,
		Spend: money.New(t.Spend, f.of.Currency), Revenue: money.New(t.Revenue, f.of.Currency),
	}
	for m := performance.Reach; m < performance.NumMetrics; m++ {
		if t.Present.Has(m) {
			put(&figures.Gauges, m.String(), gauge(m, *t.At(m)))
		}
	}
	for _, c := range t.Custom {
		put(&figures.Custom, c.Name, campaigns.Quantity{Micros: c.Value})
	}
	return figures, nil
}

// gauge is a last value as a quantity: some are counted in micros already.
func gauge(m performance.Metric, value int64) campaigns.Quantity {
	if m.IsDecimal() {
		return campaigns.Quantity{Micros: value}
	}
	return campaigns.Count(value)
}

func put(into *map[string]campaigns.Quantity, name string, q campaigns.Quantity) {
	if *into == nil {
		*into = map[string]campaigns.Quantity{}
	}
	(*into)[name] = q
}

// Funding implements campaigns.Facts.
func (f facts) Funding() (campaigns.Funding, error) {
	b, err := f.db.Budgets().find(f.ctx, f.in, f.db.one(f.of.Partner, "campaign", f.of.ID), f.lock)
	if err != nil {
		return campaigns.Funding{}, err
	}
	state, at := b.State(), b.Position(b.Today(f.db.now()))
	funding := campaigns.Funding{
		BudgetID: state.ID, Kind: campaigns.BudgetKind(state.Kind), Limit: at.Limit, Settled: at.Reported,
		Available: at.Available, Exhausted: at.Exhausted, AutoPause: state.AutoPause,
	}
	for _, t := range state.Thresholds {
		funding.Thresholds = append(funding.Thresholds, t.Percent)
	}
	return funding, nil
}

// Standing implements campaigns.Facts. The partner's row is locked before its
// campaigns are counted, so that of two launches at once the second counts the
// first.
func (f facts) Standing() (campaigns.Standing, error) {
	p, err := f.db.Partners().find(f.ctx, f.in, f.of.Partner, f.lock)
	if err != nil {
		return campaigns.Standing{}, err
	}
	state := p.State()
	s := campaigns.Standing{
		ContractActive: state.Contract.ActiveAt(f.db.now()), Flags: state.Flags,
		MaxActive: state.Limits.ActiveCampaigns, DailyLimit: state.Limits.DailyBudget, MonthlyLimit: state.Limits.MonthlyBudget,
		DailyInUse: money.Zero(state.Currency), MonthlyInUse: money.Zero(state.Currency), Prepaid: state.Contract.Prepaid,
	}
	if s.Prepaid {
		if s.Balance, err = f.balance(); err != nil {
			return s, err
		}
	}
	others, err := f.activeOthers()
	if err != nil {
		return s, err
	}
	s.ActiveCampaigns = len(others)
	for _, c := range others {
		if c.Daily.Currency == state.Currency {
			s.DailyInUse = sum(s.DailyInUse, c.Daily)
			s.MonthlyInUse = sum(s.MonthlyInUse, c.Monthly)
		}
	}
	return s, nil
}

// balance is the partner's money in the campaign's currency. Reports that come
// at this moment may take from it: they are never refused, whatever it says.
func (f facts) balance() (money.Money, error) {
	all, err := f.db.Payments().balances(f.ctx, f.in, f.of.Partner)
	for _, b := range all {
		if b.Currency == f.of.Currency {
			return money.New(b.Available(), b.Currency), err
		}
	}
	return money.Zero(f.of.Currency), err
}

// sum stops at the largest amount there is, which is over every limit.
func sum(a, b money.Money) money.Money {
	total, err := a.Add(b)
	if err != nil {
		return money.New(math.MaxInt64, a.Currency)
	}
	return total
}

// activeOthers are the commitments of the partner's other ACTIVE campaigns.
func (f facts) activeOthers() ([]campaigns.Commitment, error) {
	rows, err := f.in.QueryContext(f.ctx, `SELECT c.timezone, c.starts_at, c.ends_at, b.kind, b.limit_micros, b.currency
		FROM campaigns c JOIN budgets b ON b.partner = c.partner AND b.campaign = c.id
		WHERE c.partner = $1 AND c.status = $2 AND c.id <> $3`,
		f.db.key(f.of.Partner), string(campaigns.Active), f.db.key(f.of.ID))
	if err != nil {
		return nil, err
	}
	return collect(rows, scanCommitment)
}

func scanCommitment(row scanner) (campaigns.Commitment, error) {
	var zone, kind, currency string
	var starts, ends sql.NullInt64
	var limit int64
	if err := row.Scan(&zone, &starts, &ends, &kind, &limit, &currency); err != nil {
		return campaigns.Commitment{}, err
	}
	var schedule *campaigns.Schedule
	if starts.Valid && ends.Valid {
		schedule = &campaigns.Schedule{Start: moment(starts.Int64), End: moment(ends.Int64)}
	}
	return campaigns.Commit(campaigns.BudgetKind(kind), money.New(limit, money.Currency(currency)), schedule, zone), nil
}

var (
	_ campaigns.Store       = Campaigns{}
	_ campaigns.Facts       = facts{}
	_ campaigns.History     = Log{}
	_ budgets.Store         = Budgets{}
	_ partners.Store        = Partners{}
	_ partners.KeyStore     = Keys{}
	_ partners.SessionStore = Sessions{}

	_ performance.AlertStore = Alerts{}
)
