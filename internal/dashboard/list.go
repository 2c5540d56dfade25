package dashboard

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/hexabuilders/campaignd/campaigns"
)

const pageSize = 50

// orders are those that the list of campaigns can be put in; its table sorts
// what is on a page by any column.
var orders = []campaigns.Order{campaigns.Newest, campaigns.ByName, campaigns.ByStartDown, campaigns.ByEnd}

// campaigns lists the partner's campaigns, newest first unless asked otherwise.
// What is on the page is filtered by the script at every key; this does the
// same for all pages.
func (v *visit) campaigns() error {
	query := v.r.URL.Query()
	q := campaigns.Query{Text: strings.TrimSpace(query.Get("q")), Limit: pageSize, Cursor: query.Get("cursor")}
	p := campaignsPage{Live: v.partnerStream(), Query: q.Text, Paged: q.Cursor != ""}
	p.Status, q.Status = choose(campaigns.Statuses, query.Get("status"))
	p.Type, q.Type = choose(campaigns.Types, query.Get("type"))
	p.Objective, q.Objective = choose(campaigns.Objectives, query.Get("objective"))
	var order []campaigns.Order
	if p.Order, order = choose(orders, query.Get("sort")); order != nil {
		q.Sort = order[0]
	}
	subjects, next, err := v.listed(q)
	if err != nil {
		return err
	}
	p.Filtered = p.Query != "" || p.Status.Chosen != "" || p.Type.Chosen != "" || p.Objective.Chosen != ""
	p.table = v.table(subjects)
	p.Found = v.found(len(subjects), next != "")
	if next != "" {
		p.Next = "?" + url.Values{
			"q": {p.Query}, "status": {p.Status.Chosen}, "type": {p.Type.Chosen}, "objective": {p.Objective.Chosen},
			"sort": {p.Order.Chosen}, "cursor": {next},
		}.Encode()
	}
	return v.page(http.StatusOK, "campaigns", v.locale.T("nav.campaigns"), "campaigns", p)
}

// choose is the one of all that was asked for; none when there is no such.
func choose[T ~string](all []T, asked string) (shown choice, chosen []T) {
	for _, one := range all {
		shown.All = append(shown.All, string(one))
		if string(one) == asked {
			shown.Chosen, chosen = asked, []T{one}
		}
	}
	return shown, chosen
}

// found says how many there are, or that there are more than the page shows.
func (v *visit) found(n int, more bool) string {
	if more {
		return v.locale.N("campaigns.found.more", n)
	}
	return v.locale.N("campaigns.found", n)
}
