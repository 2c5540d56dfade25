package market

import "testing"

// A handful of campaigns; "campaignd bench optimise" runs 200.
func TestOptimisingSavesMoney(t *testing.T) {
	runs := 8
	if testing.Short() {
		runs = 1
	}
	trial, err := TryOptimising(t.Context(), runs, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", trial)
	switch {
	case trial.Moves == 0:
		t.Error("nothing was changed")
	case testing.Short():
	case trial.Better < 0.05 || trial.Tenth < -0.02 || trial.Improved < 0.75:
		t.Errorf("%+v", trial)
	}
	again, err := newTried(1, 0).run(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	if once, _ := newTried(1, 0).run(t.Context(), true); once != again {
		t.Errorf("the same seed gives %+v and %+v", once, again)
	}
}
