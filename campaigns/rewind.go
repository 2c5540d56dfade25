package campaigns

import (
	"encoding/json"

	"github.com/hexabuilders/campaignd/event"
)

// Before is the state before the given events of the campaign, oldest first,
// which must be the last ones: each lists what it changed. What the history does
// not track (revision, times but that of the launch, figures) stays as it is.
func (s State) Before(last []event.Event) (State, error) {
	whole, err := json.Marshal(s)
	if err != nil {
		return State{}, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(whole, &fields); err != nil {
		return State{}, err
	}
	for i := len(last) - 1; i >= 0; i-- {
		changes, err := last[i].Changes()
		if err != nil {
			return State{}, err
		}
		for _, c := range changes {
			fields[c.Field] = c.Before
		}
		if last[i].Type == (Launched{}).EventType() {
			delete(fields, "launched_at")
		}
	}
	if whole, err = json.Marshal(fields); err != nil {
		return State{}, err
	}
	var before State
	err = json.Unmarshal(whole, &before)
	return before, err
}
