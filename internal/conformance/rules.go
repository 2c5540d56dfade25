package conformance

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/rule"
)

// RuleStore is both ports of alert rules.
type RuleStore interface {
	rule.Store
	rule.Standings
}

// Rules holds a rule.Store and rule.Standings to their ports.
func Rules(t *testing.T, b Backend) {
	cases{
		"a rule is read as it was stored, and changed":         ruleStored,
		"a rule's id is taken once":                            ruleTaken,
		"another partner's rule is as a missing one":           foreignRule,
		"of two edits of one revision one wins":                ruleRace,
		"rules are listed by campaign and whether they are on": ruleList,
		"a partner has so many rules and no more":              ruleBound,
		"of judgements at once one fires":                      firedOnce,
		"an alert that ends makes room for the next":           endedAndBegun,
		"standings are found by rule, and those that fire":     standingsFound,
		"alerts are listed by rule, kind and severity":         ruleAlerts,
	}.run(t, b)
}

// ruled is a campaign with the service of rules over the backend.
type ruled struct {
	*matter
	rules *rule.Service
}

func (w world) ruled() *ruled {
	m := w.matter()
	return &ruled{m, rule.NewService(w.Backend.Rules, w.Backend.Rules, nil, nil, nil, []string{"SEARCH"}, w.Now)}
}

func (r *ruled) author() event.Origin { return event.Origin{Partner: r.campaign.Partner, ID: "suite"} }

func lowCTR() rule.Definition {
	return rule.New("CTR too low", rule.Condition{
		Metric: "ctr", Operator: rule.Below, Threshold: &rule.Quantity{Micros: 10_000, Unit: rule.Fraction},
	})
}

func (r *ruled) made(d rule.Definition) rule.State {
	r.Helper()
	made, err := r.rules.Create(r.Context(), r.author(), newID(), d, false)
	r.must(err)
	return made.State()
}

func ruleStored(w world) {
	r := w.ruled()
	want := r.made(lowCTR())
	got, err := r.rules.Get(r.Context(), r.author(), want.ID)
	r.must(err)
	if diff := cmp.Diff(want, got.State()); diff != "" {
		r.Error(diff)
	}
	off := false
	changed, err := r.rules.Patch(r.Context(), r.author(), want.ID, want.Revision, rule.Patch{Enabled: &off}, false)
	r.must(err)
	got, err = r.rules.Get(r.Context(), event.Origin{}, want.ID) // an administrator
	r.must(err)
	if diff := cmp.Diff(changed.State(), got.State()); diff != "" {
		r.Error(diff)
	}
	r.is(r.rules.Delete(r.Context(), r.author(), want.ID, want.Revision, false), rule.ErrStale)
	r.must(r.rules.Delete(r.Context(), r.author(), want.ID, 0, false))
	r.is(r.rules.Delete(r.Context(), r.author(), want.ID, 0, false), rule.ErrNotFound)
	r.sawOnly(want.Partner, "partner.created", "alert_rule.created", "alert_rule.changed", "alert_rule.deleted")
}

func ruleTaken(w world) {
	r := w.ruled()
	first := r.made(lowCTR())
	_, err := r.rules.Create(r.Context(), r.author(), first.ID, lowCTR(), false)
	r.is(err, rule.ErrExists)
	_, err = r.rules.Create(r.Context(), r.author(), newID(), lowCTR(), true) // only checked
	r.must(err)
	r.sawOnly(first.Partner, "partner.created", "alert_rule.created")
}

func foreignRule(w world) {
	r, other := w.ruled(), w.ruled()
	theirs := r.made(lowCTR())
	_, err := other.rules.Get(w.Context(), other.author(), theirs.ID)
	w.is(err, rule.ErrNotFound)
	_, err = other.rules.Patch(w.Context(), other.author(), theirs.ID, 0, rule.Patch{}, false)
	w.is(err, rule.ErrNotFound)
	w.is(other.rules.Delete(w.Context(), other.author(), theirs.ID, 0, false), rule.ErrNotFound)
	_, err = w.Backend.Rules.Remove(w.Context(), other.campaign.Partner, theirs.ID, 0, func(*rule.Rule) error { w.Error("called"); return nil })
	w.is(err, rule.ErrNotFound)
	items, _, err := other.rules.List(w.Context(), other.author(), rule.Query{})
	w.must(err)
	w.equal("listed", len(items), 0)
}

