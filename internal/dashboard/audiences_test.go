package dashboard

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting/audience"
)

func audiencesOf(db *sqlstore.DB) *audience.Service {
	return audience.NewService(audience.Config{
		Store: db.Audiences(), Uploads: db.Audiences(), People: db.People(), Facts: db.People(), Eraser: db.People(),
		Currency: func(context.Context, uuid.UUID) (string, error) { return "COP", nil }, Now: time.Now, NewID: newID,
	})
}

var audienceAt = regexp.MustCompile(`/audiences/[0-9a-f-]{36}`)

func TestAudiencesOnTheDashboard(t *testing.T) {
	w := newWorld(t)
	who := w.session(partners.RoleManager)
	_, body, _ := w.get("/audiences", who, "es")
	has(t, body, "Aún no hay audiencias", "Crear y luego subir", "Olvidar a una persona")
	order := url.Values{"audience_name": {""}, "audience_days": {"600"}, "audience_minimum": {"2"}, "audience_basis": {"consent"}}
	status, body, _ := w.post("/audiences", who, order.Encode())
	if status != http.StatusUnprocessableEntity {
		t.Fatalf("status %d", status)
	}
	has(t, body, `aria-invalid="true"`, `value="600"`)
	order.Set("audience_name", "Clientes <2026>")
	order.Set("audience_days", "30")
	status, _, header := w.post("/audiences", who, order.Encode())
	at := audienceAt.FindString(header.Get("Location"))
	if status != http.StatusSeeOther || at == "" {
		t.Fatalf("%d %v", status, header)
	}
	_, body, _ = w.get(at, who, "en")
	has(t, body, "Clientes &lt;2026&gt;", "Too small", "Upload", `data-upload="/api/v1`)

	file := "email,city\nana@example.com,Lima\nnot an address,Lima\nb@example.com,Quito\n"
	w.form(at+"/members", who, file)
	_, body, _ = w.get(at, who, "en")
	has(t, body, "Ready", "Line 3", "30 days")
	if strings.Contains(body, "not an address") || strings.Contains(body, "ana@") {
		t.Error("the page repeats what was sent")
	}
	status, body, _ = w.form(at+"/members", who, "city\nLima\n")
	if status != http.StatusUnprocessableEntity {
		t.Errorf("%d %s", status, body)
	}
	w.post("/audiences/erase", who, url.Values{"erase_email": {"ANA@example.com"}}.Encode())
	_, body, _ = w.get(at, who, "en")
	has(t, body, `<data class="figure" value="1">1</data>`, "Too small")
	if status, _, _ = w.post("/audiences/erase", who, ""); status != http.StatusUnprocessableEntity {
		t.Errorf("erasing nobody: %d", status)
	}
	if status, _, _ = w.post(at+"/delete", who, "revision=1"); status != http.StatusPreconditionFailed {
		t.Errorf("a stale deletion: %d", status)
	}
	if status, _, _ = w.post(at+"/delete", who, "revision=0"); status != http.StatusSeeOther {
		t.Errorf("deletion: %d", status)
	}
	if status, _, _ = w.get(at, who, "en"); status != http.StatusNotFound {
		t.Errorf("after it: %d", status)
	}
	reader := w.session(partners.RoleAnalyst)
	_, body, _ = w.get("/audiences", reader, "en")
	if strings.Contains(body, "Create, then upload") {
		t.Error("a reader is offered a form")
	}
	if status, _, _ = w.post("/audiences", reader, order.Encode()); status != http.StatusForbidden {
		t.Errorf("a reader creates: %d", status)
	}
}

// form sends a file as a browser without scripts does.
func (w *world) form(path string, who *http.Cookie, file string) (int, string, http.Header) {
	w.t.Helper()
	const edge = "----edge"
	text := "--" + edge + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"people.csv\"\r\n\r\n" + file + "\r\n--" + edge + "--\r\n"
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.url+path, strings.NewReader(text))
	must(w.t, err)
	r.Header.Set("Content-Type", "multipart/form-data; boundary="+edge)
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

