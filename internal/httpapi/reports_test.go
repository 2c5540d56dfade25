package httpapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/reportfile"
	"github.com/hexabuilders/campaignd/performance/report"
)

// named is what the program tells reports besides numbers: here, the names of
// the campaigns asked for.
type named struct{ w *world }

func (n named) Zone(ctx context.Context, partner uuid.UUID) (string, error) {
	p, err := n.w.services.Partners.Get(ctx, partner)
	if err != nil {
		return "", err
	}
	return p.State().Timezone, nil
}

func (n named) Facts(ctx context.Context, partner uuid.UUID, ids []uuid.UUID) (report.Facts, error) {
	facts := report.Facts{Partner: "Andes", PartnerZone: "America/Bogota"}
	for _, id := range ids {
		c, err := n.w.services.Campaigns.Get(ctx, event.Origin{Partner: partner}, id)
		if err != nil {
			return facts, err
		}
		s := c.State()
		facts.Campaigns = append(facts.Campaigns, report.Campaign{ID: id, Name: s.Name, Status: string(s.Status), Currency: string(s.Currency), Timezone: s.Timezone})
	}
	return facts, nil
}

// A report is ordered, listed, cancelled or made, downloaded, and forgotten.
func TestReportsThroughHTTP(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	campaign := strings.TrimPrefix(h.active(), "/api/v1/campaigns/")
	made := h.call(h.analyst, "POST", "/api/v1/reports", `{"scope":"campaign:`+campaign+`","period":"last_7_days","format":"csv"}`).want(http.StatusCreated)
	at := made.Header.Get("Location")
	if made.str("state") != "queued" || made.str("scope") != "campaign:"+campaign || made.str("known_at") == "" {
		t.Errorf("%s", made.text)
	}
	h.call(h.analyst, "GET", at+"/file", nil).refused(http.StatusConflict, "report_not_ready")
	if got := h.call(h.analyst, "POST", at+"/cancel", nil).want(http.StatusOK); got.str("state") != "cancelled" {
		t.Errorf("%s", got.text)
	}
	second := h.call(h.analyst, "POST", "/api/v1/reports", `{"scope":{"type":"campaigns","ids":["`+campaign+`"]},"from":"2026-02-01","to":"2026-03-01"}`).want(http.StatusCreated)
	ctx, stop := context.WithCancel(t.Context())
	worked := make(chan error, 1)
	go func() { worked <- report.NewWorker(h.services.Reports, h.db.Reports(), reportfile.Renderer{}).Run(ctx) }()
	at = second.Header.Get("Location")
	for end := time.Now().Add(10 * time.Second); h.call(h.analyst, "GET", at, nil).str("state") != "ready" && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	if err := <-worked; err != nil {
		t.Fatal(err)
	}
	file := h.call(h.analyst, "GET", at+"/file", nil).want(http.StatusOK)
	if file.Header.Get("Content-Disposition") != `attachment; filename="report-campaigns-2026-02-01-2026-02-28.json"` || file.str("partner") != "Andes" {
		t.Errorf("%v: %s", file.Header, file.text)
	}
	if all := h.call(h.analyst, "GET", "/api/v1/reports?state=ready,cancelled", nil).want(http.StatusOK); all.len("items") != 2 {
		t.Errorf("%s", all.text)
	}
	h.call(h.analyst, "DELETE", at, nil).want(http.StatusNoContent)
	h.call(h.analyst, "GET", at, nil).refused(http.StatusNotFound, "report_not_found")
}

func TestReportsThatAreRefused(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	for body, field := range map[string]string{
		`{"scope":"everything","period":"yesterday"}`:                                    "scope",
		`{"scope":"partner","from":"2026-03-02","to":"2026-03-01"}`:                      "to",
		`{"scope":"partner","from":"2010-01-01","to":"2026-03-01"}`:                      "to",
		`{"scope":"partner","from":"2026-03-01","to":"2026-03-01T00:00:00Z"}`:            "from",
		`{"scope":"partner","period":"yesterday","timezone":"America/Macondo"}`:          "timezone",
		`{"scope":"partner","period":"yesterday","from":"2026-03-01","to":"2026-03-02"}`: "period",
		`{"scope":"partner","period":"yesterday","group_by":["mood"]}`:                   "group_by",
		`{"scope":"campaign:one","period":"yesterday"}`:                                  "scope.ids",
	} {
		if got := h.call(h.analyst, "POST", "/api/v1/reports", body).refused(http.StatusUnprocessableEntity, "validation_failed"); got.str("errors.0.path") != field {
			t.Errorf("%s: %s", body, got.text)
		}
	}
	h.call(h.analyst, "POST", "/api/v1/reports", `{"scope":"campaign:`+newID().String()+`","period":"yesterday"}`).want(http.StatusNotFound)
	weekly := h.call(h.analyst, "POST", "/api/v1/report-schedules", `{"scope":"partner","every":"weekly","format":"pdf","timezone":"America/Bogota"}`).want(http.StatusCreated)
	if weekly.str("next_at") != "2026-03-09T05:00:00Z" { // the next Monday's midnight there
		t.Errorf("%s", weekly.text)
	}
}
