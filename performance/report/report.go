package report

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// State is where a report stands.
type State string

// The states.
const (
	Queued    State = "queued"
	Running   State = "running"
	Ready     State = "ready"
	Failed    State = "failed"
	Cancelled State = "cancelled"
	Expired   State = "expired" // it was ready; its file is gone, its definition is kept
)

// States are all of them.
var States = []State{Queued, Running, Ready, Failed, Cancelled, Expired}

// Retention is how long a file is kept after it was made.
const Retention = 30 * 24 * time.Hour

// Report is one order on its way to a file.
type Report struct {
	ID         uuid.UUID  `json:"id"`
	Partner    uuid.UUID  `json:"partner_id"`
	Schedule   *uuid.UUID `json:"schedule_id,omitempty"`
	Definition Definition `json:"definition"`
	State      State      `json:"state"`
	Progress   Progress   `json:"progress"`
	Totals     []Total    `json:"totals"`
	Size       int64      `json:"size"`
	SHA256     string     `json:"sha256,omitempty"` // in hexadecimal
	Problem    *Problem   `json:"problem,omitempty"`
	Attempt    int64      `json:"attempt"` // how often a worker has begun it
	CreatedBy  string     `json:"created_by,omitempty"`
	CreatedAt  time.Time  `json:"created_at"`
	FinishedAt *time.Time `json:"finished_at,omitempty"`
	ExpiresAt  *time.Time `json:"expires_at,omitempty"`
}

// Progress counts the campaigns that were read (each twice when the rows are
// written too) and the rows that were written.
type Progress struct {
	Done  int `json:"done"`
	Total int `json:"total"`
	Rows  int `json:"rows"`
}

// Total is what a report adds up to in one currency.
type Total struct {
	Currency    string                     `json:"currency"`
	Impressions int64                      `json:"impressions"`
	Clicks      int64                      `json:"clicks"`
	Conversions int64                      `json:"conversions"`
	Leads       int64                      `json:"leads"`
	Spend       money.Money                `json:"spend"`
	Revenue     money.Money                `json:"revenue"`
	KPIs        map[string]json.RawMessage `json:"kpis"` // as performance.KPI writes them
}

// Problem is why a report failed, and what to do.
type Problem struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Fix    string `json:"fix"`
}

// Over reports whether nothing will happen to the report any more.
func (r Report) Over() bool { return r.State != Queued && r.State != Running }

func problemOf(err error) *Problem {
	if f := fault.As(err); f != nil && (f.Kind != fault.Internal || f.Code == ErrAbandoned.Code) {
		return &Problem{f.Code, f.Detail, f.Fix}
	}
	return &Problem{"internal", "The report could not be made; the cause is in the service's log.", "Ask for it again; if it fails again, quote its id to the operators."}
}

func totalsOf(d *Document) ([]Total, error) {
	all := []Total{}
	for _, c := range d.Currencies {
		code := money.Currency(c.Code)
		t := Total{Currency: c.Code, Impressions: c.Now.Impressions, Clicks: c.Now.Clicks, Conversions: c.Now.Conversions, Leads: c.Now.Leads,
			Spend: money.New(c.Now.Spend, code), Revenue: money.New(c.Now.Revenue, code), KPIs: map[string]json.RawMessage{}}
		kpis := performance.KPIs(c.Now)
		for _, name := range ShownKPIs {
			text, err := json.Marshal(kpis[name])
			if err != nil {
				return nil, err
			}
			t.KPIs[name] = text
		}
		all = append(all, t)
	}
	return all, nil
}
