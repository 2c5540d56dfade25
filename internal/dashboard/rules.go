package dashboard

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/rule"
)

// Rules is rule.Service.
type Rules interface {
	Create(ctx context.Context, by event.Origin, id uuid.UUID, d rule.Definition, validateOnly bool) (*rule.Rule, error)
	Get(ctx context.Context, by event.Origin, id uuid.UUID) (*rule.Rule, error)
	List(ctx context.Context, by event.Origin, q rule.Query) ([]*rule.Rule, string, error)
	Patch(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, p rule.Patch, validateOnly bool) (*rule.Rule, error)
	Delete(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, validateOnly bool) error
	Statuses(ctx context.Context, partner uuid.UUID, rules []*rule.Rule) (map[uuid.UUID]rule.Status, error)
	Preview(ctx context.Context, by event.Origin, d rule.Definition) (rule.Preview, error)
}

// suggestions are rules worth having, to be added in a click.
var suggestions = map[string]rule.Definition{
	"budget": suggested(performance.SeverityHigh, rule.Condition{Metric: rule.BudgetUsed, Operator: rule.AtLeast, Threshold: &rule.Quantity{Micros: 800_000, Unit: rule.Fraction}}),
	"quiet":  suggested(performance.SeverityHigh, rule.Condition{Metric: rule.NoImpressions, Operator: rule.AtLeast, Threshold: &rule.Quantity{Micros: 6_000_000, Unit: rule.Hours}}),
	"clicks": suggested(performance.SeverityMedium, rule.Condition{Metric: "ctr", Operator: rule.Below, Threshold: &rule.Quantity{Micros: 5_000, Unit: rule.Fraction}}),
}

var suggestionNames = []string{"budget", "quiet", "clicks"}

func suggested(s performance.Severity, c rule.Condition) rule.Definition {
	d := rule.New("", c)
	d.Severity = s
	return d
}

// rules lists them, and suggests some to who has none.
func (v *visit) rules() error {
	found, next, err := v.d.Rules.List(v.r.Context(), v.by(), rule.Query{Limit: rule.MaxRules, Cursor: v.r.FormValue("cursor")})
	if err != nil {
		return err
	}
	statuses, err := v.d.Rules.Statuses(v.r.Context(), v.scope(), found)
	if err != nil {
		return err
	}
	p := rulesPage{Live: v.partnerStream(), Found: v.locale.N("rules.found", len(found)), CanWrite: v.who.Can(partners.ActionWriteAlertRules)}
	if next != "" {
		p.Next = "?cursor=" + next
	}
	names := v.campaignNames(found)
	for _, r := range found {
		p.Rules = append(p.Rules, v.ruleRow(r.State(), statuses[r.State().ID], names))
	}
	for _, name := range suggestionNames {
		d := suggestions[name]
		if !slices.ContainsFunc(found, func(r *rule.Rule) bool { return r.State().Condition.Metric == d.Condition.Metric }) {
			p.Suggestions = append(p.Suggestions, suggestion{Name: name, Title: v.locale.T("suggest." + name), Says: v.locale.says(d.Condition), Why: v.locale.T("suggest." + name + ".why")})
		}
	}
	return v.page(http.StatusOK, "rules", v.locale.T("rules.title"), "alerts", p)
}

func (v *visit) ruleRow(r rule.State, s rule.Status, names map[string]string) ruleRow {
	row := ruleRow{
		ID: r.ID.String(), Name: r.Name, Severity: string(r.Severity), Status: s.Name, Says: v.locale.says(r.Condition),
		Terms: v.locale.terms(r.Definition, names), Enabled: r.Enabled, Revision: r.Revision,
	}
	switch {
	case s.Firing > 0:
		row.Note = v.locale.N("rule.firing", s.Firing)
	case s.Cooling > 0:
		row.Note = v.locale.N("rule.cooling", s.Cooling)
	}
	if s.LastFire != nil {
		row.LastFired = s.LastFire.In(v.now.Location())
	}
	return row
}

// campaignNames names the campaigns of rules that name one.
func (v *visit) campaignNames(rules []*rule.Rule) map[string]string {
	names := map[string]string{}
	for _, r := range rules {
		if ids := r.State().Scope.Campaigns; len(ids) == 1 {
			if c, err := v.d.Campaigns.Get(v.r.Context(), v.by(), ids[0]); err == nil {
				names[ids[0].String()] = c.State().Name
			}
		}
	}
	return names
}