func ruleRace(w world) {
	r := w.ruled()
	made := r.made(lowCTR())
	results := together(6, func(i int) error {
		cooldown := i
		_, err := r.rules.Patch(w.Context(), r.author(), made.ID, made.Revision, rule.Patch{Cooldown: &cooldown}, false)
		return err
	})
	w.equal("edits that won", w.tally(results, nil, rule.ErrStale), 1)
}

func ruleList(w world) {
	r := w.ruled()
	named := lowCTR()
	named.Scope.Campaigns = []uuid.UUID{r.campaign.Campaign}
	off := lowCTR()
	off.Enabled = false
	for _, d := range []rule.Definition{named, off, lowCTR(), lowCTR()} {
		made, err := r.rules.Create(r.Context(), r.author(), newID(), withoutScope(d), false)
		r.must(err)
		if len(d.Scope.Campaigns) > 0 { // the suite has no campaigns to check the scope against
			_, err = w.Backend.Rules.Update(r.Context(), made.State().Partner, made.State().ID, 0, func(x *rule.Rule) error {
				s := x.State()
				s.Scope, s.Revision = d.Scope, s.Revision+1
				*x = *rule.Restore(s)
				return nil
			})
			r.must(err)
		}
	}
	count := func(q rule.Query) int {
		return len(pages(w, func(cursor string) ([]*rule.Rule, string, error) {
			q.Limit, q.Cursor = 2, cursor
			return r.rules.List(w.Context(), r.author(), q)
		}, func() {}))
	}
	on := true
	w.equal("all", count(rule.Query{}), 4)
	w.equal("enabled", count(rule.Query{Enabled: &on}), 3)
	w.equal("of the campaign", count(rule.Query{Campaign: r.campaign.Campaign}), 4)
	w.equal("of another", count(rule.Query{Campaign: newID()}), 3)
	watched, err := w.Backend.Rules.Watched(w.Context(), []rule.Metric{"ctr"})
	w.must(err)
	found := 0
	for _, p := range watched {
		if p == r.campaign.Partner {
			found++
		}
	}
	w.equal("watched", found, 1)
}

func withoutScope(d rule.Definition) rule.Definition {
	d.Scope = rule.Scope{}
	return d
}

func ruleBound(w world) {
	r := w.ruled()
	for range rule.MaxRules {
		r.made(lowCTR())
	}
	_, err := r.rules.Create(r.Context(), r.author(), newID(), lowCTR(), false)
	r.is(err, rule.ErrTooMany)
}

// fire decides as the engine does: once, when nothing has been decided.
func (r *ruled) fire(of rule.State, at time.Time) (bool, error) {
	fired := false
	_, err := r.Backend.Rules.Decide(r.Context(), rule.Standing{Partner: of.Partner, Rule: of.ID, Campaign: r.campaign.Campaign},
		func(s rule.Standing, open *performance.Alert) rule.Decision {
			fired = false
			if !at.After(s.Moment) {
				return rule.Decision{Standing: s}
			}
			d := rule.Decision{Standing: s}
			if open != nil {
				open.Resolve(r.author(), at, rule.NotePeriodOver)
				d.Ended = open
			}
			fired = true
			d.Standing.Revision, d.Standing.Side, d.Standing.Moment, d.Standing.FiredAt = 1, rule.Crossed, at, at
			d.Standing.Alert = rule.AlertID(at, of.ID, r.campaign.Campaign)
			cause := event.Event{ID: d.Standing.Alert, Partner: of.Partner, OccurredAt: at}
			d.Begun = performance.Raise(r.author(), at, cause, performance.Notice{
				Campaign: r.campaign.Campaign, Kind: performance.AlertRule, Subject: of.ID.String(), Rule: of.ID, Severity: of.Severity, Title: of.Name,
			})
			return d
		})
	return fired, err
}

