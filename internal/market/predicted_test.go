package market

import (
	"slices"
	"testing"
)

// TestIntervalsHoldWhatTheyPromise: 80 % intervals hold about 80 % of what comes,
// in markets that stand and in markets that wander, a week and four weeks ahead.
func TestIntervalsHoldWhatTheyPromise(t *testing.T) {
	markets, least, most := 150, 0.70, 0.95
	if testing.Short() {
		markets, least, most = 15, 0.4, 1
	}
	trial, err := TryPredicting(t.Context(), markets, 2)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(predictedMarkets) * len(predictedSpans) * len(predictedFigures); len(trial.Results) != want {
		t.Errorf("%d results, want %d", len(trial.Results), want)
	}
	for _, r := range trial.Results {
		t.Logf("%+v", r)
		if r.Held80 < least || r.Held80 > most || r.Held95 < r.Held80 {
			t.Errorf("%s, %d days from %d: the 80 %% interval of %s held in %.0f %%, that of 95 %% in %.0f %%",
				r.Market, r.Days, r.History, r.Figure, 100*r.Held80, 100*r.Held95)
		}
	}
	again, err := TryPredicting(t.Context(), 2, 2)
	same, _ := TryPredicting(t.Context(), 2, 2)
	if err != nil || !slices.Equal(again.Results, same.Results) {
		t.Error("the same seed gives another trial")
	}
}