// newRule shows the form, filled with what is usual; ?campaign= chooses one.
func (v *visit) newRule() error {
	if err := v.who.Require(partners.ActionWriteAlertRules); err != nil {
		return err
	}
	d := suggestions["clicks"]
	if id, err := uuid.Parse(v.r.FormValue("campaign")); err == nil {
		d.Scope.Campaigns = []uuid.UUID{id}
	}
	return v.ruleForm(http.StatusOK, rulePage{URL: "/alerts/rules/new", NewID: v.d.NewID().String()}, v.ruleValues(d), nil, nil)
}

func (v *visit) ruleForm(status int, p rulePage, value func(string) []string, refused *problem, wrong *mistakes) error {
	all, _, err := v.d.Campaigns.List(v.r.Context(), v.by(), campaigns.Query{Limit: 50})
	if err != nil {
		return err
	}
	states := make([]campaigns.State, 0, len(all))
	for _, c := range all {
		if s := c.State(); s.Status != campaigns.Completed && s.Status != campaigns.Cancelled || slices.Contains(value("campaigns"), s.ID.String()) {
			states = append(states, s)
		}
	}
	p.Fields = v.ruleSteps(form{l: v.locale, value: value, wrong: wrong}, states)
	p.Enabled, p.Metrics, p.Problem = at(value("enabled"), 0), v.locale.metricBook(), refused
	if refused != nil {
		refused.Rest = wrong.rest()
	}
	title := v.locale.T("rule.new")
	if p.ID != "" {
		title = v.locale.T("rule.edit")
	}
	p.Title = title
	return v.page(status, "rule", title, "alerts", p)
}

func (v *visit) posted() func(string) []string {
	return func(name string) []string { return v.r.PostForm[name] }
}

// createRule makes the rule, or says what it would have done.
func (v *visit) createRule() error {
	if err := v.who.Require(partners.ActionWriteAlertRules); err != nil {
		return err
	}
	id, err := uuid.Parse(v.r.PostFormValue("id"))
	if err != nil {
		id = v.d.NewID()
	}
	return v.saveRule(rulePage{URL: "/alerts/rules/new", NewID: id.String()}, func(d rule.Definition) error {
		_, err := v.d.Rules.Create(v.r.Context(), v.by(), id, d, false)
		if errors.Is(err, rule.ErrExists) {
			return nil // sent twice
		}
		return err
	})
}

// saveRule reads the form and saves it, or, when only a preview is asked for,
// shows the form with that.
func (v *visit) saveRule(p rulePage, save func(rule.Definition) error) error {
	if err := v.r.ParseForm(); err != nil {
		return err
	}
	d, wrong := v.readRule(v.posted())
	previewing := v.r.PostFormValue("preview") != ""
	err := wrong.Err()
	if err == nil && previewing {
		if d.Name == "" {
			d.Name = v.locale.T("rule.new") // a name is not needed to look
		}
		var seen rule.Preview
		if seen, err = v.d.Rules.Preview(v.r.Context(), v.by(), d); err == nil {
			p.Preview = v.preview(d, seen)
			return v.ruleForm(http.StatusOK, p, v.posted(), nil, nil)
		}
	}
	if err == nil {
		if err = save(d); err == nil {
			return v.done("/alerts/rules", "rule")
		}
	}
	status, refused, mistaken := v.refusal(err)
	if refused == nil {
		return err
	}
	if previewing && fault.KindOf(err) == fault.Invalid {
		p.Preview = &rulePreview{Headline: v.locale.T("rule.preview.invalid")}
	}
	return v.ruleForm(status, p, v.posted(), refused, mistaken)
}

// oneRule reads the rule that the address names.
func (v *visit) oneRule() (rule.State, error) {
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		return rule.State{}, errNoPage
	}
	r, err := v.d.Rules.Get(v.r.Context(), v.by(), id)
	if err != nil {
		return rule.State{}, err
	}
	return r.State(), nil
}

func (v *visit) rulePage(r rule.State) rulePage {
	return rulePage{ID: r.ID.String(), URL: "/alerts/rules/" + r.ID.String() + "/save", Revision: r.Revision}
}

