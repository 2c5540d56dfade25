package campaigns

import (
	"reflect"

	"github.com/hexabuilders/campaignd/event"
)

// tracked are the fields of the history, by their names in JSON. What follows
// from them alone (revision, times, figures) is in the events themselves.
var tracked = []struct {
	field string
	of    func(*State) any
}{
	{"name", func(s *State) any { return s.Name }},
	{"description", func(s *State) any { return s.Description }},
	{"type", func(s *State) any { return s.Type }},
	{"objective", func(s *State) any { return s.Objective }},
	{"status", func(s *State) any { return s.Status }},
	{"special_category", func(s *State) any { return s.Category }},
	{"goals", func(s *State) any { return s.Goals }},
	{"channels", func(s *State) any { return s.Channels }},
	{"labels", func(s *State) any { return s.Labels }},
	{"creatives", func(s *State) any { return s.Creatives }},
	{"schedule", func(s *State) any { return s.Schedule }},
	{"launch_failure", func(s *State) any { return s.LaunchFailure }},
	{"targeting", func(s *State) any { return s.Targeting }},
	{"paused_because", func(s *State) any { return s.PausedBecause }},
	{"resume_at", func(s *State) any { return s.ResumeAt }},
	{"cancelled_because", func(s *State) any { return s.CancelledBecause }},
}

// changed lists the tracked fields that differ.
func changed(before, after State) []event.Change {
	changes := []event.Change{}
	for _, t := range tracked {
		was, is := t.of(&before), t.of(&after)
		if !same(was, is) {
			changes = append(changes, event.Change{Field: t.field, Before: was, After: is})
		}
	}
	return changes
}

// same compares what JSON shows: a list that is nil equals one that is empty.
func same(a, b any) bool {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	return reflect.DeepEqual(a, b) || x.Kind() == reflect.Slice && x.Len() == 0 && y.Len() == 0
}
