package dashboard

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/optimization"
	"github.com/hexabuilders/campaignd/partners"
)

// decidedLine is what came of one of several suggestions.
type decidedLine struct {
	Why, Said  string
	Tone, Icon string
}

// decideSelected applies or dismisses each of the suggestions that were chosen, by
// itself, and shows what came of each.
func (v *visit) decideSelected() error {
	if err := v.who.Require(partners.ActionOptimize); err != nil {
		return err
	}
	action := v.r.PostFormValue("action")
	if action != "apply" && action != "dismiss" {
		return errNoPage
	}
	items, _, err := v.d.Optimizer.List(v.r.Context(), v.scope(), optimization.Query{Limit: 200})
	if err != nil {
		return err
	}
	chosen := v.r.PostForm["id"]
	if len(chosen) == 0 {
		return v.suggestionsWith(http.StatusUnprocessableEntity, &problem{Title: v.locale.T("optimizer.bulk.none")}, nil)
	}
	why := map[string]string{}
	for _, x := range items {
		why[x.State().ID.String()] = optimization.Why(x.State().Finding, v.locale.Lang)
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
	return v.suggestionsWith(http.StatusOK, nil, nil, lines...)
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
