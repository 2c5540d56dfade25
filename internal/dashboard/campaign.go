package dashboard

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/platforms"
	"github.com/hexabuilders/campaignd/targeting"
)

// campaignTiles are the figures on top of a campaign's page.
var campaignTiles = []string{"spend", "impressions", "clicks", "ctr", "cpc", "conversions", "cpa", "roas"}

// campaign shows one campaign's results.
func (v *visit) campaign() error {
	s, err := v.one()
	if err != nil {
		return err
	}
	return v.results(http.StatusOK, s, nil, nil)
}

// results is the page of a campaign; budgetForm is a refused change of its
// budget, with what was entered.
func (v *visit) results(status int, s subject, refused *problem, budgetForm *budgetEntry) error {
	head, list, err := v.head(s, "results")
	if err != nil {
		return err
	}
	alerts, err := v.openAlerts(s)
	if err != nil {
		return err
	}
	unusual, err := v.unusual(s)
	if err != nil {
		return err
	}
	step, err := v.chartStep(s)
	if err != nil {
		return err
	}
	p := campaignPage{
		Unusual: unusual, Head: head, Problem: refused, Notices: v.notices(s), Currency: s.code(), Totals: sumsJSON(s.totals),
		ChartMetrics: []string{"spend", "impressions", "clicks", "conversions"}, ChartSteps: steps, ChartStep: step,
		ChartNote: v.locale.T("chart.note", "zone", s.Timezone), Alerts: alerts, CanWatch: v.who.Can(partners.ActionWriteAlertRules), Budget: v.budgetCard(s, budgetForm),
		Goals: v.locale.goals(s), Aim: v.aim(s), Creatives: v.locale.creatives(s.State),
	}
	if s.LaunchedAt == nil && !s.Status.Over() {
		p.Readiness = v.readiness(s, list)
	}
	for _, metric := range campaignTiles {
		p.Tiles = append(p.Tiles, v.locale.campaignTile(s, metric))
	}
	return v.page(status, "campaign", s.Name, "campaigns", p)
}

func (l *locale) campaignTile(s subject, metric string) tile {
	t := tile{figure: s.figure(metric)}
	if target, ok := s.Goals.Target(campaigns.Metric(metric)); ok {
		t.Goal = l.newGoal(t.figure, targetFigure(target, s.code()))
	}
	if metric == "spend" {
		t.Note = l.T("tile.since", "time", l.Day(s.began().In(s.zone)))
	}
	return t
}

// began is when the campaign's figures can begin: reports may be older than the
// launch, not than what was planned.
func (s subject) began() time.Time {
	switch {
	case s.LaunchedAt == nil:
		return s.CreatedAt
	case s.Schedule != nil && s.Schedule.Start.Before(*s.LaunchedAt):
		return s.Schedule.Start
	default:
		return *s.LaunchedAt
	}
}

// notices say why a campaign stands still.
func (v *visit) notices(s subject) []notice {
	var all []notice
	if s.Status == campaigns.Paused && s.PausedBecause != "" {
		n := notice{Tone: "warn", Icon: "PAUSED", Text: v.locale.T("campaign.paused_because", "reason", v.locale.because(s.PausedBecause))}
		switch {
		case s.position.Exhausted:
			n.Links = v.budgetLink(s)
		case s.PausedBecause == campaigns.ReasonFundsExhausted:
			n.Text = v.locale.T("campaign.paused_funds")
			n.Links = []link{{Label: v.locale.T("billing.title"), URL: "/billing"}}
		}
		all = append(all, n)
	}
	if s.LaunchFailure != nil && s.Status == campaigns.Scheduled {
		all = append(all, notice{Tone: "bad", Icon: "HIGH", Text: v.locale.T("needs.launch_failed"), Links: v.setupLink(s)})
	}
	if s.Final != nil {
		text := v.locale.T("campaign.outcome", "score", v.locale.Percent(int64(s.Final.SuccessScore*money.Unit), 0), "spend", v.locale.Money(s.Final.TotalSpend.Micros, s.code()))
		if s.Final.ROI != nil {
			text += " " + v.locale.T("campaign.outcome.roi", "roi", v.locale.Percent(int64(*s.Final.ROI*money.Unit), 0))
		}
		all = append(all, notice{Icon: "COMPLETED", Text: text})
	}
	return all
}