// editRule shows a rule in its form.
func (v *visit) editRule() error {
	if err := v.who.Require(partners.ActionWriteAlertRules); err != nil {
		return err
	}
	r, err := v.oneRule()
	if err != nil {
		return err
	}
	return v.ruleForm(http.StatusOK, v.rulePage(r), v.ruleValues(r.Definition), nil, nil)
}

// changeRule saves it, unless somebody else has meanwhile.
func (v *visit) changeRule() error {
	if err := v.who.Require(partners.ActionWriteAlertRules); err != nil {
		return err
	}
	r, err := v.oneRule()
	if err != nil {
		return err
	}
	return v.saveRule(v.rulePage(r), func(d rule.Definition) error {
		d.Condition.Kinds, d.Condition.KPIs = r.Condition.Kinds, r.Condition.KPIs // the form does not show them
		_, err := v.d.Rules.Patch(v.r.Context(), v.by(), r.ID, v.revision(), rule.Patch{
			Name: &d.Name, Enabled: &d.Enabled, Severity: &d.Severity, Condition: &d.Condition, Window: &d.Window,
			MinimumSample: &d.MinimumSample, Scope: &d.Scope, Cooldown: &d.Cooldown, Hysteresis: &d.Hysteresis,
		}, false)
		return err
	})
}

// switchRule saves a rule, turns it on or off, or deletes it.
func (v *visit) switchRule() error {
	if v.r.PathValue("action") == "save" {
		return v.changeRule()
	}
	if err := v.who.Require(partners.ActionWriteAlertRules); err != nil {
		return err
	}
	r, err := v.oneRule()
	if err != nil {
		return err
	}
	what := v.r.PathValue("action")
	switch what {
	case "enable", "disable":
		on := what == "enable"
		_, err = v.d.Rules.Patch(v.r.Context(), v.by(), r.ID, 0, rule.Patch{Enabled: &on}, false)
	case "delete":
		err = v.d.Rules.Delete(v.r.Context(), v.by(), r.ID, 0, false)
	default:
		return errNoPage
	}
	if err != nil {
		return err
	}
	return v.done("/alerts/rules", "rule."+what)
}

// addSuggestion makes a suggested rule.
func (v *visit) addSuggestion() error {
	if err := v.who.Require(partners.ActionWriteAlertRules); err != nil {
		return err
	}
	d, ok := suggestions[v.r.PathValue("name")]
	if !ok {
		return errNoPage
	}
	d.Name = v.locale.T("suggest." + v.r.PathValue("name"))
	if _, err := v.d.Rules.Create(v.r.Context(), v.by(), v.d.NewID(), d, false); err != nil {
		return err
	}
	return v.done("/alerts/rules", "rule")
}

// shownFirings is how many of a preview the page lists.
const shownFirings = 8

// preview puts what a rule would have done in words.
func (v *visit) preview(d rule.Definition, p rule.Preview) *rulePreview {
	shown := &rulePreview{Headline: v.locale.N("rule.preview.fired", p.Fired), Campaigns: v.locale.N("rule.preview.campaigns", p.Campaigns)}
	if p.Fired == 0 {
		shown.Headline = v.locale.T("rule.preview.never")
	}
	for _, f := range p.Firings[:min(len(p.Firings), shownFirings)] {
		row := firingRow{At: f.FiredAt.In(v.now.Location()), Campaign: f.Name, Href: "/campaigns/" + f.Campaign.String(), Observed: v.locale.quantity(d.Condition.Metric, &f.Observed)}
		if f.EndedAt != nil {
			row.Ended = v.locale.T("rule.preview.until", "time", v.locale.Stamp(f.EndedAt.In(v.now.Location())))
		}
		shown.Firings = append(shown.Firings, row)
	}
	if more := p.Fired - len(shown.Firings); more > 0 {
		shown.Notes = append(shown.Notes, v.locale.N("rule.preview.more", more))
	}
	switch {
	case p.Facts == 0 && d.Condition.Metric != rule.Anomaly:
		shown.Notes = append(shown.Notes, v.locale.T("rule.preview.no_facts"))
	case p.Late*2 > p.Facts:
		shown.Notes = append(shown.Notes, v.locale.T("rule.preview.late"))
	}
	if p.LeftOut > 0 {
		shown.Notes = append(shown.Notes, v.locale.N("rule.preview.left_out", p.LeftOut))
	}
	if p.Truncated {
		shown.Notes = append(shown.Notes, v.locale.T("rule.preview.truncated"))
	}
	return shown
}
