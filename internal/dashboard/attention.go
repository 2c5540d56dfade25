package dashboard

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
)

var severityRank = map[string]int{"CRITICAL": 0, "HIGH": 1, "MEDIUM": 2, "LOW": 3}

// soon is how far ahead a start is worth a warning.
const soon = 48 * time.Hour

// attention is everything that needs somebody, the most urgent first: alerts
// that nobody has acknowledged, and campaigns that stand still or are about to.
func (v *visit) attention(subjects []subject) ([]attention, error) {
	found, _, err := v.d.Alerts.List(v.r.Context(), v.by(), performance.AlertQuery{States: []performance.AlertState{performance.Firing}, Limit: pageSize})
	if err != nil {
		return nil, err
	}
	byID := make(map[uuid.UUID]subject, len(subjects))
	for _, s := range subjects {
		byID[s.ID] = s
	}
	all, spoken := v.firingNow(found, byID)
	for _, s := range subjects {
		if spoken[s.ID] {
			continue
		}
		a, ok, err := v.standing(s)
		if err != nil {
			return nil, err
		}
		if ok {
			all = append(all, a)
		}
	}
	slices.SortStableFunc(all, func(a, b attention) int {
		return cmp.Or(cmp.Compare(severityRank[a.Severity], severityRank[b.Severity]), b.At.Compare(a.At))
	})
	return all, nil
}

// firingNow are the alerts that wait for somebody, and the campaigns whose
// money they already speak of.
func (v *visit) firingNow(found []*performance.Alert, byID map[uuid.UUID]subject) ([]attention, map[uuid.UUID]bool) {
	all := make([]attention, 0, len(found))
	spoken := map[uuid.UUID]bool{}
	for _, alert := range found {
		r := alert.State()
		s, listed := byID[r.Campaign]
		a := attention{Severity: string(r.Severity), Text: v.locale.alert(r, s.code()), Campaign: cmp.Or(s.Name, v.locale.about(r)), Href: placeOf(r), At: r.FiredAt.In(v.now.Location())}
		if r.Kind == performance.AlertExtraSpend {
			a.Actions = append(a.Actions, link{Label: v.locale.T("spending.extra.see"), URL: s.href() + "/budget#extra"})
		}
		if listed && aboutMoney[r.Kind] {
			spoken[r.Campaign] = true
			a.Actions = append(a.Actions, v.budgetLink(s)...)
		}
		if v.who.Can(partners.ActionAcknowledgeAlerts) {
			a.Actions = append(a.Actions, link{Label: v.locale.T("alerts.acknowledge"), URL: "/alerts/" + r.ID.String() + "/acknowledge", Post: true})
		}
		all = append(all, a)
	}
	return all, spoken
}

var aboutMoney = map[performance.AlertKind]bool{performance.AlertBudgetThreshold: true, performance.AlertBudgetExhausted: true, performance.AlertOverdelivery: true}

func (v *visit) budgetLink(s subject) []link {
	if !v.who.Can(partners.ActionWriteBudgets) || s.Status.Over() {
		return nil
	}
	return []link{{Label: v.locale.T("budget.edit"), URL: s.href() + "?edit=budget#budget"}}
}

// standing is what a campaign's own state asks for.
func (v *visit) standing(s subject) (attention, bool, error) {
	a := attention{Campaign: s.Name, Href: s.href()}
	switch {
	case s.Status == campaigns.Paused && s.position.Exhausted:
		a.Severity, a.Text, a.Actions = "HIGH", v.locale.T("needs.exhausted"), v.budgetLink(s)
		if s.PausedAt != nil {
			a.At = s.PausedAt.In(v.now.Location())
		}
	case s.Status == campaigns.Active && share(s.position.Reported.Micros, s.position.Limit.Micros) >= money.Unit*9/10:
		a.Severity, a.Actions = "MEDIUM", v.budgetLink(s)
		a.Text = v.locale.T("needs.almost", "amount", v.locale.Money(s.position.Available.Micros, s.code()))
	case s.LaunchFailure != nil && s.Status == campaigns.Scheduled:
		a.Severity, a.Text, a.At = "HIGH", v.locale.T("needs.launch_failed"), s.LaunchFailure.At.In(v.now.Location())
		a.Actions = v.setupLink(s)
	case s.Status == campaigns.Scheduled && s.Schedule.Start.Before(v.now.Add(soon)), s.Status == campaigns.Draft:
		return v.unready(s, a)
	default:
		return a, false, nil
	}
	return a, true, nil
}

// unready is a campaign that cannot be launched as it is; it is urgent when its
// start is near.
func (v *visit) unready(s subject, a attention) (attention, bool, error) {
	list, err := v.d.Campaigns.Readiness(v.r.Context(), v.by(), s.ID)
	if err != nil {
		return a, false, err
	}
	missing := blocking(list)
	switch {
	case missing > 0 && s.Status == campaigns.Scheduled:
		a.Severity, a.Text = "MEDIUM", v.locale.N("needs.steps.soon", missing, "time", v.locale.Stamp(s.Schedule.Start.In(v.now.Location())))
	case missing > 0:
		a.Severity, a.Text = "LOW", v.locale.N("needs.steps", missing)
	case s.Status == campaigns.Scheduled && s.Schedule.Launch == campaigns.LaunchManual && s.Schedule.Start.Before(v.now):
		a.Severity, a.Text = "LOW", v.locale.T("needs.launch")
		a.Actions = []link{{Label: v.locale.T("action.launch"), URL: s.href() + "#do-launch"}}
		return a, true, nil
	default:
		return a, false, nil
	}
	a.Actions = v.setupLink(s)
	return a, true, nil
}

func (v *visit) setupLink(s subject) []link {
	return []link{{Label: v.locale.T("needs.setup"), URL: s.href() + "/setup"}}
}
