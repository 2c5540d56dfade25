package dashboard

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting/panel"
	"github.com/hexabuilders/campaignd/targeting/reach"
)

// reachOf puts panels and reach over a store.
func (w *world) reachOf(db *sqlstore.DB) *reach.Service {
	w.panels = panel.NewService(panel.Config{Store: db.Panels(), Blocks: db.Panels(), Now: time.Now, NewID: newID})
	return reach.NewService(reach.Config{
		Defaults: reach.Standard(), Panels: w.panels, Factors: db.Reach(), Record: db.Reach(), Delivery: reached{w}, Now: time.Now,
	})
}

// reached is what campaigns delivered, as their metrics say it.
type reached struct{ w *world }

func (r reached) Campaign(ctx context.Context, partner, id uuid.UUID) (reach.Subject, error) {
	c, err := r.w.campaigns.Get(ctx, event.Origin{Partner: partner}, id)
	if err != nil {
		return reach.Subject{}, err
	}
	s := c.State()
	return reach.Subject{Partner: s.Partner, Name: s.Name, Targeting: s.Targeting}, nil
}

func (r reached) Days(ctx context.Context, partner, id uuid.UUID) ([]reach.Day, error) {
	t, err := r.w.metrics.Totals(ctx, partner, id)
	return []reach.Day{{Impressions: t.Impressions, Spend: money.New(t.Spend, money.Currency(t.Currency)), Reach: t.Reach}}, err
}

var panelAt = regexp.MustCompile(`/panels/[0-9a-f-]{36}`)

const people = "weight,country,age,sex,occupation\n100,US,39,Male,Adm-clerical\n200,US,50,Female,Exec-managerial\n300,US,38,Female,Exec-managerial\n400,PE,?,Female,?\nx,US,3,Male,?\n"

func TestPanelsOnTheDashboard(t *testing.T) {
	w := newWorld(t)
	who := w.session(partners.RoleManager)
	_, body, _ := w.get("/audiences/panels", who, "es")
	has(t, body, "Aún no hay paneles", "Cargar un panel", `data-upload="/api/v1/panels"`)
	status, body, _ := w.file("/audiences/panels", who, map[string]string{"name": "Encuesta", "country": "Perú"}, people)
	if status != http.StatusUnprocessableEntity {
		t.Fatalf("status %d", status)
	}
	has(t, body, `aria-invalid="true"`)
	status, _, _ = w.file("/audiences/panels", who, map[string]string{"name": "Encuesta"}, "nothing")
	if status != http.StatusUnprocessableEntity {
		t.Fatalf("status %d", status)
	}
	status, _, header := w.file("/audiences/panels", who, map[string]string{"name": "Encuesta <2026>"}, people)
	at := panelAt.FindString(header.Get("Location"))
	if status != http.StatusSeeOther || at == "" {
		t.Fatalf("%d %v", status, header)
	}
	_, body, _ = w.get(at, who, "en")
	has(t, body, "Encuesta &lt;2026&gt;", "Ready", "occupation", "1 rows refused", "Effective size", "Line 6")
	_, body, _ = w.get(at+"?attribute=occupation&attribute_values=Exec-managerial&genders=female&age_min=40", who, "en")
	has(t, body, ">200<", "1 of 4 rows")
	_, body, _ = w.get(at+"?attribute=age&attribute_values=38..50", who, "en")
	has(t, body, ">600<")
	_, body, _ = w.get(at+"?age_min=1&age_max=200", who, "es")
	has(t, body, `class="error"`)
	_, body, _ = w.get("/audiences/panels", who, "en")
	has(t, body, "Used for reach by itself", "Failed: nothing is kept")
	if status, _, _ := w.post(at+"/automatic", who, "revision=0&automatic=false"); status != http.StatusSeeOther {
		t.Errorf("switching: %d", status)
	}
	_, body, _ = w.get(at, who, "en")
	has(t, body, "Only where it is named", "Use it for reach")
	if status, _, _ := w.post(at+"/delete", who, "revision=1"); status != http.StatusPreconditionFailed {
		t.Errorf("a stale deletion: %d", status)
	}
	reader := w.session(partners.RoleAnalyst)
	if status, _, _ := w.post(at+"/delete", reader, "revision=0"); status != http.StatusForbidden {
		t.Errorf("a reader deletes: %d", status)
	}
	if status, _, _ := w.post(at+"/delete", who, "revision=0"); status != http.StatusSeeOther {
		t.Errorf("deletion: %d", status)
	}
	if status, _, _ := w.get(at, who, "en"); status != http.StatusNotFound {
		t.Errorf("after it: %d", status)
	}
}

// file sends a form with a file as a browser without scripts does.
func (w *world) file(path string, who *http.Cookie, fields map[string]string, file string) (int, string, http.Header) {
	w.t.Helper()
	var text bytes.Buffer
	form := multipart.NewWriter(&text)
	for name, value := range fields {
		must(w.t, form.WriteField(name, value))
	}
	part, err := form.CreateFormFile("file", "people.csv")
	must(w.t, err)
	_, err = part.Write([]byte(file))
	must(w.t, err)
	must(w.t, form.Close())
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.url+path, &text)
	must(w.t, err)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Accept-Language", "en")
	r.AddCookie(who)
	answer, err := http.DefaultTransport.RoundTrip(r)
	must(w.t, err)
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	must(w.t, err)
	return answer.StatusCode, string(body), answer.Header
}

func TestSharesOnTheDashboard(t *testing.T) {
	w := newWorld(t)
	who := w.session(partners.RoleManager)
	_, body, _ := w.get("/audiences/factors", who, "es")
	has(t, body, "Supuestos de planificación de este producto", "Los intereses más amplios", "Un supuesto: las plataformas", "La primera lengua de un país")
	for _, code := range []string{"level:1", "top_10", "cellular", "first"} {
		if strings.Contains(body, `<th scope="row">`+code+`<`) {
			t.Errorf("the page says %s", code)
		}
	}
	set := url.Values{"revision": {"1"}, "factor_criterion": {"platforms"}, "factor_value": {"tiktok"}, "factor_share": {"30"}, "factor_low": {"20"}, "factor_high": {"x"}, "factor_source": {"Our survey"}}
	status, body, _ := w.post("/audiences/factors", who, set.Encode())
	if status != http.StatusUnprocessableEntity {
		t.Fatalf("status %d", status)
	}
	has(t, body, `aria-invalid="true"`, `value="tiktok"`)
	set.Set("factor_high", "40.5")
	if status, _, _ := w.post("/audiences/factors", who, set.Encode()); status != http.StatusSeeOther {
		t.Fatalf("status %d", status)
	}
	_, body, _ = w.get("/audiences/factors", who, "en")
	has(t, body, "TikTok", "30.0%", "20.0% to 40.5%", "Our survey")
	if status, _, _ := w.post("/audiences/factors", who, set.Encode()); status != http.StatusPreconditionFailed {
		t.Errorf("a stale change: %d", status)
	}
	set.Set("revision", "2")
	set.Set("remove", "1")
	if status, _, _ := w.post("/audiences/factors", who, set.Encode()); status != http.StatusSeeOther {
		t.Errorf("removal: %d", status)
	}
	_, body, _ = w.get("/audiences/factors", who, "en")
	has(t, body, "You have set none")
}
