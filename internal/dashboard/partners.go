package dashboard

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/partners"
)

const partnersPath = "/partners"

// partnersPage is where an administrator chooses and adds partners. A new
// system begins here: without a partner nothing else can be done.
type partnersPage struct {
	Problem  *problem
	Partners []partnerRow
	More     bool
	Fields   []field
}

type partnerRow struct {
	ID, Name, Timezone, Currency, Command string
	Current                               bool
}

// partnerless are the pages that an administrator has before there is a partner.
var partnerless = map[string]bool{partnersPath: true, "/settings/brokers": true, jobsPath: true}

func (v *visit) partners() error {
	now := map[string][]string{"partner_timezone": {"America/Bogota"}, "partner_currency": {"USD"}}
	return v.partnersWith(http.StatusOK, func(name string) []string { return now[name] }, nil, nil)
}

func (v *visit) partnersWith(status int, value func(string) []string, refused *problem, wrong *mistakes) error {
	if err := v.who.Require(partners.ActionManagePartners); err != nil {
		return err
	}
	all, next, err := v.d.Partners.List(v.r.Context(), partners.Page{Limit: 100})
	if err != nil {
		return err
	}
	p := partnersPage{Problem: refused, More: next != ""}
	for _, x := range all {
		s := x.State()
		p.Partners = append(p.Partners, partnerRow{
			ID: s.ID.String(), Name: s.Name, Timezone: s.Timezone, Currency: string(s.Currency), Current: s.ID == v.scope(),
			Command: "campaignd keys issue " + s.ID.String() + " manager",
		})
	}
	f := form{v.locale, value, wrong}
	zone := f.input("partner_timezone", "timezone")
	zone.List = "zones"
	p.Fields = []field{
		f.input("partner_name", "name"), zone,
		f.choose("partner_currency", "select", false, v.currencies(f.one("partner_currency")), func(c string) string { return c }, "currency"),
	}
	if refused != nil {
		refused.Rest = wrong.rest()
	}
	return v.page(status, "partners", v.locale.T("partners.title"), "partners", p)
}

// addPartner makes a partner and opens its pages.
func (v *visit) addPartner() error {
	if err := v.who.Require(partners.ActionManagePartners); err != nil {
		return err
	}
	by := v.who.Origin("dashboard", v.r.Header.Get("X-Request-Id"))
	made, err := v.d.Partners.Create(v.r.Context(), by, partners.NewPartner{
		Name: v.r.PostFormValue("partner_name"), Timezone: v.r.PostFormValue("partner_timezone"), Currency: v.r.PostFormValue("partner_currency"),
	})
	if err == nil {
		v.cookie(partnerCookie, made.State().ID.String(), yearSeconds)
		return v.done("/", "partner")
	}
	status, refused, wrong := v.refusal(err)
	if refused == nil {
		return err
	}
	return v.partnersWith(status, func(name string) []string { return v.r.PostForm[name] }, refused, wrong)
}

// begins reports whether the visit has to begin with a first partner.
func (v *visit) begins() bool { return v.partner.ID == uuid.Nil && !partnerless[v.r.URL.Path] }
