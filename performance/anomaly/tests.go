package anomaly

import (
	"math"
	"time"
)

const (
	// kept is how many values a test remembers unless Options.Memory says
	// otherwise: four months of hours, ten days of five minutes.
	kept = 3000
	// short and long are the runs of values that tests of a run look at.
	short, long = 6, 24
	// stillFrom is the shortest run of one same value that can be a flat line.
	stillFrom = 12
)

// test is one way to look at a value: how far out it is on either side, and
// how far out on its own side. Both matter: spikes must not hide a drop.
type test struct {
	name           string
	kind           Kind // Spike stands for spike or drop, by the sign
	both, up, down tail
}

func newTest(name string, kind Kind, signed bool, memory int) *test {
	t := &test{name: name, kind: kind, both: newTail(memory)}
	if signed {
		t.up, t.down = newTail(memory/2), newTail(memory/2)
	}
	return t
}

func (t *test) surprise(v, grain float64) float64 {
	far := math.Abs(v)
	return max(t.both.surprise(far, grain), t.side(v).surprise(far, grain))
}

func (t *test) add(v float64) {
	t.both.add(math.Abs(v))
	if side := t.side(v); side.capacity > 0 {
		side.add(math.Abs(v))
	}
}

func (t *test) side(v float64) *tail {
	if v < 0 {
		return &t.down
	}
	return &t.up
}

// around is the range that 95 % of the values before lay in, seen from mid.
func (t *test) around(mid float64) Range {
	return Range{Low: mid - t.down.quantile(0.95), Mid: mid, High: mid + t.up.quantile(0.95)}
}

// run is the last values of something, oldest first.
type run struct {
	values [long]float64
	count  int
}

func (r *run) add(v float64) {
	if r.count == long {
		copy(r.values[:], r.values[1:])
		r.count--
	}
	r.values[r.count] = v
	r.count++
}

// last is the newest n values, or all there are.
func (r *run) last(n int) []float64 { return r.values[max(0, r.count-n):r.count] }

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(max(len(values), 1))
}

// unrest is the mean distance from the forecast, each counted up to limit.
func unrest(values []float64, limit float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += min(math.Abs(v), limit)
	}
	return sum / float64(max(len(values), 1))
}

// streak is a row of values on one side of what was expected of them.
type streak struct {
	count int
	sum   float64
	since time.Time
}

// add goes on with the streak when off is further than limit on its side. One
// that is not takes back eight, so that a streak survives a few.
func (s *streak) add(at time.Time, off, limit float64) {
	if math.Abs(off) > limit && off*s.sum >= 0 {
		if s.count == 0 {
			s.since = at
		}
		s.count++
		s.sum += off
		return
	}
	if left := s.count - 8; left > 0 {
		s.sum *= float64(left) / float64(s.count)
		s.count = left
		return
	}
	*s = streak{}
}
