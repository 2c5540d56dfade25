package performance

import (
	"maps"
	"sync"
)

// Counts are what Record has done since the program started, for operators: a
// sender whose clock runs ahead, or that reuses ids, shows here first.
type Counts struct {
	Accepted, Duplicates int64
	Refused              map[string]int64 // by the code of the rejection; of a receipt's listed ones
}

// counter adds receipts up.
type counter struct {
	mu     sync.Mutex
	counts Counts
}

func (c *counter) add(r *Receipt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Accepted += int64(r.Accepted)
	c.counts.Duplicates += int64(r.Duplicates)
	if len(r.Rejected) > 0 && c.counts.Refused == nil {
		c.counts.Refused = map[string]int64{}
	}
	for _, x := range r.Rejected {
		c.counts.Refused[x.Code]++
	}
}

// Counts returns a copy of the counts so far.
func (s *Service) Counts() Counts {
	s.counter.mu.Lock()
	defer s.counter.mu.Unlock()
	counts := s.counter.counts
	counts.Refused = maps.Clone(counts.Refused)
	return counts
}
