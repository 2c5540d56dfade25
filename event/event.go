// Package event is the envelope of everything that happened: what, to which
// aggregate, by whom, and its place in its partner's log.
//
// Events are appended in the transaction of the state that they describe and
// are never changed. Each partner has one log: Seq counts 1, 2, 3, ... without
// gaps in the order in which commits become visible, and RecordedAt strictly
// increases with it. A reader that has seen Seq n can never later find an n it
// has not seen, which is what relays, live updates and resuming rest on.
package event

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// ActorKind says what sort of thing acted.
type ActorKind string

const (
	ActorKey       ActorKind = "key"       // an API key, a person signed in with one, or the subject of an issuer's token
	ActorScheduler ActorKind = "scheduler" // timed work
	ActorReaction  ActorKind = "reaction"  // a reaction to another event
	ActorOptimizer ActorKind = "optimizer" // automatic optimisation
	ActorOperator  ActorKind = "operator"  // the command line
)

// Origin is who did something, from where, and for which request.
type Origin struct {
	Partner       uuid.UUID `json:"-"`
	Kind          ActorKind `json:"kind"`
	ID            string    `json:"id"`             // the key's id, a job's name, ...
	Name          string    `json:"name,omitempty"` // for people
	From          string    `json:"from,omitempty"` // "api", "dashboard", "scheduler", ...
	CorrelationID string    `json:"correlation_id,omitempty"`
}

// Event is one fact. Seq and RecordedAt are given by the store at commit.
type Event struct {
	ID          uuid.UUID       `json:"id"`
	Partner     uuid.UUID       `json:"partner_id"`
	Seq         int64           `json:"seq"`
	Type        string          `json:"type"`      // e.g. "campaign.launched"
	Aggregate   string          `json:"aggregate"` // e.g. "campaign"
	AggregateID uuid.UUID       `json:"aggregate_id"`
	Revision    int64           `json:"revision"` // of the aggregate after the event
	OccurredAt  time.Time       `json:"occurred_at"`
	RecordedAt  time.Time       `json:"recorded_at"`
	Origin      Origin          `json:"origin"`
	Data        json.RawMessage `json:"data"`
}

// Data is the body of an event; its type name is stable and public.
type Data interface{ EventType() string }

// Recorder collects the pending events of one aggregate until the store takes
// them with Pull. Its zero value is ready.
type Recorder struct{ pending []Event }

// Record appends an event. It panics when the data cannot be marshalled, which
// is a programming error: event data holds only plain values.
func (r *Recorder) Record(aggregate string, id uuid.UUID, revision int64, at time.Time, by Origin, data Data) {
	body, err := json.Marshal(data)
	if err != nil {
		panic("event: " + data.EventType() + ": " + err.Error())
	}
	r.pending = append(r.pending, Event{
		ID: uuid.Must(uuid.NewV7()), Partner: by.Partner, Type: data.EventType(),
		Aggregate: aggregate, AggregateID: id, Revision: revision,
		OccurredAt: at, Origin: by, Data: body,
	})
}

// Pull returns the pending events and forgets them.
func (r *Recorder) Pull() []Event {
	p := r.pending
	r.pending = nil
	return p
}

// Change is one field before and after, as the history shows it.
type Change struct {
	Field  string `json:"field"`
	Before any    `json:"before"`
	After  any    `json:"after"`
}

// StoredChange is a Change whose values are as they were stored.
type StoredChange struct {
	Field  string          `json:"field"`
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
}

// Changes are the fields that the event says it changed; none when it says nothing
// of any.
func (e *Event) Changes() ([]StoredChange, error) {
	var body struct {
		Changes []StoredChange `json:"changes"`
	}
	if err := json.Unmarshal(e.Data, &body); err != nil {
		return nil, fmt.Errorf("data of %s %s: %w", e.Type, e.ID, err)
	}
	return body.Changes, nil
}
