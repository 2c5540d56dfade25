package dashboard

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting"
)

// newCampaign shows the empty form, with the partner's own currency and zone.
func (v *visit) newCampaign() error {
	if err := v.who.Require(partners.ActionWriteCampaigns); err != nil {
		return err
	}
	defaults := map[string][]string{
		"currency": {string(v.partner.Currency)}, "timezone": {v.partner.Timezone}, "type": {string(campaigns.Search)},
		"objective": {string(campaigns.Conversions)}, "kind": {string(campaigns.BudgetTotal)}, "launch": {string(campaigns.LaunchManual)},
	}
	return v.createForm(http.StatusOK, v.d.NewID(), func(name string) []string { return defaults[name] }, nil, nil)
}

func (v *visit) createForm(status int, id uuid.UUID, value func(string) []string, refused *problem, wrong *mistakes) error {
	f := form{l: v.locale, value: value, wrong: wrong}
	kind := campaigns.Type(f.one("type"))
	timezone := f.input("timezone", "timezone")
	timezone.List = "zones"
	more := f.narrowing()
	p := createPage{ID: id.String(), Problem: refused, Steps: []step{
		{Name: "basics", Fields: f.basics()},
		{Name: "goals", Goals: f.goalRows()},
		{Name: "money", Fields: append(f.moneyFields(v.currencies(f.one("currency"))), timezone)},
		{Name: "dates", Optional: true, Fields: optional(f.dates())},
		{Name: "audience", Optional: true, Narrowing: more, Fields: optional(f.audience(kind))},
		{Name: "creative", Optional: true, Creatives: f.creativeRows(kind.Channels())},
	}}
	if refused != nil {
		refused.Rest = wrong.rest()
	}
	return v.page(status, "create", v.locale.T("create.title"), "campaigns", p)
}

// optional marks the fields of a step that may be left for later.
func optional(fields []field) []field {
	for i := range fields {
		fields[i].Optional, fields[i].Quiet = true, true
	}
	return fields
}

// currencies are offered with the partner's own first.
func (v *visit) currencies(entered string) []string {
	all := []string{cmp.Or(string(v.partner.Currency), "USD"), "USD", "EUR", "COP", "MXN", "ARS", "CLP", "PEN", "BRL"}
	if money.Currency(entered).Valid() {
		all = append(all, entered)
	}
	slices.Sort(all[1:])
	own := all[0]
	rest := slices.DeleteFunc(slices.Compact(all[1:]), func(c string) bool { return c == own })
	return append([]string{own}, rest...)
}

// draft is everything the form asks for.
type draft struct {
	campaigns.NewCampaign
	targeting *targeting.Configuration
	creatives []campaigns.Creative
	dates     *campaigns.Schedule
}

// create makes the campaign with what was entered of its other parts. All of it
// is tried on a campaign in memory first, so that either everything is made or
// the form comes back with everything that is wrong.
func (v *visit) create() error {
	if err := v.who.Require(partners.ActionWriteCampaigns); err != nil {
		return err
	}
	if err := v.r.ParseForm(); err != nil {
		return err
	}
	value := func(name string) []string { return v.r.PostForm[name] }
	id, err := uuid.Parse(v.r.PostFormValue("id"))
	if err != nil {
		id = v.d.NewID()
	}
	d, wrong := v.readDraft(id, value)
	if err := v.tryOut(d, wrong); err != nil {
		return v.refuseDraft(id, value, err)
	}
	c, err := v.d.Campaigns.Create(v.r.Context(), v.by(), d.NewCampaign)
	if err == nil {
		err = v.complete(c.State(), d)
	}
	if err != nil {
		return v.refuseDraft(id, value, err)
	}
	return v.done("/campaigns/"+id.String()+"/setup", "created")
}

func (v *visit) refuseDraft(id uuid.UUID, value func(string) []string, err error) error {
	status, refused, wrong := v.refusal(err)
	if refused == nil {
		return err
	}
	return v.createForm(status, id, value, refused, wrong)
}

func (v *visit) readDraft(id uuid.UUID, value func(string) []string) (draft, fault.Fields) {
	one := func(name string) string { return strings.TrimSpace(at(value(name), 0)) }
	goals, wrong := v.locale.parseGoals(value("goal_metric"), value("goal_target"))
	amount, err := v.locale.parseDecimal(one("amount"))
	if err != nil {
		wrong.Add("amount", "not_a_number", "", "")
		amount = money.Unit
	}
	d := draft{NewCampaign: campaigns.NewCampaign{
		ID: id, Partner: v.scope(), Name: one("name"), Type: campaigns.Type(one("type")), Objective: campaigns.Objective(one("objective")),
		Goals: goals, Timezone: one("timezone"), Channels: splitList(one("channels")), Labels: splitList(one("labels")), Category: campaigns.Category(one("category")),
		Budget: campaigns.BudgetTerms{Amount: money.New(amount, money.Currency(one("currency"))), Kind: campaigns.BudgetKind(one("kind"))},
	}}
	if anyOf(value, "countries", "more_countries", "interests", "more_interests", "behaviors", "custom_audiences", "lookalike_audiences", "place_country", "exclusion_values") {
		t := v.locale.readAudience(value, targeting.Configuration{}, d.Budget.Amount.Currency)
		d.targeting = &t
	}
	d.creatives = readCreatives(value)
	if one("start")+one("end") != "" {
		dates := readDates(value, v.zone(d.Timezone))
		d.dates = &dates
	}
	return d, wrong
}

func anyOf(value func(string) []string, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return strings.TrimSpace(strings.Join(value(name), "")) != "" })
}

// tryOut holds the whole draft against the campaign's own rules and gathers
// what is wrong in every part.
func (v *visit) tryOut(d draft, wrong fault.Fields) error {
	in := d.NewCampaign
	in.BudgetID = in.ID
	c, err := campaigns.New(v.by(), v.now.UTC(), in)
	wrong = gather(wrong, err)
	if c == nil {
		return withParts(d, wrong)
	}
	if d.targeting != nil {
		wrong = gather(wrong, c.Configure(v.by(), v.now.UTC(), *d.targeting))
	}
	if len(d.creatives) > 0 {
		wrong = gather(wrong, c.SetCreatives(v.by(), v.now.UTC(), d.creatives))
	}
	if d.dates != nil {
		wrong = gather(wrong, c.Schedule(v.by(), v.now.UTC(), *d.dates))
	}
	return wrong.Err()
}

// withParts checks the parts of a campaign that cannot even be begun.
func withParts(d draft, wrong fault.Fields) error {
	if d.targeting != nil {
		wrong = gather(wrong, d.targeting.Validate())
	}
	return wrong.Err()
}

func gather(wrong fault.Fields, err error) fault.Fields {
	if e := fault.As(err); e != nil {
		return append(wrong, e.Fields...)
	}
	return wrong
}

// complete gives a new campaign its other parts.
func (v *visit) complete(s campaigns.State, d draft) error {
	ctx, by := v.r.Context(), v.by()
	if d.targeting != nil {
		if _, err := v.d.Campaigns.SetTargeting(ctx, by, s.ID, 0, *d.targeting); err != nil {
			return err
		}
	}
	if len(d.creatives) > 0 {
		if _, err := v.d.Campaigns.SetCreatives(ctx, by, s.ID, 0, d.creatives); err != nil {
			return err
		}
	}
	if d.dates != nil {
		if _, err := v.d.Campaigns.Schedule(ctx, by, s.ID, 0, *d.dates); err != nil {
			return err
		}
	}
	return nil
}
