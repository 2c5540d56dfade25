package dashboard

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/study"
)

// lookalikeCard is what a lookalike audience rests on.
type lookalikeCard struct {
	State, Tone, Icon string
	Lead, AUC, Range  string
	Lift              string
	Curve             []liftRow
	Features          []pair
	Seed              string // the address of its audience
	Failed, Busy      bool
}

// liftRow is a point of the lift curve.
type liftRow struct {
	Share, Lift, Found string
	Width              int64 // of the part that is found, in percent
	Cut                bool  // where this audience ends
}

// lookalikeCard is nil for an audience that is no lookalike.
func (v *visit) lookalikeCard(a audience.State) (*lookalikeCard, error) {
	if a.Kind != audience.Lookalike {
		return nil, nil
	}
	s, err := v.d.Studies.Get(v.r.Context(), v.scope(), a.ID, study.Lookalike)
	if errors.Is(err, study.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	l := v.locale
	c := &lookalikeCard{State: l.T("study." + string(s.Status)), Tone: "quiet", Icon: "clock", Lead: l.T("lookalike.stage." + s.Progress.Stage), Seed: "/audiences/" + s.Audience.String(),
		Busy: s.FinishedAt == nil}
	if s.Problem != nil {
		c.Tone, c.Icon, c.Failed, c.Lead = "bad", "CRITICAL", true, l.Or("refusal.", s.Problem.Code, s.Problem.Detail)
	}
	if m := s.Alike; m != nil {
		auc := m.Held.AUC
		c.Tone, c.Icon = "good", "ok"
		c.Lead = l.T("lookalike.lead", "selected", l.Count(m.Selected), "rest", l.Count(m.Rest), "seed", l.Count(m.SeedSize))
		c.AUC, c.Range = l.Fixed(shareOf(auc.Value), 3), l.T("lookalike.range", "low", l.Fixed(shareOf(auc.Low), 3), "high", l.Fixed(shareOf(auc.High), 3))
		c.Curve, c.Lift = l.liftCurve(m)
		for _, f := range m.Features[:min(len(m.Features), 5)] {
			c.Features = append(c.Features, pair{Label: l.Or("attribute.", f.Name, f.Name), Value: l.T("lookalike.drop", "drop", l.Fixed(shareOf(max(f.Drop, 0)), 3))})
		}
	}
	return c, nil
}

// liftCurve is the lift at each share that is told, and the sentence of the one
// at which the audience is cut.
func (l *locale) liftCurve(m *study.Alike) (curve []liftRow, sentence string) {
	for _, point := range m.Held.Lift {
		row := liftRow{
			Share: l.Percent(shareOf(point.Share), 0), Lift: l.Fixed(shareOf(point.Lift), 1),
			Found: l.Percent(shareOf(point.Found), 0), Width: int64(100*point.Found + 0.5),
		}
		if sentence == "" && point.Share >= m.Percent/100 {
			row.Cut, sentence = true, l.T("lookalike.lift", "share", row.Share, "lift", row.Lift)
		}
		curve = append(curve, row)
	}
	return curve, sentence
}

// lookLike asks for an audience of people like this one's.
func (v *visit) lookLike() error {
	if err := v.who.Require(partners.ActionWriteCampaigns); err != nil {
		return err
	}
	s, err := v.audienceOf()
	if err != nil {
		return err
	}
	percent, err := strconv.ParseFloat(v.r.PostFormValue("ratio"), 64)
	if err != nil {
		percent = 0
	}
	_, made, err := v.d.Studies.LookLike(v.r.Context(), v.by(), study.NewLookalike{Seed: s.ID, Percent: percent})
	if err != nil {
		status, refused, wrong := v.refusal(err)
		if refused == nil {
			return err
		}
		refused.Rest = wrong.rest()
		return v.audienceWith(status, refused)
	}
	return v.done("/audiences/"+made.ID.String(), "lookalike")
}

// ratios are the sizes that the form offers, in percent.
var ratios = []int{1, 2, 5, 10, 20}

func (v *visit) mayLookLike(s audience.State) bool {
	return v.who.Can(partners.ActionWriteCampaigns) && s.Size >= study.MinSeed && s.Kind != audience.Lookalike && v.r.Method != http.MethodHead
}