// because translates the reasons that the service itself gives.
func (l *locale) because(reason string) string {
	if percent, ok := strings.CutPrefix(reason, "BUDGET_THRESHOLD_"); ok {
		return l.T("because.threshold", "percent", percent)
	}
	return l.Or("because.", reason, reason)
}

// facts is the line under a campaign's name.
func (l *locale) facts(s subject) []string {
	facts := []string{l.T("objective." + string(s.Objective)), l.channels(s.Channels)}
	switch {
	case s.CompletedAt != nil:
		facts = append(facts, l.T("campaign.ended", "time", l.Stamp(s.CompletedAt.In(s.zone))))
	case s.Schedule == nil:
		facts = append(facts, l.T("campaign.unscheduled"))
	case s.Status == campaigns.Scheduled:
		facts = append(facts, l.T("campaign.starts", "time", l.Stamp(s.Schedule.Start.In(s.zone))))
	default:
		facts = append(facts, l.T("campaign.ends", "time", l.Stamp(s.Schedule.End.In(s.zone))))
	}
	return append(facts, l.T("campaign.zone", "zone", s.Timezone))
}

// aim is whom the campaign is for, in a sentence.
func (l *locale) aim(s subject) string {
	if s.Targeting == nil {
		return l.T("campaign.no_targeting")
	}
	return l.namedInterests(*s.Targeting).SentenceFor(l.Lang, spelled{l})
}

// aim is the sentence with the partner's audiences by their names.
func (v *visit) aim(s subject) string {
	if s.Targeting != nil {
		named := v.namedAudiences(s.Partner, *s.Targeting)
		s.Targeting = &named
	}
	return v.locale.aim(s)
}

// namedAudiences puts names in the place of the ids of audiences that are kept
// here; what is none of them stays as it is.
func (v *visit) namedAudiences(partner uuid.UUID, t targeting.Configuration) targeting.Configuration {
	return t.Called(func(id uuid.UUID) (string, bool) {
		a, err := v.d.Audiences.Get(v.r.Context(), partner, id)
		return a.Name, err == nil
	})
}

// namedInterests puts names in the place of the taxonomy's ids.
func (l *locale) namedInterests(t targeting.Configuration) targeting.Configuration {
	names := make([]string, len(t.Interests))
	for i, id := range t.Interests {
		names[i] = l.interestName(id)
	}
	t.Interests = names
	return t
}

func (l *locale) creatives(s campaigns.State) []creative {
	all := make([]creative, 0, len(s.Creatives))
	for _, c := range s.Creatives {
		all = append(all, creative{Name: c.Name, Format: l.Or("format.", c.Format, c.Format), Channel: l.Channel(c.Channel), URL: c.URL})
	}
	return all
}

// goals are the targets with how far each is reached, live or final.
func (l *locale) goals(s subject) goalsCard {
	card := goalsCard{}
	sum := int64(0)
	for _, target := range s.Goals.Targets {
		g := l.newGoal(s.figure(string(target.Metric)), targetFigure(target, s.code()))
		sum += min(money.Unit, g.reached())
		card.Goals = append(card.Goals, g)
	}
	if n := int64(len(card.Goals)); n > 0 && s.LaunchedAt != nil {
		card.Score, card.ScoreKnown = l.Percent(sum/n, 0), true
	}
	return card
}

