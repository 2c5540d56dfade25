package dashboard

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/partners"
)

// overviewMost bounds the campaigns that the overview reads: the newest.
const overviewMost = 200

// overviewRows is how many campaigns the overview lists, those that matter most.
const overviewRows = 15

// overview is the partner's first page: what needs somebody, the figures of a
// period against the one before, and the campaigns.
func (v *visit) overview() error {
	subjects, _, err := v.listed(campaigns.Query{Limit: overviewMost})
	if err != nil {
		return err
	}
	p := overviewPage{Partner: v.partner.Name, Live: v.partnerStream(), Period: period(v.r.FormValue("period")), Periods: periods}
	if p.Partners, err = v.partnerChoices(); err != nil {
		return err
	}
	if p.Attention, err = v.attention(subjects); err != nil {
		return err
	}
	p.Headline = v.headline(len(p.Attention), subjects)
	p.Currencies = currencies(subjects, v.partner.Currency)
	p.Currency = chosen(v.r.FormValue("currency"), p.Currencies)
	if err := v.figures(&p, subjects); err != nil {
		return err
	}
	slices.SortStableFunc(subjects, func(a, b subject) int { return cmp.Compare(rank[a.Status], rank[b.Status]) })
	p.table = v.table(subjects[:min(len(subjects), overviewRows)])
	return v.page(http.StatusOK, "overview", v.locale.T("nav.overview"), "overview", p)
}

// rank orders campaigns: what runs or should run comes first.
var rank = map[campaigns.Status]int{
	campaigns.Active: 0, campaigns.Paused: 1, campaigns.Scheduled: 2, campaigns.Draft: 3, campaigns.Completed: 4, campaigns.Cancelled: 5,
}

func (v *visit) headline(needs int, subjects []subject) string {
	running := 0
	for _, s := range subjects {
		if s.Status == campaigns.Active {
			running++
		}
	}
	first := v.locale.T("overview.headline.calm")
	if needs > 0 {
		first = v.locale.N("overview.headline.needs", needs)
	}
	if running == 0 {
		return first + " " + v.locale.T("overview.headline.none")
	}
	return first + " " + v.locale.N("overview.headline.running", running)
}

// partnerChoices are the partners an administrator may look at.
func (v *visit) partnerChoices() ([]partnerChoice, error) {
	if !v.who.IsAdmin() {
		return nil, nil
	}
	all, _, err := v.d.Partners.List(v.r.Context(), partners.Page{Limit: 100})
	choices := make([]partnerChoice, 0, len(all))
	for _, p := range all {
		s := p.State()
		choices = append(choices, partnerChoice{ID: s.ID.String(), Name: s.Name, Current: s.ID == v.scope()})
	}
	return choices, err
}

// currencies are those of the campaigns; the partner's own comes first. Amounts
// in two currencies are never added up, so the figures show one at a time.
func currencies[C ~string](subjects []subject, own C) []string {
	all := []string{}
	for _, s := range subjects {
		if !slices.Contains(all, s.code()) {
			all = append(all, s.code())
		}
	}
	slices.Sort(all)
	if i := slices.Index(all, string(own)); i > 0 {
		all = append([]string{string(own)}, slices.Delete(all, i, i+1)...)
	}
	if len(all) == 0 {
		all = append(all, string(own))
	}
	return all
}

func chosen(wanted string, all []string) string {
	if slices.Contains(all, wanted) {
		return wanted
	}
	return all[0]
}
