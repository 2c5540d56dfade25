package dashboard

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
)

// Alerts is performance.Alerts.
type Alerts interface {
	List(ctx context.Context, by event.Origin, q performance.AlertQuery) ([]*performance.Alert, string, error)
	Get(ctx context.Context, by event.Origin, id uuid.UUID) (*performance.Alert, error)
	Acknowledge(ctx context.Context, by event.Origin, id uuid.UUID, note string) (*performance.Alert, error)
	Resolve(ctx context.Context, by event.Origin, id uuid.UUID, note string) (*performance.Alert, error)
}

// open are the states in which an alert is not over.
var open = []performance.AlertState{performance.Firing, performance.Acknowledged}

// openAlerts are the rows of the alerts of one campaign that are not over.
func (v *visit) openAlerts(s subject) ([]alertRow, error) {
	found, _, err := v.d.Alerts.List(v.r.Context(), v.by(), performance.AlertQuery{Campaign: s.ID, States: open})
	if err != nil {
		return nil, err
	}
	return v.alertRows(found, map[uuid.UUID]campaigns.State{s.ID: s.State}, false), nil
}

// alertRows shows alerts; a list of several campaigns names each.
func (v *visit) alertRows(found []*performance.Alert, of map[uuid.UUID]campaigns.State, named bool) []alertRow {
	rows := make([]alertRow, 0, len(found))
	for _, alert := range found {
		a := alert.State()
		row := alertRow{
			ID: a.ID.String(), Severity: string(a.Severity), State: string(a.State), Text: v.locale.alert(a, string(of[a.Campaign].Currency)),
			At: a.FiredAt.In(v.now.Location()), By: a.AcknowledgedBy, Back: v.r.URL.RequestURI(),
			Evidence: v.locale.evidence(a, string(of[a.Campaign].Currency)), Note: v.locale.note(a.Note),
			CanAcknowledge: a.State == performance.Firing && v.who.Can(partners.ActionAcknowledgeAlerts),
			CanResolve:     a.State != performance.Resolved && v.who.Can(partners.ActionAcknowledgeAlerts),
		}
		if a.ResolvedAt != nil {
			row.ResolvedAt, row.By = a.ResolvedAt.In(v.now.Location()), a.ResolvedBy
		}
		if a.Rule != nil {
			row.Rule, row.RuleHref = fact(a, "rule"), "/alerts/rules/"+a.Rule.String()
		}
		if metric := cmp.Or(fact(a, "kpi"), fact(a, "metric")); charted(metric) {
			row.Chart = "/campaigns/" + a.Campaign.String() + "#chart-title"
		}
		switch c, ok := of[a.Campaign]; {
		case a.Campaign == uuid.Nil:
			row.Campaign, row.Href = v.locale.about(a), placeOf(a)
		case ok && named:
			row.Campaign, row.Href = c.Name, placeOf(a)
		}
		rows = append(rows, row)
	}
	return rows
}

// campaignsOf reads the campaigns that alerts are about.
func (v *visit) campaignsOf(found []*performance.Alert) map[uuid.UUID]campaigns.State {
	of := map[uuid.UUID]campaigns.State{}
	for _, alert := range found {
		id := alert.State().Campaign
		if _, known := of[id]; known || id == uuid.Nil {
			continue
		}
		if c, err := v.d.Campaigns.Get(v.r.Context(), v.by(), id); err == nil {
			of[id] = c.State()
		}
	}
	return of
}

// asked is one of the values that are offered, or "" for any.
func asked[T ~string](v *visit, name string, offered []T) []T {
	if i := slices.Index(offered, T(v.r.FormValue(name))); i >= 0 {
		return offered[i : i+1]
	}
	return nil
}

// alerts lists them.
func (v *visit) alerts() error {
	p := alertsPage{
		Live: v.partnerStream(), State: v.r.FormValue("state"), States: []string{"open", "all"},
		Severity: v.r.FormValue("severity"), Severities: texts(performance.Severities), Kind: v.r.FormValue("kind"), Kinds: texts(performance.AlertKinds),
	}
	q := performance.AlertQuery{
		Severities: asked(v, "severity", performance.Severities), Kinds: asked(v, "kind", performance.AlertKinds),
		Cursor: v.r.FormValue("cursor"), Limit: pageSize,
	}
	if p.State != "all" {
		p.State, q.States = "open", open
	}
	v.ofRule(&p, &q)
	p.Filtered = q.Severities != nil || q.Kinds != nil || q.Rule != uuid.Nil
	found, next, err := v.d.Alerts.List(v.r.Context(), v.by(), q)
	if err != nil {
		return err
	}
	p.Alerts, p.Found = v.alertRows(found, v.campaignsOf(found), true), v.locale.N("alerts.found", len(found))
	if next != "" {
		query := v.r.URL.Query()
		query.Set("cursor", next)
		p.Next = "?" + query.Encode()
	}
	return v.page(http.StatusOK, "alerts", v.locale.T("nav.alerts"), "alerts", p)
}

// ofRule narrows the list to one rule, when the address names one that is there.
func (v *visit) ofRule(p *alertsPage, q *performance.AlertQuery) {
	id, err := uuid.Parse(v.r.FormValue("rule"))
	if err != nil {
		return
	}
	r, err := v.d.Rules.Get(v.r.Context(), v.by(), id)
	if err != nil {
		return
	}
	q.Rule, p.Rule, p.RuleName = id, id.String(), r.State().Name
}

