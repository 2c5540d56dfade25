package conformance

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
)

// Sources holds a performance.SourceStore to its port.
func Sources(t *testing.T, b Backend) {
	cases{
		"a source is read as it was declared":             sourceStored,
		"another partner's source of the name is its own": foreignSource,
		"an edit of an old revision changes nothing":      staleSource,
		"an error of the change stores nothing":           sourceUnchanged,
		"of declarations at once every one is a revision": sourcesAtOnce,
		"of two edits of one revision one wins":           sourceRace,
		"a source that was withdrawn keeps its revision":  sourceWithdrawn,
		"sources come in the order of their names' bytes": sourceOrder,
		"a declaration that changes nothing is no event":  sameDeclaration,
	}.run(t, b)
}

func (w world) declare(window performance.AttributionWindow) func(*performance.Source) error {
	return func(s *performance.Source) error { return s.Declare(operator, w.now(), window) }
}

func (w world) declared(partner uuid.UUID, name string, click int) performance.SourceState {
	w.Helper()
	s, err := w.Backend.Sources.UpdateSource(w.Context(), partner, name, 0, w.declare(performance.AttributionWindow{ClickDays: click}))
	w.must(err)
	return s.State()
}

func (w world) sourcesOf(partner uuid.UUID) (states []performance.SourceState) {
	w.Helper()
	all, err := w.Backend.Sources.Sources(w.Context(), partner)
	w.must(err)
	for _, s := range all {
		states = append(states, s.State())
	}
	return states
}

func sourceStored(w world) {
	partner := newID()
	want := w.declared(partner, "meta ads/España", 7)
	if diff := cmp.Diff([]performance.SourceState{want}, w.sourcesOf(partner)); diff != "" {
		w.Error(diff)
	}
	w.equal("revision", want.Revision, int64(1))
	want = w.declared(partner, want.Name, 28)
	if diff := cmp.Diff([]performance.SourceState{want}, w.sourcesOf(partner)); diff != "" {
		w.Error(diff)
	}
	if diff := cmp.Diff([]string{"performance.source_declared", "performance.source_declared"}, w.happened(partner)); diff != "" {
		w.Error(diff)
	}
}

func foreignSource(w world) {
	mine, theirs := newID(), newID()
	w.declared(mine, "meta", 7)
	w.declared(theirs, "meta", 1)
	w.equal("mine", w.sourcesOf(mine)[0].Window.ClickDays, 7)
	w.equal("theirs", w.sourcesOf(theirs)[0].Window.ClickDays, 1)
	w.equal("those of nobody", len(w.sourcesOf(newID())), 0)
}

func staleSource(w world) {
	partner := newID()
	w.declared(partner, "meta", 7)
	for _, revision := range []int64{2, 9} {
		_, err := w.Backend.Sources.UpdateSource(w.Context(), partner, "meta", revision, w.declare(performance.AttributionWindow{ClickDays: 1}))
		w.is(err, performance.ErrSourceStale)
	}
	w.equal("days", w.sourcesOf(partner)[0].Window.ClickDays, 7)
}

func sourceUnchanged(w world) {
	partner := newID()
	_, err := w.Backend.Sources.UpdateSource(w.Context(), partner, "meta", 0, func(s *performance.Source) error {
		return errors.Join(s.Declare(operator, w.now(), performance.AttributionWindow{ClickDays: 1}), errMine)
	})
	w.is(err, errMine)
	w.equal("sources", len(w.sourcesOf(partner)), 0)
	w.equal("events", len(w.happened(partner)), 0)
}

func sourcesAtOnce(w world) {
	partner := newID()
	results := together(8, func(i int) error {
		_, err := w.Backend.Sources.UpdateSource(w.Context(), partner, "meta", 0, w.declare(performance.AttributionWindow{ClickDays: i + 1}))
		return err
	})
	w.must(errors.Join(results...))
	w.equal("revision", w.sourcesOf(partner)[0].Revision, int64(8))
	w.equal("events", len(w.happened(partner)), 8)
}

func sourceRace(w world) {
	partner := newID()
	w.declared(partner, "meta", 90)
	won := w.tally(together(8, func(i int) error {
		_, err := w.Backend.Sources.UpdateSource(w.Context(), partner, "meta", 1, w.declare(performance.AttributionWindow{ClickDays: i}))
		return err
	}), nil, performance.ErrSourceStale)
	w.equal("winners", won, 1)
}

func sourceWithdrawn(w world) {
	partner := newID()
	w.declared(partner, "meta", 7)
	withdraw := func(s *performance.Source) error { return s.Withdraw(operator, w.now()) }
	_, err := w.Backend.Sources.UpdateSource(w.Context(), partner, "meta", 1, withdraw)
	w.must(err)
	if got := w.sourcesOf(partner); len(got) != 1 || got[0].Window != nil || got[0].Revision != 2 {
		w.Errorf("withdrawn: %+v", got)
	}
	_, err = w.Backend.Sources.UpdateSource(w.Context(), partner, "meta", 0, withdraw)
	w.is(err, performance.ErrSourceNotFound)
	w.equal("revision", w.declared(partner, "meta", 7).Revision, int64(3))
}

func sourceOrder(w world) {
	partner := newID()
	for _, name := range []string{"b", "Z", "ñ", "a", "_"} {
		w.declared(partner, name, 1)
	}
	var names []string
	for _, s := range w.sourcesOf(partner) {
		names = append(names, s.Name)
	}
	if diff := cmp.Diff([]string{"Z", "_", "a", "b", "ñ"}, names); diff != "" {
		w.Error(diff)
	}
}

func sameDeclaration(w world) {
	partner := newID()
	first := w.declared(partner, "meta", 7)
	again := w.declared(partner, "meta", 7)
	if diff := cmp.Diff(first, again); diff != "" {
		w.Error(diff)
	}
	w.equal("events", len(w.happened(partner)), 1)
}
