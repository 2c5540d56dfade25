package dashboard

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/reportfile"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance/report"
)

// reportsOf are the reports of the world, which a worker makes until the test
// ends.
func (w *world) reportsOf(db *sqlstore.DB) *report.Service {
	service := report.NewService(report.Ports{Store: db.Reports(), Files: db.Reports(), Schedules: db.Reports(), Source: namesOf{w}, Metrics: w.metrics}, time.Now)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = report.NewWorker(service, db.Reports(), reportfile.Renderer{}).Run(ctx)
	}()
	w.t.Cleanup(func() { stop(); <-done })
	return service
}

// namesOf is what reports say besides numbers.
type namesOf struct{ w *world }

func (n namesOf) Zone(context.Context, uuid.UUID) (string, error) { return "America/Bogota", nil }

func (n namesOf) Facts(ctx context.Context, partner uuid.UUID, _ []uuid.UUID) (report.Facts, error) {
	facts := report.Facts{Partner: "Café Andino", PartnerZone: "America/Bogota"}
	found, _, err := n.w.campaigns.List(ctx, event.Origin{Partner: partner}, campaigns.Query{})
	for _, c := range found {
		s := c.State()
		facts.Campaigns = append(facts.Campaigns, report.Campaign{ID: s.ID, Name: s.Name, Status: string(s.Status), Currency: string(s.Currency), Timezone: s.Timezone})
	}
	return facts, err
}

func TestReportsOnTheDashboard(t *testing.T) {
	w := newWorld(t)
	s := w.running("Navidad", campaigns.Social)
	w.deliver(s.ID, 30*time.Hour, 10_000, 200, 12, 1234.5)
	who := w.session(partners.RoleAnalyst)
	_, body, _ := w.get("/reports", who, "en")
	has(t, body, "No reports yet", "Make the report", "Navidad")
	order := url.Values{"report_scope": {"partner"}, "report_period": {"last_7_days"}, "report_format": {"html"}, "report_lang": {"es"}, "report_every": {"once"}}
	if status, _, _ := w.post("/reports", who, order.Encode()); status != http.StatusSeeOther {
		t.Fatalf("status %d", status)
	}
	file := regexp.MustCompile(`/reports/[0-9a-f-]{36}/file`)
	for end := time.Now().Add(10 * time.Second); file.FindString(body) == "" && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		_, body, _ = w.get("/reports", who, "es")
	}
	has(t, body, "Listo", "Descargar", "Todas las campañas")
	status, text, header := w.get(file.FindString(body), who, "es")
	if status != http.StatusOK || header.Get("Content-Disposition") == "" {
		t.Errorf("%d %v", status, header)
	}
	has(t, text, "Informe de rendimiento", "Navidad", "<svg", "1.234,50")

	order.Set("report_every", "monthly")
	w.post("/reports", who, order.Encode())
	_, body, _ = w.get("/reports", who, "en")
	has(t, body, "Made by themselves", "On the first of the month")
	order.Set("report_scope", "campaign:nonsense")
	if status, _, _ := w.post("/reports", who, order.Encode()); status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", status)
	}
}