// acknowledge says that somebody has seen an alert.
func (v *visit) acknowledge() error { return v.decide("acknowledge", v.d.Alerts.Acknowledge) }

// resolve ends an alert by hand.
func (v *visit) resolve() error { return v.decide("resolve", v.d.Alerts.Resolve) }

func (v *visit) decide(what string, do func(context.Context, event.Origin, uuid.UUID, string) (*performance.Alert, error)) error {
	if err := v.who.Require(partners.ActionAcknowledgeAlerts); err != nil {
		return err
	}
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		return errNoPage
	}
	note := []rune(strings.TrimSpace(v.r.PostFormValue("note")))
	if _, err := do(v.r.Context(), v.by(), id, string(note[:min(len(note), performance.MaxNote)])); err != nil {
		return err
	}
	return v.done(localPath(v.r.PostFormValue("back")), what)
}

// alert is the sentence of an alert, from its kind and its facts; its own title,
// which is in English, for a kind that has no words here.
func (l *locale) alert(a performance.AlertRecord, code string) string {
	key := "alert." + string(a.Kind)
	if !l.Has(key) {
		return a.Title
	}
	if e := readEvidence(a); a.Kind == performance.AlertRule {
		return l.observed(e)
	} else if a.Kind == performance.AlertAnomaly {
		return l.T(key, "kpi", l.Metric(e.KPI), "what", l.Or("anomaly.", e.Anomaly, e.Anomaly), "actual", l.Figure(decimalFigure(e.KPI, e.Actual, code)))
	}
	if a.Kind == performance.AlertOverdelivery && fact(a, "abnormal") == "false" {
		key += ".announced"
	}
	if a.Kind == performance.AlertPlacementUnknown && fact(a, "decide") == "true" {
		key += ".decide"
	}
	kpi := fact(a, "kpi")
	if costs[kpi] && l.Has(key+".cost") {
		key += ".cost"
	}
	return l.T(key, "kpi", l.Metric(kpi), "target", l.Figure(decimalFigure(kpi, fact(a, "target"), code)),
		"actual", l.Figure(decimalFigure(kpi, fact(a, "actual"), code)), "percent", percentFact(l, a), "amount", moneyFact(l, a, cmp.Or(amountFacts[a.Kind], "overdelivery")), "daily", moneyFact(l, a, "daily_spend"),
		"platform", l.Or("platform.", fact(a, "platform"), fact(a, "platform")), "account", fact(a, "account"), "host", fact(a, "host"), "objects", fact(a, "objects"))
}

// amountFacts are the facts that the sentence of a kind names as its amount.
var amountFacts = map[performance.AlertKind]string{
	performance.AlertExtraSpend: "amount", performance.AlertFundsLow: "available", performance.AlertFundsExhausted: "available",
}

// about names what an alert is of that is of no campaign.
func (l *locale) about(a performance.AlertRecord) string {
	if a.Kind == performance.AlertFundsLow || a.Kind == performance.AlertFundsExhausted {
		return l.T("funds.balance")
	}
	return cmp.Or(fact(a, "account"), fact(a, "host"))
}

// placeOf is where something can be done about an alert.
func placeOf(a performance.AlertRecord) string {
	switch a.Kind {
	case performance.AlertFundsLow, performance.AlertFundsExhausted:
		return "/billing"
	case performance.AlertTokenExpired:
		return accountsPath
	case performance.AlertWebhookDisabled:
		return webhooksPath
	case performance.AlertPlacementUnknown, performance.AlertPlacementRefused:
		return "/campaigns/" + a.Campaign.String() + "/setup#platforms"
	}
	return "/campaigns/" + a.Campaign.String()
}

// observed is what an alert of a rule has found.
func (l *locale) observed(e evidence) string {
	key := "alert.rule." + string(e.Metric)
	if !l.Has(key) {
		key = "alert.rule"
	}
	return l.T(key, "metric", l.Metric(string(e.Metric)), "observed", l.quantity(e.Metric, e.Observed))
}

// note is a person's own words, or why the engine ended an alert.
func (l *locale) note(text string) string { return l.Or("alert.note.", text, text) }

// fact is one of an alert's facts as text.
func fact(a performance.AlertRecord, name string) string {
	switch x := a.Facts[name].(type) {
	case nil:
		return ""
	case string:
		return x
	default:
		return fmt.Sprint(x)
	}
}

func percentFact(l *locale, a performance.AlertRecord) string {
	text := fact(a, "percent")
	if text == "" {
		text = a.Subject
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return "–"
	}
	return l.Percent(int64(n)*10_000, 0)
}

func moneyFact(l *locale, a performance.AlertRecord, name string) string {
	body, err := json.Marshal(a.Facts[name])
	var m money.Money
	if err != nil || json.Unmarshal(body, &m) != nil || m.Currency == "" {
		return "–"
	}
	return l.Money(m.Micros, string(m.Currency))
}

// decimalFigure reads a KPI's value as events write it.
func decimalFigure(metric, decimal, code string) figure {
	micros, err := money.ParseMicros(decimal)
	if err != nil {
		return unknown(metric, "none", code)
	}
	if kindOf(metric) == kindCount {
		micros /= money.Unit
	}
	return known(metric, micros, code)
}

func (v *visit) partnerStream() string { return "/api/v1/partners/" + v.scope().String() + "/live" }
