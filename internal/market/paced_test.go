package market

import "testing"

// At least 95 % of campaigns end within 5 % of their budget, none spends more
// than was authorised, and the controller is what does it.
func TestPacedCampaignsEndOnTheirBudget(t *testing.T) {
	n := 200
	if testing.Short() {
		n = 40
	}
	trial, err := TryPacing(t.Context(), n, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", trial)
	if trial.Controlled.Within < 0.95 || trial.Controlled.Beyond > 0 || trial.SetOnce.Within > trial.Controlled.Within-0.2 {
		t.Error("the controller does not hold campaigns to their budget")
	}
	again, err := TryPacing(t.Context(), 5, 1)
	same, _ := TryPacing(t.Context(), 5, 1)
	if err != nil || again.Controlled != same.Controlled {
		t.Error("the same seed gives another trial")
	}
}
