package dashboard

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization"
	"github.com/hexabuilders/campaignd/partners"
)

// decidedLine is what came of one of several suggestions.
type decidedLine struct {
	Why, Said  string
	Tone, Icon string
}

// together offers several to be chosen where there are several.
func (p *suggestionsPage) together(to string) {
	if p.MayAct && len(p.Open) > 1 {
		p.Together = to
	}
}

// decideSelected applies or dismisses each of the suggestions that were chosen on
// the page of all.
func (v *visit) decideSelected() error {
	return v.decideTogether(optimization.Query{Limit: 200}, func(status int, refused *problem, decided []decidedLine) error {
		return v.suggestionsWith(status, refused, nil, decided...)
	})
}

// decideSelectedOf does so on a campaign's page.
func (v *visit) decideSelectedOf() error {
	s, err := v.one()
	if err != nil {
		return err
	}
	return v.decideTogether(optimization.Query{Campaign: s.ID, Limit: 200}, func(status int, refused *problem, decided []decidedLine) error {
		return v.campaignSuggestionsWith(status, refused, decided...)
	})
}

// decideTogether decides each of those that were chosen by itself, and shows what
// came of each.
func (v *visit) decideTogether(among optimization.Query, show func(int, *problem, []decidedLine) error) error {
	if err := v.who.Require(partners.ActionOptimize); err != nil {
		return err
	}
	action := v.r.PostFormValue("action")
	if action != "apply" && action != "dismiss" {
		return errNoPage
	}
	items, _, err := v.d.Optimizer.List(v.r.Context(), v.scope(), among)
	if err != nil {
		return err
	}
	chosen := v.r.PostForm["id"]
	if len(chosen) == 0 {
		return show(http.StatusUnprocessableEntity, &problem{Title: v.locale.T("optimizer.bulk.none")}, nil)
	}
	why := map[string]string{}
	for _, x := range items {
		why[x.State().ID.String()] = x.State().Why(v.locale.reader())
	}
	var lines []decidedLine
	for _, id := range chosen {
		line, err := v.decideOne(action, id)
		if err != nil {
			return err
		}
		line.Why = why[id]
		lines = append(lines, line)
	}
	return show(http.StatusOK, nil, lines)
}

// decideOne is what came of one. What the services refuse is said beside it and
// does not stop the others.
func (v *visit) decideOne(action, text string) (decidedLine, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return decidedLine{}, optimization.ErrNotFound
	}
	done := "done.optimizer_dismiss"
	if action == "apply" {
		done = "done.optimizer_apply"
		_, err = v.d.Optimizer.Apply(v.r.Context(), v.by(), id, optimization.Parameters{}, optimization.Options{})
	} else {
		_, err = v.d.Optimizer.Dismiss(v.r.Context(), v.by(), id, "", optimization.Options{})
	}
	if err == nil {
		return decidedLine{Said: v.locale.T(done), Tone: "good", Icon: "ok"}, nil
	}
	_, refused, _ := v.refusal(err)
	if refused == nil {
		return decidedLine{}, err
	}
	said := v.locale.T("optimizer.bulk.refused", "why", refused.Title)
	if refused.Fix != "" {
		said += " " + refused.Fix
	}
	return decidedLine{Said: said, Tone: "warn", Icon: "MEDIUM"}, nil
}

// decideSuggestion applies, dismisses or rolls back one.
func (v *visit) decideSuggestion() error {
	if err := v.who.Require(partners.ActionOptimize); err != nil {
		return err
	}
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		return optimization.ErrNotFound
	}
	ctx, by, o, action := v.r.Context(), v.by(), optimization.Options{Revision: v.revision()}, v.r.PathValue("action")
	switch action {
	case "apply":
		var p optimization.Parameters
		if p, err = v.preferred(); err == nil {
			_, err = v.d.Optimizer.Apply(ctx, by, id, p, o)
		}
	case "dismiss":
		_, err = v.d.Optimizer.Dismiss(ctx, by, id, v.r.PostFormValue("reason"), o)
	case "rollback":
		o.Revision = 0 // a watch that has looked again must not stop it
		_, err = v.d.Optimizer.RollBack(ctx, by, id, v.r.PostFormValue("reason"), o)
	default:
		return errNoPage
	}
	back := v.r.PostFormValue("from")
	if back != "/suggestions" && (!strings.HasPrefix(back, "/campaigns/") || !strings.HasSuffix(back, "/suggestions")) {
		back = "/suggestions"
	}
	if err == nil {
		return v.done(back, "optimizer_"+action)
	}
	status, refused, wrong := v.refusal(err)
	if refused == nil {
		return err
	}
	return v.suggestionsWith(status, refused, wrong)
}

// preferred is what was set otherwise in the form of a suggestion.
func (v *visit) preferred() (p optimization.Parameters, err error) {
	for name, into := range map[string]**money.Money{"amount": &p.Amount, "bid": &p.Bid} {
		text := strings.TrimSpace(v.r.PostFormValue(name))
		if text == "" {
			continue
		}
		micros, err := v.locale.parseDecimal(text)
		if err != nil {
			return p, notANumber("parameters." + name)
		}
		m := money.New(micros, money.Currency(v.r.PostFormValue("currency")))
		*into = &m
	}
	return p, nil
}
