package sqlstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestAnImportIsKeptReplacedAndItsPartnersAlone(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		partner, imports := newID(), db.Imports()
		put := func(i Import) {
			t.Helper()
			if err := imports.Put(t.Context(), partner, i); err != nil {
				t.Fatal(err)
			}
		}
		at := time.Date(2026, 3, 1, 12, 0, 0, 1000, time.UTC)
		first := Import{ID: newID(), CreatedAt: at, State: json.RawMessage(`{"rows":1}`)}
		put(first)
		first.State = json.RawMessage(`{"rows":2}`)
		put(first)
		got, err := imports.Get(t.Context(), partner, first.ID)
		if err != nil || !got.CreatedAt.Equal(at) || string(got.State) != `{"rows":2}` {
			t.Fatalf("%+v, %v", got, err)
		}
		if _, err := imports.Get(t.Context(), newID(), first.ID); !errors.Is(err, ErrImportNotFound) {
			t.Fatalf("another partner got %v", err)
		}
		put(Import{ID: newID(), CreatedAt: at, State: json.RawMessage(`{}`)})
		page, next, err := imports.List(t.Context(), partner, 1, "")
		if err != nil || len(page) != 1 || page[0].ID == first.ID {
			t.Fatalf("the newest comes first: %+v, %v", page, err)
		}
		page, next, err = imports.List(t.Context(), partner, 1, next)
		if err != nil || len(page) != 1 || page[0].ID != first.ID || next != "" {
			t.Fatalf("%+v, %q, %v", page, next, err)
		}
		if _, _, err := imports.List(t.Context(), partner, 1, "not a cursor"); !errors.Is(err, errCursor) {
			t.Fatal(err)
		}
	})
}

func TestOfTwoLinksAtOnceBothGetTheSameCampaign(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		partner, links := newID(), db.Links()
		if got, err := links.Linked(t.Context(), partner, "meta", "1"); err != nil || got != uuid.Nil {
			t.Fatal(got, err)
		}
		results := make(chan string)
		for range 4 {
			go func() {
				got, err := links.Link(t.Context(), partner, "meta", "1", newID())
				results <- fmt.Sprint(got, err)
			}()
		}
		first := <-results
		for range 3 {
			if got := <-results; got != first {
				t.Errorf("%s and %s", first, got)
			}
		}
		tied, err := links.Linked(t.Context(), partner, "meta", "1")
		if fmt.Sprint(tied, err) != first {
			t.Errorf("linked to %s %v, told %s", tied, err, first)
		}
		if other, err := links.Linked(t.Context(), newID(), "meta", "1"); err != nil || other != uuid.Nil {
			t.Error("another partner sees it:", other, err)
		}
	})
}
