package dashboard

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/budgets/pacing"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/partners"
)

// spendingPage is a campaign's Budget tab: where the money goes and who may
// add to it.
type spendingPage struct {
	Head    campaignHead
	Problem *problem

	Pace     paceCard
	Outlook  *outlookCard
	NoFuture string

	Efficiency []efficiencyRow
	Parts      []partRow
	Undivided  figure
	Revision   int64
	Currency   string
	Held       []heldRow
	HeldInAll  figure
	Extras     []extraRow
	Overruns   []overrunRow
	Plan       *planForm
	Transfer   *transferForm
	Guard      string   // what one person may still add
	Raises     []string // of the last 24 hours

	URL        string
	CanWrite   bool
	WhyNot     string
	CanPropose bool
}

// paceCard is the pace in words.
type paceCard struct {
	Known    bool
	Headline string
	Facts    []labelled
}

type labelled struct{ Label, Value string }

type efficiencyRow struct {
	Channel, Spend, Results, Average, AverageRange, Marginal, MarginalRange, Reason string
}

// partRow is a category with what it has, or a channel that has nothing yet.
type partRow struct {
	Category, Entered        string
	Divided                  bool
	Amount, Used, Held, Free figure
	FillWidth                int64 // percent
	Label                    string
}

type extraRow struct {
	ID, Amount, Reason, State, By, Decided, Note string
	At, Expires                                  time.Time
	Waiting, MayDecide                           bool
	Why                                          string
}

// spending shows the tab.
func (v *visit) spending() error {
	s, err := v.one()
	if err != nil {
		return err
	}
	return v.spendingPage(http.StatusOK, s, nil)
}

func (v *visit) spendingPage(status int, s subject, refused *problem) error {
	head, _, err := v.head(s, "budget")
	if err != nil {
		return err
	}
	if s.budget == nil {
		return campaigns.ErrNotFound
	}
	p := spendingPage{
		Head: head, Problem: refused, URL: s.href() + "/budget", Currency: s.code(), Revision: s.budget.State().Revision,
		CanWrite: v.who.Can(partners.ActionWriteBudgets) && !s.Status.Over(), HeldInAll: known("spend", s.position.Reserved.Micros, s.code()),
	}
	p.CanPropose = p.CanWrite
	if !p.CanWrite {
		p.WhyNot = v.locale.T("refused.role")
		if s.Status.Over() {
			p.WhyNot = v.locale.T("spending.over")
		}
	}
	for _, add := range []func(*spendingPage, subject) error{v.addPace, v.addOutlook, v.addEfficiency, v.addParts, v.addExtras, v.addTransfer, v.addOverruns} {
		if err := add(&p, s); err != nil {
			return err
		}
	}
	v.addGuard(&p, s)
	v.addPlan(&p, s)
	return v.page(status, "spending", s.Name, "campaigns", p)
}

func (v *visit) addPace(p *spendingPage, s subject) error {
	_, pace, err := v.d.Pacing.Pace(v.r.Context(), s.Partner, s.BudgetID)
	if err != nil {
		return err
	}
	l := v.locale
	money := func(micros *int64) string {
		if micros == nil {
			return l.T("spending.unknown")
		}
		return l.Money(*micros, s.code())
	}
	p.Pace.Headline = l.Or("spending.pace.", pace.Reason, l.T("spending.pace.unknown"))
	if pace.Index != nil {
		p.Pace.Known = true
		p.Pace.Headline = l.T("spending.pace."+string(pace.Status), "index", l.Fixed(shareOf(*pace.Index), 2))
	}
	p.Pace.Facts = []labelled{
		{l.T("spending.expected"), money(&pace.Expected)},
		{l.T("spending.rate"), money(pace.RunRate)},
		{l.T("spending.landing"), money(pace.Landing)},
		{l.T("spending.required"), money(pace.Required)},
		{l.T("spending.curve"), l.T("spending.curve." + string(s.budget.State().Curve.Named().Shape))},
		{l.T("spending.confidence"), l.T("confidence." + string(pace.Confidence))},
	}
	if pace.Reason != "" && pace.Index == nil {
		p.Pace.Facts[0].Value = l.T("spending.unknown")
	}
	return nil
}

