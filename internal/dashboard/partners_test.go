package dashboard

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/auth"
	"github.com/hexabuilders/campaignd/partners"
)

// A new system has no partner, and nothing to show: an administrator is led to
// naming the first one, and from there to its pages.
func TestANewSystemBeginsWithAPartner(t *testing.T) {
	w := newEmptyWorld(t)
	admin := w.session(partners.RoleAdmin)
	for _, path := range []string{"/", "/campaigns", "/billing", "/audiences/panels"} {
		if status, _, header := w.get(path, admin, "en"); status != http.StatusSeeOther || header.Get("Location") != "/partners" {
			t.Errorf("%s without a partner: status %d to %q", path, status, header.Get("Location"))
		}
	}
	_, body, _ := w.get("/partners", admin, "en")
	has(t, body, "No partner yet", `href="#partner_name"`)
	if status, _, _ := w.get("/settings/brokers", admin, "en"); status != http.StatusOK {
		t.Errorf("the brokers of a new system: status %d", status)
	}
	status, body, _ := w.post("/partners", admin, url.Values{"partner_name": {""}, "partner_timezone": {"Nowhere/Town"}, "partner_currency": {"USD"}}.Encode())
	if status != http.StatusUnprocessableEntity || strings.Count(body, `aria-invalid="true"`) != 2 {
		t.Errorf("a partner without a name: status %d, %d marked", status, strings.Count(body, `aria-invalid="true"`))
	}
	status, _, header := w.post("/partners", admin, url.Values{"partner_name": {"Café Andino"}, "partner_timezone": {"America/Bogota"}, "partner_currency": {"COP"}}.Encode())
	if status != http.StatusSeeOther || header.Get("Location") != "/" {
		t.Fatalf("the first partner: status %d to %q", status, header.Get("Location"))
	}
	_, body, _ = w.get("/", admin, "en")
	has(t, body, "Café Andino", `href="/campaigns/new"`)
	_, body, _ = w.get("/partners", admin, "es")
	has(t, body, "Estás viendo este", "America/Bogota", "campaignd keys issue ")
}

// Who may not do something is not offered it.
func TestNobodyIsOfferedWhatIsRefused(t *testing.T) {
	w := newWorld(t)
	for role, may := range map[partners.Role]bool{partners.RoleManager: true, partners.RoleAnalyst: false, partners.RoleApprover: false} {
		who := w.session(role)
		for _, path := range []string{"/", "/campaigns"} {
			_, body, _ := w.get(path, who, "en")
			if got := strings.Contains(body, "/campaigns/new"); got != may {
				t.Errorf("%s offers a new campaign to the role %s: %t", path, role, got)
			}
		}
		if status, _, _ := w.get("/partners", who, "en"); status != http.StatusForbidden {
			t.Errorf("the partners for the role %s: status %d", role, status)
		}
	}
}

func (w *world) newPartner(name string) uuid.UUID {
	p, err := w.partners.Create(w.t.Context(), event.Origin{Kind: event.ActorOperator}, partners.NewPartner{Name: name, Timezone: "America/Bogota", Currency: "USD"})
	must(w.t, err)
	return p.State().ID
}

// key is an API key of a role.
func (w *world) key(partner uuid.UUID, role partners.Role) string {
	if role == partners.RoleAdmin {
		partner = uuid.Nil // an operator's belongs to no partner
	}
	_, secret, err := w.partners.IssueKey(w.t.Context(), event.Origin{Kind: event.ActorOperator}, partner, partners.NewKey{Role: role, Name: "Laura " + string(role)})
	must(w.t, err)
	return secret
}

// session is the cookie of somebody signed in with a role.
func (w *world) session(role partners.Role) *http.Cookie {
	who, err := w.partners.Authenticate(w.t.Context(), w.key(w.partner, role))
	must(w.t, err)
	token, _, err := w.sessions.Open(w.t.Context(), who)
	must(w.t, err)
	return &http.Cookie{Name: auth.CookieName, Value: token}
}
