package dashboard

import (
	"slices"

	"github.com/hexabuilders/campaignd/campaigns"
)

// fixes says where on the setup page each check is put right; what has no place
// there is for somebody else.
var fixes = map[string]string{
	"goals": "details", "targeting": "targeting", "targeting_fits_type": "targeting",
	"creatives": "creatives", "creatives_cover_channels": "creatives", "schedule": "schedule",
	"budget": "budget", "budget_funded": "budget", "daily_budget_limit": "budget", "monthly_budget_limit": "budget",
	"funded": "billing",
}

// readiness is the list of what a launch needs, what is missing first.
func (v *visit) readiness(s subject, list campaigns.Readiness) *readiness {
	r := &readiness{Title: v.locale.T("ready.title.done")}
	if missing := blocking(list); missing > 0 {
		r.Title = v.locale.N("ready.title", missing)
	}
	var done []check
	for _, c := range telling(list) {
		shown := v.locale.check(c)
		if c.OK {
			done = append(done, shown)
			continue
		}
		switch place := fixes[c.Check]; place {
		case "":
		case "billing":
			shown.Href = "/billing"
		case "budget":
			shown.Href = s.href() + "?edit=budget#budget"
		default:
			shown.Href = s.href() + "/setup?edit=" + place + "#" + place
		}
		r.Checks = append(r.Checks, shown)
	}
	r.Checks = append(r.Checks, done...)
	return r
}

// check says a check in the viewer's words. The service's own sentences are in
// English and speak to programs; they stand in for a check without words here.
func (l *locale) check(c campaigns.Check) check {
	shown := check{Label: l.Or("check.", c.Check, c.Check), OK: c.OK, Blocking: c.Blocking}
	if key := "check." + c.Check + ".todo"; l.Has(key) {
		shown.Detail = l.T(key)
	} else {
		shown.Detail, shown.Fix = c.Detail, c.Fix
	}
	return shown
}

// blocking is how many checks keep the campaign from being launched.
func blocking(list campaigns.Readiness) int {
	n := 0
	for _, c := range telling(list) {
		if c.Blocking && !c.OK {
			n++
		}
	}
	return n
}

// follows says which check can only hold after another one does: while that
// fails, it says nothing new.
var follows = map[string]string{"targeting_fits_type": "targeting", "creatives_cover_channels": "creatives", "budget_funded": "budget"}

func telling(list campaigns.Readiness) []campaigns.Check {
	failing := map[string]bool{}
	for _, c := range list.Checks {
		failing[c.Check] = !c.OK
	}
	return slices.DeleteFunc(slices.Clone(list.Checks), func(c campaigns.Check) bool { return !c.OK && failing[follows[c.Check]] })
}