func (v *visit) addEfficiency(p *spendingPage, s subject) error {
	_, found, err := v.d.Pacing.Efficiency(v.r.Context(), s.Partner, s.BudgetID, pacing.Conversions, 56)
	if err != nil {
		return err
	}
	l := v.locale
	amount := func(value *int64) string {
		if value == nil {
			return "–"
		}
		return l.Money(*value, s.code())
	}
	between := func(low, high *int64) string {
		if low == nil || high == nil {
			return ""
		}
		return l.Money(*low, s.code()) + " – " + l.Money(*high, s.code())
	}
	for _, e := range found {
		row := efficiencyRow{
			Channel: l.Channel(e.Channel), Spend: l.Money(e.Spend, s.code()), Results: l.Count(e.Results), Average: amount(e.Average), Marginal: amount(e.Marginal),
			AverageRange: between(e.AverageLow, e.AverageHigh), MarginalRange: between(e.MarginalLow, e.MarginalHigh),
		}
		if row.Channel == "" {
			row.Channel = l.T("analysis.group.unnamed")
		}
		if e.Reason != "" {
			row.Reason = l.T("spending.reason." + e.Reason)
		}
		p.Efficiency = append(p.Efficiency, row)
	}
	return nil
}

// addParts lists what the limit is divided into, and the campaign's channels
// that have no part of it.
func (v *visit) addParts(p *spendingPage, s subject) error {
	rest := s.position.Limit.Micros
	named := map[string]bool{}
	for _, a := range s.budget.Allocations(s.budget.Today(v.now)) {
		rest -= a.Amount.Micros
		named[a.Category] = true
		used := a.Used.Micros + a.Reserved.Micros
		part := share(used, a.Amount.Micros)
		p.Parts = append(p.Parts, partRow{
			Category: a.Category, Entered: a.Amount.Amount(), Divided: true, FillWidth: min(100, part/10_000),
			Amount: known("limit", a.Amount.Micros, s.code()), Used: known("spend", a.Used.Micros, s.code()),
			Held: known("spend", a.Reserved.Micros, s.code()), Free: known("available", a.Available.Micros, s.code()),
			Label: v.locale.T("spending.part.label", "used", v.locale.Money(used, s.code()), "amount", v.locale.Money(a.Amount.Micros, s.code())),
		})
	}
	for _, channel := range append(slices.Clone(s.Channels), strings.ToLower(string(s.Objective))) {
		if !named[channel] {
			named[channel] = true
			p.Parts = append(p.Parts, partRow{Category: channel})
		}
	}
	p.Undivided = known("available", max(0, rest), s.code())
	held, err := v.held(s)
	p.Held = held
	return err
}

// addExtras lists the proposals, those that wait first.
func (v *visit) addExtras(p *spendingPage, s subject) error {
	found, _, err := v.d.Funding.Extras(v.r.Context(), s.Partner, budgets.ExtraQuery{Budget: s.BudgetID, Limit: 20})
	if err != nil {
		return err
	}
	l := v.locale
	for _, x := range found {
		state := x.StateAt(v.now)
		row := extraRow{
			ID: x.ID.String(), Amount: l.Money(x.Amount, s.code()), Reason: x.Reason, State: l.T("spending.extra." + string(state)), By: x.ProposedName,
			Decided: x.DecidedName, Note: x.Note, At: x.CreatedAt.In(v.now.Location()), Expires: x.ExpiresAt.In(v.now.Location()),
			Waiting: state == budgets.ExtraProposed,
		}
		if x.Within {
			row.State, row.Decided = l.T("spending.extra.within"), ""
		}
		switch {
		case !v.who.Can(partners.ActionApprove):
			row.Why = l.T("spending.extra.role")
		case x.ProposedBy == v.who.Key.String():
			row.Why = l.T("refusal.same_person")
		default:
			row.MayDecide = true
		}
		p.Extras = append(p.Extras, row)
	}
	slices.SortStableFunc(p.Extras, func(a, b extraRow) int {
		switch {
		case a.Waiting == b.Waiting:
			return 0
		case a.Waiting:
			return -1
		}
		return 1
	})
	return nil
}

