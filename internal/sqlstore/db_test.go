package sqlstore

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

type noted struct{ N int }

func (noted) EventType() string { return "test.noted" }

func TestEventsAreNumberedPerPartnerEvenWhenTheClockStepsBack(t *testing.T) {
	clock := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	db, err := Open(context.Background(), Config{URL: t.TempDir(), Now: func() time.Time { return clock }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	partner := uuid.Must(uuid.NewV7())
	for n := range 3 {
		changed := db.Changed()
		err := db.write(t.Context(), func(x *tx) error {
			var r event.Recorder
			r.Record("thing", partner, 1, clock, event.Origin{Partner: partner}, noted{n})
			r.Record("thing", partner, 2, clock, event.Origin{Partner: partner}, noted{n})
			x.append(r.Pull()...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		<-changed
		clock = clock.Add(-time.Hour)
	}
	got, err := db.Log().Read(t.Context(), partner, 0, 10)
	if err != nil || len(got) != 6 {
		t.Fatalf("%d events, %v", len(got), err)
	}
	for i, e := range got {
		if e.Seq != int64(i+1) {
			t.Errorf("event %d has seq %d", i, e.Seq)
		}
		if i >= 2 && !e.RecordedAt.After(got[i-2].RecordedAt) {
			t.Errorf("event %d: recorded_at %v does not increase", i, e.RecordedAt)
		}
	}
}
