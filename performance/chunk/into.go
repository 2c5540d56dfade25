package chunk

import (
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
)

// DecodeInto decodes a merged value's events to places of their own: event i to
// into[at[i]], of which it leaves alone only what is zero in the event. at has
// as many as RecordedAt returns.
func DecodeInto(into []performance.Event, at []int32, body []byte, campaign uuid.UUID) error {
	fits := true
	_, err := decode(body, campaign, func(n int, _ []int64) rows {
		if fits = n == len(at); !fits {
			return rows{events: make([]performance.Event, n)}
		}
		return rows{into, at}
	})
	if err == nil && !fits {
		err = corrupt("another number of events")
	}
	return err
}

// RecordedAt verifies a merged value and returns each event's recorded_at.
func RecordedAt(body []byte) ([]int64, error) {
	r, err := open(body)
	if err != nil {
		return nil, err
	}
	head := r.head()
	c := reader{left: r.section()}
	if body[0] != version || body[1]&flagRecorded == 0 || r.err != nil || head.Count > len(c.left) {
		return nil, corrupt("no merged events")
	}
	c.times(make([]int64, head.Count))
	recordedAt := c.recorded(head.Count)
	return recordedAt, c.err
}

// rows are where the events of a chunk go.
type rows struct {
	events []performance.Event
	at     []int32 // nil: in their order
}

func (w rows) row(i int) *performance.Event {
	if w.at == nil {
		return &w.events[i]
	}
	return &w.events[w.at[i]]
}
