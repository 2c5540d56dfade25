package report

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// mostDays is the longest course that is shown by day; a longer one is by month.
const mostDays = 92

// builder gathers one document.
type builder struct {
	metrics Metrics
	partner uuid.UUID
	facts   Facts
	doc     *Document
	sums    map[string]*sums // by currency
	step    func() error     // called after each campaign
}

// sums gathers one currency.
type sums struct {
	Currency
	course   map[localday.Day]*performance.Totals
	channels map[string]*Line
}

// build reads every campaign of the facts, one after another. step is called
// after each, and what it returns ends the work; it is called once more for
// each campaign by Document.Rows.
func build(ctx context.Context, metrics Metrics, partner uuid.UUID, d Definition, facts Facts, step func() error) (*Document, error) {
	b := &builder{metrics: metrics, partner: partner, facts: facts, step: step, sums: map[string]*sums{}, doc: &Document{
		Definition: d, FactsAt: facts.At, Partner: facts.Partner, Alerts: facts.Alerts, MoreAlerts: facts.MoreAlerts, CampaignsOf: map[string]Campaign{},
	}}
	b.describe()
	for _, c := range facts.Campaigns {
		if err := b.campaign(ctx, c); err != nil {
			return nil, err
		}
		if err := step(); err != nil {
			return nil, err
		}
	}
	if err := b.finish(); err != nil {
		return nil, err
	}
	b.doc.Rows = b.rows
	return b.doc, nil
}

// describe sets what does not depend on numbers.
func (b *builder) describe() {
	d := b.doc
	if d.Scope.Type == ScopeCampaign && len(b.facts.Campaigns) == 1 {
		d.Subject = b.facts.Campaigns[0].Name
	}
	for _, c := range b.facts.Campaigns {
		d.CampaignsOf[c.ID.String()] = c
		if d.Timezone == "" && !slices.Contains(d.Zones, c.Timezone) {
			d.Zones = append(d.Zones, c.Timezone)
		}
	}
	if d.Timezone != "" {
		d.Zones = []string{d.Timezone}
	}
	slices.Sort(d.Zones)
	if d.Groups = d.GroupBy; d.Scope.Type == ScopeChannel && !slices.Contains(d.GroupBy, "channel") {
		d.Groups = append([]string{"channel"}, d.GroupBy...)
	}
	if d.Dates != nil {
		before := d.Dates.before()
		d.Before, d.ByMonth = &before, d.Dates.To-d.Dates.From > mostDays
	} else {
		from := d.From.Add(-d.To.Sub(*d.From))
		d.BeforeFrom, d.ByMonth = &from, d.To.Sub(*d.From) > mostDays*24*time.Hour
	}
}

// campaign adds one campaign's period, the one before and its budget.
func (b *builder) campaign(ctx context.Context, c Campaign) error {
	now, err := newReading(b.metrics, b.partner, b.doc.Definition, c)
	if err != nil {
		return err
	}
	line := Line{ID: c.ID.String(), Name: c.Name, Status: c.Status}
	s := b.of(c.Currency)
	days := map[localday.Day]bool{}
	err = now.each(ctx, "day", []string{"channel"}, func(i performance.Item) error {
		channel := channelName(i.Group)
		if !b.doc.Scope.covers(channel) {
			return nil
		}
		day := localday.Of(i.From, now.zone)
		days[day] = true
		return join(&i.Totals, &line.Totals, &s.Now, s.at(day, b.doc.ByMonth), &s.channel(channel).Totals)
	})
	if err != nil {
		return err
	}
	before := now
	if before.from, before.to = b.beforeOf(now); before.from.Before(before.to) {
		err = before.each(ctx, "day", []string{"channel"}, func(i performance.Item) error {
			channel := channelName(i.Group)
			if !b.doc.Scope.covers(channel) {
				return nil
			}
			return join(&i.Totals, &line.Before, &s.Before, &s.channel(channel).Before)
		})
	}
	if err != nil {
		return err
	}
	if line.Events > 0 || line.Before.Events > 0 {
		s.Campaigns = append(s.Campaigns, line)
	}
	return b.budget(ctx, now, s, &line, len(days))
}

// join adds one item to several sums.
func join(item *performance.Totals, to ...*performance.Totals) error {
	for _, t := range to {
		if err := add(t, item); err != nil {
			return err
		}
	}
	return nil
}

// beforeOf is the period that a campaign's is compared with.
func (b *builder) beforeOf(now reading) (from, to time.Time) {
	if b.doc.Before == nil {
		return *b.doc.BeforeFrom, now.from
	}
	now.setDates(*b.doc.Before)
	return now.from, now.to
}

