package conformance

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
)

// Alerts holds a performance.AlertStore to its port.
func Alerts(t *testing.T, b Backend) {
	cases{
		"an alert is read as it was stored":                alertStored,
		"of notices of a new matter at once one raises it": alertRace,
		"an event handled twice raises one alert":          alertTwice,
		"a matter that is over may come again":             alertAgain,
		"matters are apart":                                mattersApart,
		"another partner's alert is as a missing one":      foreignAlert,
		"alerts are listed by campaign and state":          alertList,
	}.run(t, b)
}

// matter is a campaign with the services of alerts over the backend.
type matter struct {
	world
	*performance.Alerts
	campaign performance.Subject
	seq      int64
}

func (w world) matter() *matter {
	w.Helper()
	return &matter{
		world: w, Alerts: performance.NewAlerts(w.Backend.Alerts, w.Now),
		campaign: performance.Subject{Partner: w.partner(), Campaign: newID()},
	}
}

// cause is an event of the matter's partner.
func (m *matter) cause() event.Event {
	m.seq++
	return event.Event{ID: newID(), Partner: m.campaign.Partner, Seq: m.seq, OccurredAt: m.now()}
}

func (m *matter) notify(cause event.Event, subject string) error {
	return m.Notify(m.Context(), m.by(), cause, performance.Notice{
		Campaign: m.campaign.Campaign, Kind: performance.AlertBudgetThreshold, Subject: subject,
		Severity: performance.SeverityHigh, Title: "75 %", Facts: map[string]any{"percent": 75.0},
	})
}

func (m *matter) settle(subject string) {
	m.Helper()
	m.must(m.Settle(m.Context(), m.by(), m.campaign.Partner, m.campaign.Campaign, performance.AlertBudgetThreshold, subject))
}

func (m *matter) by() event.Origin { return event.Origin{Partner: m.campaign.Partner, ID: "suite"} }

func (m *matter) alerts(q performance.AlertQuery) []performance.AlertRecord {
	m.Helper()
	all := pages(m.world, func(cursor string) ([]*performance.Alert, string, error) {
		q.Limit, q.Cursor = 2, cursor
		return m.List(m.Context(), m.by(), q)
	}, func() {})
	var records []performance.AlertRecord
	for _, a := range all {
		records = append(records, a.State())
	}
	return records
}

func alertStored(w world) {
	m := w.matter()
	cause := m.cause()
	m.must(m.notify(cause, "75"))
	m.must(m.notify(m.cause(), "75"))
	got, err := m.Acknowledge(m.Context(), m.by(), cause.ID, "seen")
	m.must(err)
	want := m.alerts(performance.AlertQuery{})
	m.equal("alerts", len(want), 1)
	if diff := cmp.Diff(want[0], got.State()); diff != "" {
		m.Error(diff)
	}
	m.equal("count", want[0].Count, int64(2))
	m.equal("last seq", want[0].LastSeq, int64(2))
	m.equal("state", want[0].State, performance.Acknowledged)
	m.sawOnly(m.campaign.Partner, "partner.created", "alert.raised", "alert.acknowledged")
}

func alertRace(w world) {
	m := w.matter()
	causes := make([]event.Event, 8)
	for i := range causes {
		causes[i] = m.cause()
	}
	w.equal("notices", w.tally(together(len(causes), func(i int) error { return m.notify(causes[i], "75") }), nil, nil), len(causes))
	w.equal("alerts", len(m.alerts(performance.AlertQuery{})), 1)
	w.sawOnly(m.campaign.Partner, "partner.created", "alert.raised")
}

func alertTwice(w world) {
	m := w.matter()
	cause := m.cause()
	for range 2 {
		m.must(m.notify(cause, "75"))
	}
	m.settle("75")
	m.must(m.notify(cause, "75")) // again, after the matter was settled
	m.settle("75")
	alerts := m.alerts(performance.AlertQuery{})
	m.equal("alerts", len(alerts), 1)
	m.equal("count", alerts[0].Count, int64(1))
	m.equal("state", alerts[0].State, performance.Resolved)
	m.sawOnly(m.campaign.Partner, "partner.created", "alert.raised", "alert.resolved")
}

func alertAgain(w world) {
	m := w.matter()
	m.must(m.notify(m.cause(), "75"))
	m.settle("75")
	m.must(m.notify(m.cause(), "75"))
	alerts := m.alerts(performance.AlertQuery{})
	m.equal("alerts", len(alerts), 2)
	m.equal("newest first", alerts[0].State, performance.Firing)
}

func mattersApart(w world) {
	m, other := w.matter(), w.matter()
	for _, subject := range []string{"75", "90", ""} {
		m.must(m.notify(m.cause(), subject))
	}
	other.campaign.Campaign = m.campaign.Campaign // of another partner
	m.must(other.notify(other.cause(), "75"))
	m.settle("90")
	m.equal("open", len(m.alerts(performance.AlertQuery{States: []performance.AlertState{performance.Firing}})), 2)
	m.equal("open elsewhere", len(other.alerts(performance.AlertQuery{})), 1)
}

func foreignAlert(w world) {
	m := w.matter()
	cause := m.cause()
	m.must(m.notify(cause, "75"))
	stranger := w.matter().by()
	_, err := m.Get(m.Context(), stranger, cause.ID)
	m.is(err, performance.ErrAlertNotFound)
	_, err = m.Acknowledge(m.Context(), stranger, cause.ID, "seen")
	m.is(err, performance.ErrAlertNotFound)
	read, err := m.Get(m.Context(), m.by(), cause.ID)
	m.must(err)
	m.equal("read as it was raised", read.State().Title, "75 %")
	_, err = m.Resolve(m.Context(), event.Origin{}, cause.ID, "seen") // an administrator
	m.must(err)
	m.sawOnly(m.campaign.Partner, "partner.created", "alert.raised", "alert.resolved")
}

func alertList(w world) {
	m := w.matter()
	for range 5 {
		m.campaign.Campaign = newID()
		m.must(m.notify(m.cause(), "75"))
	}
	m.settle("75")
	m.equal("all", len(m.alerts(performance.AlertQuery{})), 5)
	m.equal("of one campaign", len(m.alerts(performance.AlertQuery{Campaign: m.campaign.Campaign})), 1)
	m.equal("of no campaign", len(m.alerts(performance.AlertQuery{Campaign: uuid.Max})), 0)
	open := performance.AlertQuery{States: []performance.AlertState{performance.Firing, performance.Acknowledged}}
	m.equal("open", len(m.alerts(open)), 4)
}
