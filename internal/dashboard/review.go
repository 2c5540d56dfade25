package dashboard

import (
	"github.com/hexabuilders/campaignd/optimization"
)

// reviewRow is how one area of a campaign stands.
type reviewRow struct{ Area, Icon, Tone, Standing, Text, Sample string }

// standingLooks are the icon and the tone of a standing.
var standingLooks = map[optimization.Standing][2]string{
	optimization.Fine: {"ok", "good"}, optimization.Attention: {"HIGH", "bad"}, optimization.TooLittle: {"clock", "neutral"}, optimization.NoGoal: {"todo", "neutral"},
}

func (v *visit) addReview(p *analysisPage, s subject) error {
	found, err := v.d.Optimizer.Review(v.r.Context(), s.Partner, s.ID)
	if err != nil {
		return err
	}
	l := v.locale
	for _, a := range found.Areas {
		look := standingLooks[a.Standing]
		row := reviewRow{
			Area: l.T("review.area." + string(a.Area)), Icon: look[0], Tone: look[1], Standing: l.T("review.standing." + string(a.Standing)),
			Text: a.Say(l.reader(), found.Currency),
		}
		if a.Standing != optimization.TooLittle { // whose sentence says it
			row.Sample = l.T("review.sample", "sample", l.Count(a.Sample), "of", l.T("review.of."+a.Of), "minimum", l.Count(a.Minimum))
		}
		p.Review = append(p.Review, row)
	}
	return nil
}
