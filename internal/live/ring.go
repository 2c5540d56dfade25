package live

import "sort"

// ring holds a channel's newest messages, within a number of bytes. Every
// message of the channel with a seq after floor is in it.
type ring struct {
	messages []*message
	bytes    int
	floor    int64
	top      uint64 // index of the last message ever pushed
}

// push adds a message and lets old ones go until the ring holds no more than
// most; it returns how much larger it has become.
func (r *ring) push(m *message, most int) int {
	r.top++
	m.index = r.top
	r.messages = append(r.messages, m)
	r.bytes += len(m.body)
	return len(m.body) - r.trim(most)
}

func (r *ring) trim(most int) (freed int) {
	before := r.bytes
	for r.bytes > most {
		r.floor = r.messages[0].seq
		r.bytes -= len(r.messages[0].body)
		r.messages[0] = nil
		r.messages = r.messages[1:]
	}
	return before - r.bytes
}

// reset forgets everything: the ring now knows only what comes after floor.
func (r *ring) reset(floor int64) (freed int) {
	freed = r.bytes
	r.messages, r.bytes, r.floor = nil, 0, floor
	return freed
}

// after returns the messages whose seq is greater; complete only from floor on.
func (r *ring) after(seq int64) []*message {
	i := sort.Search(len(r.messages), func(i int) bool { return r.messages[i].seq > seq })
	return append([]*message(nil), r.messages[i:]...)
}

// afterIndex returns the messages after a place in the stream.
func (r *ring) afterIndex(index uint64) []*message {
	i := sort.Search(len(r.messages), func(i int) bool { return r.messages[i].index > index })
	return append([]*message(nil), r.messages[i:]...)
}
