package dashboard

import (
	"testing"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/partners"
)

func TestTheSetupShowsTheReach(t *testing.T) {
	w := newWorld(t)
	s, who := w.running("Navidad", campaigns.Social), w.session(partners.RoleManager)
	_, body, _ := w.get("/campaigns/"+s.ID.String()+"/setup", who, "en")
	has(t, body, "Reach", " people", "Use the Internet", "independent of each other")
	_, body, _ = w.get("/campaigns/"+s.ID.String()+"/setup", who, "es")
	has(t, body, "Alcance", "Usan internet", "Proporción de personas que usan Internet", "Supuestos de planificación")
}

func TestInterestsAreTakenByName(t *testing.T) {
	for entered, want := range map[string]string{"607": "607", "camping": "", "no such thing": "no such thing"} {
		if got := interestID(entered); want != "" && got != want {
			t.Errorf("%q becomes %q", entered, got)
		}
	}
	for n, want := range map[int64]int64{0: 0, 99: 99, 12_345: 12_000, 987_654: 990_000} {
		if got := about(n); got != want {
			t.Errorf("about %d is %d", n, got)
		}
	}
}
