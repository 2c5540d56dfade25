package dashboard

import (
	"github.com/hexabuilders/campaignd/optimization"
	"github.com/hexabuilders/campaignd/partners"
)

func (v *visit) autonomyCard(a optimization.Autonomy, wrong *mistakes) *autonomyCard {
	l := v.locale
	entered := func(name string) []string {
		return []string{l.Count(int64(map[string]int{"optimizer_step": a.MaxStep, "optimizer_cooldown": a.Cooldown}[name]))}
	}
	if wrong != nil {
		entered = func(name string) []string { return v.r.PostForm[name] }
	}
	f := form{l, entered, wrong}
	card := &autonomyCard{Revision: a.Revision, Fields: []field{
		f.input("optimizer_step", "max_step_percent").number(), f.input("optimizer_cooldown", "cooldown_hours").number(),
	}}
	for _, r := range a.Records {
		row := autonomyRow{Type: string(r.Type), Name: l.T("optimizer.type." + string(r.Type)), Trusted: r.Trusted()}
		for _, t := range a.Automatic {
			row.On = row.On || t == r.Type
		}
		row.Record = l.T("optimizer.record", "improved", l.Count(int64(r.Improved)), "worse", l.Count(int64(r.Worse)),
			"unclear", l.Count(int64(r.Inconclusive+r.Confounded)), "back", l.Count(int64(r.RolledBack)))
		card.Types = append(card.Types, row)
	}
	return card
}

// saveAutonomy sets what the optimiser may do by itself.
func (v *visit) saveAutonomy() error {
	return v.changeAutonomy("optimizer_settings", func(want *optimization.Settings) error {
		want.MaxStep, want.Cooldown = whole(v.r.PostFormValue("optimizer_step"), -1), whole(v.r.PostFormValue("optimizer_cooldown"), -1)
		want.Automatic = []optimization.Type{}
		for _, t := range v.r.PostForm["automatic"] {
			want.Automatic = append(want.Automatic, optimization.Type(t))
		}
		return nil
	})
}

// changeAutonomy sets the optimiser's settings to what they are after a change,
// or shows the page with what is wrong.
func (v *visit) changeAutonomy(done string, change func(*optimization.Settings) error) error {
	if err := v.who.Require(partners.ActionOptimize); err != nil {
		return err
	}
	a, err := v.d.Optimizer.Autonomy(v.r.Context(), v.scope())
	if err != nil {
		return err
	}
	want := a.Settings
	if err = change(&want); err == nil {
		_, err = v.d.Optimizer.SetAutonomy(v.r.Context(), v.by(), want, optimization.Options{Revision: v.revision()})
	}
	if err == nil {
		return v.done("/suggestions", done)
	}
	status, refused, wrong := v.refusal(err)
	if refused == nil {
		return err
	}
	return v.suggestionsWith(status, refused, wrong)
}
