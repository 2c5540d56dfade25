package market

import (
	"container/heap"
	"time"
)

// late holds what has been decided and not happened yet, the next one first.
type late struct {
	queue deliveries
	added int64
}

func (l *late) add(d Delivery) {
	l.added++
	d.Order = l.added
	heap.Push(&l.queue, d)
}

// until takes out what happens before to.
func (l *late) until(to time.Time) []Delivery {
	var out []Delivery
	for len(l.queue) > 0 && l.queue[0].At.Before(to) {
		out = append(out, heap.Pop(&l.queue).(Delivery))
	}
	return out
}

// deliveries is a heap by time, and by order among those of one moment, so that
// runs repeat.
type deliveries []Delivery

func (d deliveries) Len() int      { return len(d) }
func (d deliveries) Swap(i, j int) { d[i], d[j] = d[j], d[i] }
func (d deliveries) Less(i, j int) bool {
	if !d[i].At.Equal(d[j].At) {
		return d[i].At.Before(d[j].At)
	}
	return d[i].Order < d[j].Order
}

// Push implements heap.Interface.
func (d *deliveries) Push(x any) { *d = append(*d, x.(Delivery)) }

// Pop implements heap.Interface.
func (d *deliveries) Pop() any {
	old := *d
	last := old[len(old)-1]
	*d = old[:len(old)-1]
	return last
}
