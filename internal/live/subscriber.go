package live

import "sync"

// state says how a subscription goes on.
type state uint8

const (
	flowing  state = iota
	resynced       // events are missing: a new snapshot is needed
	overrun        // it reads too slowly: it has to come back
)

// queueBytes is what a subscriber may lag behind, in bytes, before its metrics
// are merged, however few messages they are.
const queueBytes = 1 << 20

// subscriber is one plain connection's queue. Pushing never waits.
type subscriber struct {
	of       kind
	position int64 // it has seen everything up to this seq
	most     int

	wake chan struct{} // has room for one: something is to be taken

	mu    sync.Mutex
	queue []*message
	bytes int
	state state
}

func newSubscriber(of kind, position int64, l Limits) *subscriber {
	return &subscriber{of: of, position: position, most: l.Queue, wake: make(chan struct{}, 1)}
}

// push queues a message. A queue that is full has its metrics merged; one that
// is full of other messages is given up, since those must not be dropped.
func (s *subscriber) push(m *message) {
	if m.seq <= s.position {
		return
	}
	s.mu.Lock()
	if s.state == flowing {
		s.queue = append(s.queue, m)
		s.bytes += len(m.body)
		if len(s.queue) > s.most || s.bytes > queueBytes {
			s.shrink()
		}
	}
	s.mu.Unlock()
	s.signal()
}

func (s *subscriber) shrink() {
	s.queue = mergeMetrics(s.of, s.queue)
	s.bytes = 0
	for _, m := range s.queue {
		s.bytes += len(m.body)
	}
	if len(s.queue) > s.most {
		s.state, s.queue = overrun, nil
	}
}

// stop ends the subscription; what is queued is no longer wanted.
func (s *subscriber) stop(why state) {
	s.mu.Lock()
	s.state, s.queue = why, nil
	s.mu.Unlock()
	s.signal()
}

func (s *subscriber) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// take returns all that is queued.
func (s *subscriber) take() ([]*message, state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	queue := s.queue
	s.queue, s.bytes = nil, 0
	return queue, s.state
}
