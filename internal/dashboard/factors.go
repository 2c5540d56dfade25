package dashboard

import (
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/reach"
)

type factorsPage struct {
	Problem     *problem
	Own         []factorRow
	Defaults    []factorRow
	Source      string // of the defaults
	Fields      []field
	Revision    int64
	May         bool
	Calibration *calibrationCard
}

// factorRow is a share that estimates rest on.
type factorRow struct {
	Criterion, Value, By, Name, Share, Range, Source string
}

func (v *visit) factors() error { return v.factorsWith(http.StatusOK, nil, nil) }

func (v *visit) factorsWith(status int, refused *problem, wrong *mistakes) error {
	own, err := v.d.Reach.OwnFactors(v.r.Context(), v.scope())
	if err != nil {
		return err
	}
	f := form{v.locale, func(name string) []string { return v.r.Form[name] }, wrong}
	var settable []string
	for _, by := range reach.Settable() {
		settable = append(settable, string(by))
	}
	source := f.input("factor_source", "factors[0].source").whole()
	source.Max = 300
	p := factorsPage{
		Problem: refused, Revision: own.Revision, May: v.who.Can(partners.ActionWriteCampaigns), Own: v.factorRows(own.Factors),
		Fields: []field{
			f.choose("factor_criterion", "select", false, settable, f.named("reach.factor."), "factors[0].criterion"),
			f.input("factor_value", "factors[0].value"),
			f.input("factor_share", "factors[0].share").decimal(), f.input("factor_low", "factors[0].low").decimal(), f.input("factor_high", "factors[0].high").decimal(),
			source,
		},
	}
	defaults := v.d.Reach.DefaultFactors()
	p.Defaults = v.factorRows(defaults)
	if len(defaults) > 0 {
		p.Source = p.Defaults[0].Source
	}
	for i, row := range p.Defaults {
		if row.Source == p.Source {
			p.Defaults[i].Source = ""
		}
	}
	if p.Calibration, err = v.calibration(); err != nil {
		return err
	}
	return v.page(status, "factors", v.locale.T("factors.title"), "audiences", p)
}

// sourceOf is what a share rests on: what comes with the product in the
// reader's language, the rest as somebody wrote it.
func (l *locale) sourceOf(text string) string {
	if text == reach.Standard().Source {
		return l.T("factors.planning")
	}
	return reach.In(l.Lang, text)
}

func (v *visit) factorRows(all []reach.Assumed) []factorRow {
	l := v.locale
	rows := make([]factorRow, len(all))
	percent := func(share float64) string { return l.Percent(int64(math.Round(share*money.Unit)), 1) }
	for i, a := range all {
		rows[i] = factorRow{
			Criterion: string(a.Criterion), Value: a.Value, By: l.Or("reach.factor.", string(a.Criterion), string(a.Criterion)),
			Name:  l.Or("factors.value.", a.Value, capital(a.Criterion.Called(a.Value, l.Lang))),
			Share: percent(a.Mid), Range: l.T("factors.range", "low", percent(a.Low), "high", percent(a.High)), Source: l.sourceOf(a.Source),
		}
	}
	return rows
}

// saveFactor sets one share, or takes it away.
func (v *visit) saveFactor() error {
	if err := v.who.Require(partners.ActionWriteCampaigns); err != nil {
		return err
	}
	own, err := v.d.Reach.OwnFactors(v.r.Context(), v.scope())
	if err != nil {
		return err
	}
	entered := reach.Assumed{Criterion: targeting.Criterion(v.r.PostFormValue("factor_criterion")), Value: v.r.PostFormValue("factor_value"), Source: v.r.PostFormValue("factor_source")}
	rest := slices.DeleteFunc(own.Factors, func(a reach.Assumed) bool { return a.Criterion == entered.Criterion && a.Value == entered.Value })
	what := "factor_removed"
	if v.r.PostFormValue("remove") == "" {
		what = "factor"
		if entered.Share, err = v.enteredShare(); err == nil {
			rest = slices.Insert(rest, 0, entered)
		}
	}
	if err == nil {
		_, err = v.d.Reach.SetFactors(v.r.Context(), v.by(), v.revision(), rest, false)
	}
	if err != nil {
		status, refused, wrong := v.refusal(err)
		if refused == nil {
			return err
		}
		return v.factorsWith(status, refused, wrong)
	}
	return v.done("/audiences/factors", what)
}

// enteredShare reads percents.
func (v *visit) enteredShare() (reach.Share, error) {
	var s reach.Share
	for name, into := range map[string]*float64{"share": &s.Mid, "low": &s.Low, "high": &s.High} {
		micros, err := v.locale.parseDecimal(v.r.PostFormValue("factor_" + name))
		if err != nil {
			return s, fault.ErrInvalid.WithFields(fault.Field{Path: "factors[0]." + name, Code: "not_a_number"})
		}
		*into = float64(micros) / money.Unit / 100
	}
	return s, nil
}

// calibrationCard is how past estimates have stood up.
type calibrationCard struct {
	Said    string
	Lessons []string // what estimates are corrected by
	Rows    []calibratedRow
}

type calibratedRow struct {
	ID, Name, Estimated, Implied, Verdict, Tone, Icon string
	Reached                                           int64
}

// verdictMarks are the tone and the sign of each verdict.
var verdictMarks = map[reach.Verdict][2]string{
	reach.Inside: {"good", "ok"}, reach.Above: {"warn", "up"}, reach.Below: {"warn", "down"}, reach.Open: {"quiet", "clock"},
}

// calibration is nil before anything was reached.
func (v *visit) calibration() (*calibrationCard, error) {
	c, err := v.d.Reach.Calibration(v.r.Context(), v.scope())
	if err != nil || len(c.Campaigns) == 0 {
		return nil, err
	}
	l := v.locale
	card := &calibrationCard{Said: l.calibrated(c)}
	for _, learned := range c.Lessons {
		card.Lessons = append(card.Lessons, l.lesson(learned))
	}
	for _, one := range c.Campaigns {
		row := calibratedRow{
			ID: one.Campaign.String(), Name: one.Name, Reached: one.Reached, Verdict: l.T("calibration." + string(one.Verdict)), Implied: "–",
			Estimated: l.T("reach.range", "low", l.Count(about(one.Low)), "high", l.Count(about(one.High))),
			Tone:      verdictMarks[one.Verdict][0], Icon: verdictMarks[one.Verdict][1],
		}
		if one.Implied > 0 {
			row.Implied = l.Count(about(one.Implied))
		}
		card.Rows = append(card.Rows, row)
	}
	return card, nil
}

// calibrated says in a sentence how the ranges have held.
func (l *locale) calibrated(c reach.Calibration) string {
	if c.Judged == 0 {
		return l.T("calibration.none")
	}
	return l.T("calibration.said", "inside", l.Count(int64(c.Inside)), "judged", l.Count(int64(c.Judged)), "meant", l.Percent(int64(reach.Meant*money.Unit), 0))
}

// lesson says what estimates of one kind are corrected by.
func (l *locale) lesson(learned reach.Lesson) string {
	on := l.T("calibration.no_network")
	if len(learned.Networks) > 0 {
		names := make([]string, len(learned.Networks))
		for i, n := range learned.Networks {
			names[i] = l.Or("term.", string(n), string(n))
		}
		on = strings.Join(names, ", ")
	}
	return l.T("calibration.lesson", "on", on, "factor", l.Fixed(shareOf(learned.Factor), 2), "n", l.Count(int64(learned.Campaigns)))
}
