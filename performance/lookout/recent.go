package lookout

import (
	"container/list"

	"github.com/google/uuid"
)

// MostMemories bounds the campaigns whose detectors are in memory, those that
// were looked at last. A campaign with eight weeks of hours takes 1 MB; one
// that has been left out takes a replay of 18 ms when its next hour is judged.
const MostMemories = 32

// memories are the most recently used.
type memories struct {
	order *list.List // of *memory, the latest first
	of    map[uuid.UUID]*list.Element
}

func newMemories() memories { return memories{list.New(), map[uuid.UUID]*list.Element{}} }

func (r *memories) get(campaign uuid.UUID) *memory {
	at := r.of[campaign]
	if at == nil {
		return nil
	}
	r.order.MoveToFront(at)
	return at.Value.(*memory)
}

func (r *memories) put(m *memory) {
	r.drop(m.subject.Campaign)
	r.of[m.subject.Campaign] = r.order.PushFront(m)
	if r.order.Len() > MostMemories {
		r.drop(r.order.Back().Value.(*memory).subject.Campaign)
	}
}

func (r *memories) drop(campaign uuid.UUID) {
	if at := r.of[campaign]; at != nil {
		r.order.Remove(at)
		delete(r.of, campaign)
	}
}
