package dashboard

import (
	"net/http"
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/partners"
)

func TestWindowsOfSourcesAreDeclaredOnTheirPage(t *testing.T) {
	w := newWorld(t)
	manager, analyst := w.session(partners.RoleManager), w.session(partners.RoleAnalyst)
	_, body, _ := w.get(sourcesPath, analyst, "en")
	has(t, body, "Nothing is declared yet")
	if strings.Contains(body, `name="source_name"`) {
		t.Error("an analyst is shown the form")
	}
	if status, _, _ := w.post(sourcesPath, analyst, "source_name=meta_ads&source_click=7&source_view=1"); status != http.StatusForbidden {
		t.Errorf("by an analyst: %d", status)
	}
	status, body, _ := w.post(sourcesPath, manager, "source_name=&source_click=x&source_view=91")
	if status != http.StatusUnprocessableEntity {
		t.Fatalf("nonsense: %d", status)
	}
	has(t, body, `value="91"`)
	if n := strings.Count(body, `aria-invalid="true"`); n != 3 {
		t.Errorf("%d fields are said to be wrong", n)
	}
	if status, _, _ := w.post(sourcesPath, manager, "source_name=meta_ads&source_click=7&source_view=1"); status != http.StatusSeeOther {
		t.Fatalf("declared: %d", status)
	}
	_, body, _ = w.get(sourcesPath, manager, "es")
	has(t, body, "meta_ads", "7 días", "1 día")
	if status, _, _ := w.post(sourcesPath+"/withdraw", manager, "source_name=meta_ads&revision=9"); status != http.StatusPreconditionFailed {
		t.Errorf("of another revision: %d", status)
	}
	if status, _, _ := w.post(sourcesPath+"/withdraw", manager, "source_name=meta_ads&revision=1"); status != http.StatusSeeOther {
		t.Errorf("withdrawn: %d", status)
	}
	_, body, _ = w.get(sourcesPath, manager, "en")
	has(t, body, "Nothing is declared yet")
}
