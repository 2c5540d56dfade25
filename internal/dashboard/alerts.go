package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

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
			CanAcknowledge: a.State == performance.Firing && v.who.Can(partners.ActionAcknowledgeAlerts),
		}
		if c, ok := of[a.Campaign]; ok && named {
			row.Campaign, row.Href = c.Name, "/campaigns/"+c.ID.String()
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
		if _, known := of[id]; known {
			continue
		}
		if c, err := v.d.Campaigns.Get(v.r.Context(), v.by(), id); err == nil {
			of[id] = c.State()
		}
	}
	return of
}

// alerts lists them.
func (v *visit) alerts() error {
	state := v.r.FormValue("state")
	if state != "all" {
		state = "open"
	}
	q := performance.AlertQuery{Cursor: v.r.FormValue("cursor"), Limit: pageSize}
	if state == "open" {
		q.States = open
	}
	found, next, err := v.d.Alerts.List(v.r.Context(), v.by(), q)
	if err != nil {
		return err
	}
	p := alertsPage{
		Live: v.partnerStream(), State: state, States: []string{"open", "all"}, Alerts: v.alertRows(found, v.campaignsOf(found), true),
		Found: v.locale.N("alerts.found", len(found)),
	}
	if next != "" {
		p.Next = "?" + url.Values{"state": {state}, "cursor": {next}}.Encode()
	}
	return v.page(http.StatusOK, "alerts", v.locale.T("nav.alerts"), "alerts", p)
}

// acknowledge says that somebody has seen an alert.
func (v *visit) acknowledge() error {
	if err := v.who.Require(partners.ActionAcknowledgeAlerts); err != nil {
		return err
	}
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		return errNoPage
	}
	if _, err := v.d.Alerts.Acknowledge(v.r.Context(), v.by(), id, ""); err != nil {
		return err
	}
	return v.done(localPath(v.r.PostFormValue("back")), "acknowledge")
}

// alert is the sentence of an alert, from its kind and its facts; its own title,
// which is in English, for a kind that has no words here.
func (l *locale) alert(a performance.AlertRecord, code string) string {
	key := "alert." + string(a.Kind)
	if !l.Has(key) {
		return a.Title
	}
	kpi := fact(a, "kpi")
	if costs[kpi] && l.Has(key+".cost") {
		key += ".cost"
	}
	return l.T(key, "kpi", l.Metric(kpi), "target", l.Figure(decimalFigure(kpi, fact(a, "target"), code)),
		"actual", l.Figure(decimalFigure(kpi, fact(a, "actual"), code)), "percent", percentFact(l, a), "amount", moneyFact(l, a, "overdelivery"))
}

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