// budget adds how a campaign's budget stands.
func (b *builder) budget(ctx context.Context, r reading, s *sums, line *Line, days int) error {
	budget := r.campaign.Budget
	if budget == nil || b.doc.Scope.Type == ScopeChannel || line.Events == 0 && line.Before.Events == 0 {
		return nil
	}
	shown := BudgetLine{Name: r.campaign.Name, Daily: budget.Daily, Limit: budget.Limit}
	if budget.Daily {
		if days > 0 {
			shown.Spent = line.Spend / int64(days)
		}
	} else {
		q := performance.Query{Granularity: "total", KnownAt: r.knownAt}
		if r.at != nil {
			q.At = *r.at
		}
		life, err := r.metrics.Metrics(ctx, b.partner, r.campaign.ID, q)
		if err != nil {
			return err
		}
		for _, item := range life.Items {
			shown.Spent += item.Spend
		}
	}
	s.Budgets = append(s.Budgets, shown)
	return nil
}

func (b *builder) of(currency string) *sums {
	s := b.sums[currency]
	if s == nil {
		s = &sums{Currency: Currency{Code: currency}, course: map[localday.Day]*performance.Totals{}, channels: map[string]*Line{}}
		b.sums[currency] = s
	}
	return s
}

// at is the sum of a day, or of its month.
func (s *sums) at(day localday.Day, byMonth bool) *performance.Totals {
	if byMonth {
		day -= localday.Day(civil(day).Day() - 1)
	}
	if s.course[day] == nil {
		s.course[day] = &performance.Totals{Currency: s.Code}
	}
	return s.course[day]
}

func (s *sums) channel(name string) *Line {
	if s.channels[name] == nil {
		s.channels[name] = &Line{Name: name}
	}
	return s.channels[name]
}

// finish puts the sums in order. Currencies in which nothing was delivered are
// left out, unless there is no other.
func (b *builder) finish() error {
	for _, s := range b.sums {
		s.Now.Currency, s.Before.Currency = s.Code, s.Code
		s.fillCourse(b.doc)
		for _, channel := range s.channels {
			s.Channels = append(s.Channels, *channel)
		}
		inOrder(s.Campaigns, s.Code)
		inOrder(s.Channels, s.Code)
		slices.SortStableFunc(s.Budgets, func(x, y BudgetLine) int { return cmp.Compare(y.Spent, x.Spent) })
		b.doc.Currencies = append(b.doc.Currencies, s.Currency)
	}
	slices.SortFunc(b.doc.Currencies, func(x, y Currency) int { return strings.Compare(x.Code, y.Code) })
	used := slices.DeleteFunc(slices.Clone(b.doc.Currencies), func(c Currency) bool { return len(c.Campaigns) == 0 })
	if len(used) == 0 {
		used = b.doc.Currencies[:min(1, len(b.doc.Currencies))]
	}
	if len(used) > 1 && !b.doc.AllowMixed {
		return mixed(used)
	}
	b.doc.Currencies = used
	return nil
}

func mixed(all []Currency) error {
	codes := make([]string, len(all))
	for i, c := range all {
		codes[i] = c.Code
	}
	return performance.ErrMixedCurrencies.With("The campaigns spend in %s, which are not added up.", strings.Join(codes, ", "))
}

// inOrder sorts lines by what they spent, then by name.
func inOrder(lines []Line, currency string) {
	for i := range lines {
		lines[i].Currency, lines[i].Before.Currency = currency, currency
	}
	slices.SortFunc(lines, func(x, y Line) int {
		return cmp.Or(cmp.Compare(y.Spend, x.Spend), strings.Compare(x.Name, y.Name), strings.Compare(x.ID, y.ID))
	})
}

// fillCourse lists every day or month of the period: one without delivery is
// one of 0, since nothing was reported for it.
func (s *sums) fillCourse(doc *Document) {
	if doc.Dates != nil {
		for day := doc.Dates.From; day < doc.Dates.To; day++ {
			s.at(day, doc.ByMonth)
		}
	}
	for day, t := range s.course {
		s.Course = append(s.Course, Point{day, *t})
	}
	slices.SortFunc(s.Course, func(x, y Point) int { return cmp.Compare(x.Day, y.Day) })
}

// rows reads the campaigns once more, for the rows.
func (b *builder) rows(ctx context.Context, yield func(Row) error) error {
	byName := slices.Clone(b.facts.Campaigns)
	slices.SortFunc(byName, func(x, y Campaign) int {
		return cmp.Or(strings.Compare(x.Name, y.Name), strings.Compare(x.ID.String(), y.ID.String()))
	})
	for _, c := range byName {
		r, err := newReading(b.metrics, b.partner, b.doc.Definition, c)
		if err != nil {
			return err
		}
		if err := b.rowsOf(ctx, &r, yield); err != nil {
			return err
		}
		if err := b.step(); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) rowsOf(ctx context.Context, r *reading, yield func(Row) error) error {
	return r.each(ctx, b.doc.Granularity, b.doc.Groups, func(i performance.Item) error {
		if !b.doc.Scope.covers(i.Group["channel"]) {
			return nil
		}
		if b.doc.Granularity == "total" && i.From.IsZero() {
			i.From, i.To = r.from, r.to
		}
		return yield(Row{Campaign: r.campaign, From: i.From, To: i.To, Day: localday.Of(i.From, r.zone), Zone: r.zone.String(), Group: i.Group, Totals: i.Totals})
	})
}
