package market

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A handful of campaigns; "campaignd bench optimise" runs 200.
func TestOptimisingSavesMoney(t *testing.T) {
	runs := 12
	if testing.Short() {
		runs = 2
	}
	trial, err := TryOptimising(t.Context(), runs, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", trial)
	if trial.Moves == 0 || trial.Tenth < -0.05 || !testing.Short() && (trial.Better < 0.05 || trial.Improved < 0.75) {
		t.Errorf("%+v", trial)
	}
	if testing.Short() {
		again, err := TryOptimising(t.Context(), runs, 1)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(trial, again); diff != "" {
			t.Errorf("the same seed gives another trial: %s", diff)
		}
	}
}
