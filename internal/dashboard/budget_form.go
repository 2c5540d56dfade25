package dashboard

import (
	"errors"
	"strconv"
	"strings"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
)

// budgetEntry is what was entered to change a budget, and what is wrong.
type budgetEntry struct {
	limit      string
	thresholds string
	autoPause  bool
	wrong      string
	wrongMarks string
	unusual    bool // it is to be confirmed
}

// show puts what was entered in the place of what holds.
func (e *budgetEntry) show(c *budgetCard) {
	c.Entered, c.Thresholds, c.AutoPause, c.Open, c.Unusual = e.limit, e.thresholds, e.autoPause, true, e.unusual
	if e.wrong != "" {
		c.Error = &fieldError{ID: "err-limit", Text: e.wrong}
	}
	if e.wrongMarks != "" {
		c.MarksError = &fieldError{ID: "err-thresholds", Text: e.wrongMarks}
	}
}

// percents are thresholds as their field has them: 50, 75, 90, 100.
func percents(thresholds []budgets.Threshold) string {
	all := make([]string, len(thresholds))
	for i, t := range thresholds {
		all[i] = strconv.Itoa(t.Percent)
	}
	return join(all)
}

// levels reads that field. What was there before keeps its severity.
func levels(text string, before []budgets.Threshold) ([]budgets.Level, error) {
	all := []budgets.Level{}
	for _, part := range splitList(text) {
		percent, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(part, "%")))
		if err != nil {
			return nil, fault.ErrInvalid.WithFields(fault.Field{Path: "thresholds", Code: "not_percents"})
		}
		level := budgets.Level{Percent: percent}
		for _, t := range before {
			if t.Percent == percent {
				level.Severity = t.Severity
			}
		}
		all = append(all, level)
	}
	return all, nil
}

// saveBudget changes the limit, the thresholds and whether the last of them
// pauses.
func (v *visit) saveBudget() error {
	s, err := v.one()
	if err != nil {
		return err
	}
	if err := v.who.Require(partners.ActionWriteBudgets); err != nil {
		return err
	}
	entry := &budgetEntry{
		limit: strings.TrimSpace(v.r.PostFormValue("limit")), thresholds: v.r.PostFormValue("thresholds"), autoPause: v.r.PostFormValue("auto_pause") == "true",
	}
	patch, err := v.budgetPatch(s, entry)
	if err == nil {
		_, err = v.d.Budgets.Patch(v.r.Context(), v.by(), s.BudgetID, v.revision(), patch)
	}
	if err == nil {
		return v.done(s.href(), "budget")
	}
	status, refused, wrong := v.refusal(err)
	if refused == nil {
		return err
	}
	entry.wrong, entry.wrongMarks = wrong.take("limit"), wrong.take("thresholds")
	entry.unusual = errors.Is(err, budgets.ErrUnusual)
	if errors.Is(err, budgets.ErrStale) {
		refused.Changes = []change{{Field: v.locale.T("budget.limit"), Before: entry.limit, After: v.locale.Money(s.position.Limit.Micros, s.code())}}
	}
	return v.results(status, s, refused, entry)
}

func (v *visit) budgetPatch(s subject, entry *budgetEntry) (budgets.Patch, error) {
	limit, err := v.locale.parseMoney(entry.limit, s.Currency)
	if err != nil {
		return budgets.Patch{}, err
	}
	patch := budgets.Patch{
		Limit: &limit, AutoPause: &entry.autoPause, Authorised: v.who.IsAdmin() || s.Status == campaigns.Draft,
		Confirmed: v.r.PostFormValue("confirm") == "true",
	}
	if v.r.PostForm.Has("thresholds") && s.budget != nil {
		marks, err := levels(entry.thresholds, s.budget.State().Thresholds)
		if err != nil {
			return patch, err
		}
		patch.Thresholds = &marks
	}
	return patch, nil
}
