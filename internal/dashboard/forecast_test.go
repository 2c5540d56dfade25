package dashboard

import (
	"testing"

	"golang.org/x/text/language"

	"github.com/hexabuilders/campaignd/optimization/predict"
)

func TestWhatMightBeIsReadAsOnePlan(t *testing.T) {
	l := mustLocale(t, language.LatinAmericanSpanish)
	for _, c := range []struct {
		in   whatIf
		want predict.Question
		says string
	}{
		{whatIf{}, predict.Question{}, ""},
		{whatIf{Budget: "1.150,5"}, predict.Question{DailyBudget: "1150.50"}, ""},
		{whatIf{Bid: "0,75"}, predict.Question{Bid: "0.75"}, ""},
		{whatIf{Bid: "0"}, predict.Question{}, "analysis.whatif.number"},
		{whatIf{Budget: "mucho"}, predict.Question{}, "analysis.whatif.number"},
		{whatIf{Budget: "10", Bid: "1"}, predict.Question{DailyBudget: "10.00", Bid: "1.00"}, "analysis.whatif.one"},
	} {
		w, q, says := c.in, predict.Question{}, ""
		w.plan(l, &q)
		if c.says != "" {
			says = l.T(c.says)
		}
		if q != c.want || w.Problem != says {
			t.Errorf("%+v: %+v, %q", c.in, q, w.Problem)
		}
	}
}

func TestAPlannedBidIsAskedForOnThePage(t *testing.T) {
	w := newWorld(t)
	running, _ := w.busy()
	_, body, _ := w.get("/campaigns/"+running.ID.String()+"/analysis?daily_budget=10&bid=1", w.session("analyst"), "en")
	has(t, body, "one plan is answered at a time", `name="daily_budget"`)
}
