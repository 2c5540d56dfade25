package performance

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// state is what has become of one event of a commit.
type state uint8

const (
	counted state = iota // unless the commit fails
	duplicate
	refused
)

// item is an event on its way through a commit.
type item struct {
	event     *Event
	subject   *Subject
	key       Key
	print     uint32
	state     state
	order     int32 // in the commit: of two with one id, the first counts
	index     int32 // in its request
	rejection Rejection
}

func (it *item) reject(code, format string, args ...any) {
	it.state = refused
	it.rejection = Rejection{Index: int(it.index), Code: code, Detail: fmt.Sprintf(format, args...)}
}

// sentAgain settles an item whose id has been counted with this fingerprint.
func (it *item) sentAgain(print uint32) {
	if it.print == print {
		it.state = duplicate
		return
	}
	it.reject(CodeIDReused, "event_id %q was counted before with other content; what has been counted is never changed. Send a correction as an event of its own, with the difference as its values.", it.event.ID)
}

// batch is the events of one commit, each of which is counted, found to be a
// duplicate, or refused.
type batch struct {
	requests []*request
	items    []*item // in the order of partner, key and arrival
}

func newBatch(requests []*request) *batch {
	b := &batch{requests: requests}
	for _, r := range requests {
		for i := range r.items {
			r.items[i].order = int32(len(b.items))
			b.items = append(b.items, &r.items[i])
		}
	}
	slices.SortFunc(b.items, func(x, y *item) int {
		if c := comparePartners(x, y); c != 0 {
			return c
		}
		if c := x.key.Compare(y.key); c != 0 {
			return c
		}
		return int(x.order - y.order)
	})
	b.dropRepeated()
	return b
}

func comparePartners(x, y *item) int {
	if x.subject == y.subject || x.subject.Partner == y.subject.Partner {
		return 0
	}
	return compareIDs(x.subject.Partner, y.subject.Partner)
}

func compareIDs(a, b uuid.UUID) int { return Key(a).Compare(Key(b)) }

// dropRepeated settles ids that stand in the batch more than once.
func (b *batch) dropRepeated() {
	var first *item
	for _, it := range b.items {
		if first != nil && it.key == first.key && comparePartners(it, first) == 0 {
			it.sentAgain(first.print)
			continue
		}
		first = it
	}
}

// dropKnown settles ids that the log has.
func (b *batch) dropKnown(partner uuid.UUID, known map[Key]uint32) {
	for _, it := range b.items {
		if print, ok := known[it.key]; ok && it.state == counted && it.subject.Partner == partner {
			it.sentAgain(print)
		}
	}
}

// drop refuses the events that would take a total out of its range.
func (b *batch) drop(r *Refusal) {
	for _, it := range b.items {
		value := *it.event.At(r.Metric)
		if it.state != counted || it.subject.Campaign != r.Campaign || value == 0 || r.Negative && value > 0 {
			continue
		}
		if r.Negative {
			it.reject(CodeNegativeTotal, "%s of this campaign would fall below zero: more is taken back than was ever counted. Send the events that this one restates first.", r.Metric)
		} else {
			it.reject(CodeTotalTooLarge, "%s of this campaign has reached the greatest total that can be held.", r.Metric)
		}
	}
}

// commit sums up what is to be counted.
func (b *batch) commit() *Commit {
	c := &Commit{Stamps: map[uuid.UUID]Stamp{}}
	for rest := b.items; len(rest) > 0; {
		n := 1
		for n < len(rest) && comparePartners(rest[n], rest[0]) == 0 {
			n++
		}
		if p := partnerPart(rest[:n]); len(p.Keys) > 0 {
			p.By = b.origin(p.Partner)
			c.Partners = append(c.Partners, p)
		}
		rest = rest[n:]
	}
	return c
}

// origin is who sent a partner's events; of several, nobody in particular.
func (b *batch) origin(partner uuid.UUID) event.Origin {
	var by event.Origin
	for _, r := range b.requests {
		if r.partner() != partner {
			continue
		}
		if by.Kind != "" && by != r.by {
			return event.Origin{Partner: partner, Kind: by.Kind, Name: "several senders", From: by.From}
		}
		by = r.by
	}
	by.Partner = partner
	return by
}

// partnerPart divides one partner's items by campaign.
func partnerPart(items []*item) PartnerPart {
	p := PartnerPart{Partner: items[0].subject.Partner}
	p.Keys, p.Prints = make([]Key, 0, len(items)), make([]uint32, 0, len(items))
	groups := map[uuid.UUID]*group{}
	for _, it := range items {
		if it.state != counted {
			continue
		}
		g := groups[it.subject.Campaign]
		if g == nil {
			g = &group{subject: it.subject}
			groups[it.subject.Campaign] = g
		}
		if g.add(it) {
			p.Keys, p.Prints = append(p.Keys, it.key), append(p.Prints, it.print)
		}
	}
	for _, g := range groups {
		if len(g.events) > 0 {
			p.Parts = append(p.Parts, NewPart(*g.subject, g.events))
		}
	}
	slices.SortFunc(p.Parts, func(x, y *Part) int { return compareIDs(x.Campaign, y.Campaign) })
	return p
}

// group is the events of one campaign.
type group struct {
	subject *Subject
	events  []*Event
	decimal int64 // the magnitudes of all amounts, which bound every sum of them
}

// add refuses an event whose amounts could make a sum of this commit wrap.
// Counts cannot: see MaxCount.
func (g *group) add(it *item) bool {
	e := it.event
	more := magnitude(e.Spend) + magnitude(e.Revenue)
	for _, c := range e.Custom {
		more += magnitude(c.Value)
	}
	if g.decimal+more > maxTotal/2 {
		it.reject(CodeTotalTooLarge, "The amounts of this request add up to more than can be held.")
		return false
	}
	g.decimal += more
	g.events = append(g.events, e)
	return true
}

func magnitude(v int64) int64 { return max(v, -v) }

// answer tells every request what became of its events.
func (b *batch) answer(stamps map[uuid.UUID]Stamp) {
	for _, r := range b.requests {
		for i := range r.items {
			switch it := &r.items[i]; it.state {
			case counted:
				r.receipt.Accepted++
			case duplicate:
				r.receipt.Duplicates++
			case refused:
				r.receipt.Reject(it.rejection)
			}
		}
		if stamp, ok := stamps[r.partner()]; ok && r.receipt.Accepted > 0 {
			r.receipt.RecordedAt, r.receipt.Seq = stamp.RecordedAt, stamp.Seq
		}
		close(r.done)
	}
}

func (b *batch) fail(err error) {
	for _, r := range b.requests {
		r.err = err
		close(r.done)
	}
}