// budgetCard draws the budget: what is settled, the thresholds on the bar, and
// what was delivered beyond the limit, for which the bar makes room.
func (v *visit) budgetCard(s subject, entry *budgetEntry) budgetCard {
	p, l := s.position, v.locale
	scale := max(p.Limit.Micros, 1)
	if p.Reported.Micros > scale {
		scale = p.Reported.Micros + p.Reported.Micros/10 // room for what is still to be reported
	}
	part := share(p.Reported.Micros, p.Limit.Micros)
	c := budgetCard{
		Kind: "total", URL: s.href() + "/budget", Tone: spendTone(part), Scale: money.FormatMicros(scale),
		Limit: known("limit", p.Limit.Micros, s.code()), Settled: known("spend", p.Reported.Micros, s.code()), Available: known("available", p.Available.Micros, s.code()),
		Overdelivery: known("overdelivery", p.Overdelivery.Micros, s.code()), Over: p.Overdelivery.IsPositive(),
		FillWidth: share(min(p.Reported.Micros, p.Limit.Micros), scale) / 10_000, LimitAt: share(p.Limit.Micros, scale) / 10_000,
		OverWidth: max(1, share(p.Overdelivery.Micros, scale)/10_000),
		Label:     l.spendMeter(s).Label,
	}
	c.Pacing = s.pacing(l)
	c.Marks = l.marks(p, scale)
	if s.budget == nil {
		return c
	}
	state := s.budget.State()
	c.Kind, c.AutoPause, c.Revision = string(state.Kind), state.AutoPause, state.Revision
	if state.Kind == budgets.KindTotal {
		c.Campaign = s.ID.String() // its bar follows the campaign's spend as it is reported
	}
	c.Ledger, c.Reserved = "/ledger?campaign="+s.ID.String(), known("spend", p.Reserved.Micros, s.code())
	if held, err := v.held(s); err == nil { // the card without the list is better than no card
		c.Held = held
	}
	c.Editable = v.who.Can(partners.ActionWriteBudgets) && !s.Status.Over()
	c.Entered, c.Open, c.Thresholds = p.Limit.Amount(), v.r.FormValue("edit") == "budget", percents(state.Thresholds)
	if entry != nil {
		entry.show(&c)
	}
	return c
}

// marks places the thresholds; where two would run into each other, every other
// one is written below the bar.
func (l *locale) marks(p budgets.Position, scale int64) []mark {
	marks := make([]mark, 0, len(p.Thresholds))
	for i, t := range p.Thresholds {
		at := share(p.Limit.Micros, scale) / 10_000 * int64(t.Percent) / 100
		m := mark{Percent: t.Percent, At: at, Text: l.Percent(int64(t.Percent)*10_000, 0), Fired: t.FiredAt != nil, Anchor: "middle"}
		if i > 0 && at-marks[i-1].At < 18 {
			m.Low = !marks[i-1].Low
		}
		if at > 94 {
			m.Anchor = "end"
		}
		marks = append(marks, m)
	}
	return marks
}

// steps are what the chart can be grouped by.
var steps = []string{"minute", "hour", "day"}

// chartStep is what shows a campaign's course best at first. What an ad platform
// reports is of an hour: among minutes each would look like a spike. Its days may
// go back to before the launch here, to the start of the flight.
func (v *visit) chartStep(s subject) (string, error) {
	placed, err := v.d.Platforms.PlacementsOf(v.r.Context(), s.Partner, platforms.Whose{Campaign: s.ID})
	if err != nil {
		return "", err
	}
	ran := time.Duration(0)
	if s.LaunchedAt != nil {
		ran = v.now.Sub(*s.LaunchedAt)
	}
	if len(placed) > 0 && s.Schedule != nil {
		ran = max(ran, v.now.Sub(s.Schedule.Start))
	}
	switch {
	case ran >= 3*24*time.Hour:
		return "day", nil
	case ran >= 3*time.Hour || len(placed) > 0:
		return "hour", nil
	}
	return "minute", nil
}

func isStep(step string) bool { return slices.Contains(steps, step) }