func TestSegmentsAndOverlapOnTheDashboard(t *testing.T) {
	w := newWorld(t)
	who := w.session(partners.RoleManager)
	var ids []string
	for _, name := range []string{"Uno", "Dos"} {
		_, _, header := w.post("/audiences", who, url.Values{"audience_name": {name}, "audience_days": {"30"}, "audience_minimum": {"1"}, "audience_basis": {"consent"}}.Encode())
		ids = append(ids, strings.TrimPrefix(header.Get("Location"), "/audiences/"))
	}
	w.form("/audiences/"+ids[0]+"/members", who, "email,city,purchases\na@example.com,Lima,2\nb@example.com,Quito,1\n")
	w.form("/audiences/"+ids[1]+"/members", who, "email\nb@example.com\nc@example.com\n")
	rule := url.Values{"segment_name": {"Lima que compra"}, "segment_base": {""}, "what": {"city", "#purchases"}, "how": {"is", "min"}, "value": {"Lima, Cali", "2"}, "days": {"", "30"}}
	_, body, _ := w.post("/audiences/segments/preview", who, rule.Encode())
	has(t, body, `<data class="figure" value="1">1</data>`, "of 3 people", "1 meet it", "without it 0 more", `value="Lima, Cali"`, "No segments yet")
	if status, body, _ := w.post("/audiences/segments", who, rule.Encode()); status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, body)
	}
	_, body, _ = w.get("/audiences/segments", who, "es")
	has(t, body, "Lima que compra", "city es una de Lima, Cali", "Compras al menos 2 (30 días)", `class="end">1</td>`)
	rule.Set("how", "min")
	rule["value"] = []string{"many", "2"}
	if status, _, _ := w.post("/audiences/segments", who, rule.Encode()); status != http.StatusUnprocessableEntity {
		t.Errorf("a bound that is no number: %d", status)
	}
	rule["value"], rule["how"], rule["days"] = []string{"Lima", "2"}, []string{"is", "min"}, []string{"", "soon"}
	if status, _, _ := w.post("/audiences/segments/preview", who, rule.Encode()); status != http.StatusUnprocessableEntity {
		t.Errorf("days that are no number: %d", status)
	}
	_, body, _ = w.get("/audiences/overlap?audience="+ids[0]+"&audience="+ids[1], who, "en")
	has(t, body, "Everybody once: <strong>3</strong>", "In all of them: <strong>1</strong>", "50%")
	one, two := w.running("Social · Navidad", campaigns.Social), w.running("Búsqueda · Marca", campaigns.Search)
	_, body, _ = w.get("/audiences/overlap?campaign="+one.ID.String()+"&campaign="+two.ID.String(), who, "es")
	has(t, body, "Personas a las que ambas apuntan", "parecido", "100 casos", `value="`+one.ID.String()+`" checked`)
	if _, body, _ = w.get("/audiences/overlap", who, "es"); !strings.Contains(body, "Elige de 2 a 10") {
		t.Error("nothing to choose from")
	}
	for i := range pageSize {
		w.running(fmt.Sprintf("Display %d", i), campaigns.Display)
	}
	_, body, _ = w.get("/audiences/overlap?q=social+%C2%B7&campaign="+two.ID.String()+"&campaign="+two.ID.String()+"&campaign="+newID().String(), who, "en")
	has(t, body, "Social · Navidad", `value="`+two.ID.String()+`" checked`)
	if strings.Contains(body, "Display 1") || strings.Count(body, `value="`+two.ID.String()) != 1 {
		t.Error("others than those that are looked for, or one twice")
	}
	if _, body, _ = w.get("/audiences/overlap", who, "en"); !strings.Contains(body, "Look for others by name") {
		t.Error("the rest is not spoken of")
	}
}
