package dashboard

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/hexabuilders/campaignd/campaigns"
)

const pageSize = 50

// campaigns lists the partner's campaigns, newest first. What is on the page is
// filtered by the script at every key; this does the same for all pages.
func (v *visit) campaigns() error {
	query := v.r.URL.Query()
	q := campaigns.Query{Text: strings.TrimSpace(query.Get("q")), Limit: pageSize, Cursor: query.Get("cursor")}
	p := campaignsPage{Live: v.partnerStream(), Query: q.Text, Paged: q.Cursor != ""}
	for _, s := range campaigns.Statuses {
		p.Statuses = append(p.Statuses, string(s))
		if string(s) == query.Get("status") {
			p.Status, q.Status = string(s), []campaigns.Status{s}
		}
	}
	for _, t := range campaigns.Types {
		p.Types = append(p.Types, string(t))
		if string(t) == query.Get("type") {
			p.Type, q.Type = string(t), t
		}
	}
	subjects, next, err := v.listed(q)
	if err != nil {
		return err
	}
	p.Filtered = p.Query != "" || p.Status != "" || p.Type != ""
	p.table = v.table(subjects)
	p.Found = v.found(len(subjects), next != "")
	if next != "" {
		p.Next = "?" + url.Values{"q": {p.Query}, "status": {p.Status}, "type": {p.Type}, "cursor": {next}}.Encode()
	}
	return v.page(http.StatusOK, "campaigns", v.locale.T("nav.campaigns"), "campaigns", p)
}

// found says how many there are, or that there are more than the page shows.
func (v *visit) found(n int, more bool) string {
	if more {
		return v.locale.N("campaigns.found.more", n)
	}
	return v.locale.N("campaigns.found", n)
}