// addGuard says what one person may still add, and what was added in a day. A
// guard that cannot be read is said, not hidden: nothing can be raised then.
func (v *visit) addGuard(p *spendingPage, s subject) {
	l := v.locale
	policy := v.d.Budgets.PolicyFor(v.r.Context(), s.budget)
	if policy == nil {
		p.Guard = l.T("spending.guard.unread")
		return
	}
	_, highest := policy.Bounds(s.budget, v.by(), v.now)
	p.Guard = l.T("spending.guard", "left", l.Money(highest.Micros-s.position.Limit.Micros, s.code()), "threshold", l.Percent(int64(policy.Threshold)*10_000, 0), "day", l.Percent(int64(policy.MaxInDay)*10_000, 0))
	for _, r := range s.budget.State().Raises {
		if v.now.Sub(r.At) < 24*time.Hour {
			key := "spending.raise"
			if r.Approved {
				key = "spending.raise.approved"
			}
			p.Raises = append(p.Raises, l.T(key, "amount", l.Money(r.Amount, s.code()), "before", l.Money(r.Before, s.code()), "time", l.Stamp(r.At.In(v.now.Location()))))
		}
	}
}

// outlookCard is what will have been spent, with the limit. Paths are over 100
// by 100.
type outlookCard struct {
	Words, Chance, Recommended, Record, Label string
	Fan, Mid                                  string
	LimitAt, LimitText                        string
	First, Last                               string
}

func (v *visit) addOutlook(p *spendingPage, s subject) error {
	a, o, err := v.d.Pacing.Ahead(v.r.Context(), s.Partner, s.BudgetID, 0)
	if errors.Is(err, pacing.ErrNoHistory) || s.Status.Over() {
		p.NoFuture = v.locale.T("spending.outlook.none")
		return nil
	}
	if err != nil {
		return err
	}
	p.Outlook = v.locale.outlookCard(a, o, s)
	return nil
}

func (l *locale) outlookCard(a pacing.Answer, o pacing.Outlook, s subject) *outlookCard {
	money := func(micros int64) string { return l.Money(micros, s.code()) }
	limit, spent := a.Subject.Plan.Limit, a.Subject.Spent
	f := fan{steps: len(o.Daily), top: max(o.P90, limit, 1)}
	mid, low, high := []int64{spent}, []int64{spent}, []int64{spent}
	whole := int64(0)
	for _, d := range o.Daily {
		whole += d.P50
	}
	sum := int64(0)
	for _, d := range o.Daily {
		sum += d.P50
		part := float64(sum) / float64(max(1, whole))
		for _, c := range []struct {
			into *[]int64
			end  int64
		}{{&mid, o.P50}, {&low, o.P10}, {&high, o.P90}} {
			*c.into = append(*c.into, spent+int64(part*float64(max(0, c.end-spent))))
		}
	}
	c := &outlookCard{
		Words:  l.T("spending.outlook", "p50", money(o.P50), "p10", money(o.P10), "p90", money(o.P90), "until", l.date(o.Until, s.zone)),
		Chance: l.T("spending.chance", "chance", l.chance(o.Overspend)),
		Record: l.T("confidence." + string(o.Confidence)),
		Fan:    f.band(0, low, high), Mid: f.line(0, mid), LimitAt: percent(f.y(limit)), LimitText: l.T("spending.limit", "limit", money(limit)),
		First: l.T("analysis.forecast.today"), Last: l.date(o.Until, s.zone),
	}
	if o.Recommended != nil {
		c.Recommended = l.T("spending.recommended", "amount", money(*o.Recommended))
	}
	c.Label = c.Words + " " + c.Chance
	return c
}