func firedOnce(w world) {
	r := w.ruled()
	made, at := r.made(lowCTR()), w.now()
	fired := 0
	for _, x := range together(8, func(int) bool {
		ok, err := r.fire(made, at)
		if err != nil {
			w.Error(err)
		}
		return ok
	}) {
		if x {
			fired++
		}
	}
	w.equal("fired", fired, 1)
	w.equal("alerts", len(r.alerts(performance.AlertQuery{Rule: made.ID})), 1)
	w.sawOnly(made.Partner, "partner.created", "alert_rule.created", "alert.raised")
}

func endedAndBegun(w world) {
	r := w.ruled()
	made, at := r.made(lowCTR()), w.now()
	for i := range 3 {
		ok, err := r.fire(made, at.Add(time.Duration(i)*time.Minute))
		w.must(err)
		w.equal("fired", ok, true)
	}
	alerts := r.alerts(performance.AlertQuery{Rule: made.ID})
	w.equal("alerts", len(alerts), 3)
	w.equal("newest", alerts[0].State, performance.Firing)
	w.equal("note", alerts[1].Note, rule.NotePeriodOver)
	w.sawOnly(made.Partner, "partner.created", "alert_rule.created", "alert.raised",
		"alert.resolved", "alert.raised", "alert.resolved", "alert.raised")
}

func standingsFound(w world) {
	r, other := w.ruled(), w.ruled()
	made, theirs := r.made(lowCTR()), other.made(lowCTR())
	quiet := r.made(lowCTR())
	for _, f := range []func() (bool, error){
		func() (bool, error) { return r.fire(made, w.now()) }, func() (bool, error) { return other.fire(theirs, w.now()) },
	} {
		_, err := f()
		w.must(err)
	}
	found, err := w.Backend.Rules.Standings(w.Context(), made.Partner, uuid.Nil)
	w.must(err)
	w.equal("the partner's", len(found), 1)
	w.equal("rule", found[0].Rule, made.ID)
	w.equal("firing", found[0].Firing(), true)
	found, err = w.Backend.Rules.Standings(w.Context(), made.Partner, quiet.ID)
	w.must(err)
	w.equal("of a rule that is quiet", len(found), 0)
	seen := map[uuid.UUID]int{}
	for after := (rule.Standing{}); ; {
		page, err := w.Backend.Rules.Firing(w.Context(), after, 1)
		w.must(err)
		if len(page) == 0 {
			break
		}
		after = page[0]
		seen[after.Rule]++
	}
	w.equal("firing", seen[made.ID]+seen[theirs.ID], 2)
	w.must(w.Backend.Rules.Forget(w.Context(), theirs.Partner, made.ID)) // another partner's is left alone
	found, err = w.Backend.Rules.Standings(w.Context(), made.Partner, made.ID)
	w.must(err)
	w.equal("left", len(found), 1)
}

func ruleAlerts(w world) {
	r := w.ruled()
	made := r.made(lowCTR())
	_, err := r.fire(made, w.now())
	w.must(err)
	w.must(r.notify(r.cause(), "75"))
	w.equal("all", len(r.alerts(performance.AlertQuery{})), 2)
	w.equal("of the rule", len(r.alerts(performance.AlertQuery{Rule: made.ID})), 1)
	w.equal("of another rule", len(r.alerts(performance.AlertQuery{Rule: newID()})), 0)
	w.equal("of a kind", len(r.alerts(performance.AlertQuery{Kinds: []performance.AlertKind{performance.AlertRule}})), 1)
	w.equal("of a severity", len(r.alerts(performance.AlertQuery{Severities: []performance.Severity{performance.SeverityHigh}})), 1)
}
