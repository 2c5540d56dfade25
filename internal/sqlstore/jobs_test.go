package sqlstore

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hexabuilders/campaignd/event"
)

// A turn takes the place of an earlier one, whichever node writes it down last.
func TestTheLatestTurnOfAJobIsKept(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		early, late := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), time.Date(2026, 3, 2, 12, 0, 1, 0, time.UTC)
		first := event.JobStatus{Name: "due", Node: "a", RanAt: &early, Failures: 2, FailedAt: &early, Problem: "no"}
		second := event.JobStatus{Name: "due", Node: "b", RanAt: &early, RunningSince: &late}
		other := event.JobStatus{Name: "other", Node: "a", RanAt: &late, Millis: 3}
		for _, turns := range [][]event.JobStatus{{first}, {second, other}, {first}} {
			if err := db.Jobs().Note(t.Context(), turns); err != nil {
				t.Fatal(err)
			}
		}
		got, err := db.Jobs().Turns(t.Context())
		if diff := cmp.Diff([]event.JobStatus{second, other}, got); diff != "" || err != nil {
			t.Errorf("%v: %s", err, diff)
		}
	})
}
