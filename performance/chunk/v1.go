package chunk

import (
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
)

// Layout 1, after the head:
//
//	columns  uvarint length, then as many bytes: times, masks, texts, values,
//	         custom values; with bit 0 of the flags they are compressed, and
//	         their true length stands before them
//	ids      byte kind; 16 bytes each when all are UUIDs, else a text column
const (
	versionOne     = 1
	flagCompressed = 1
)

// textsOne are the columns of text that layout 1 has.
var textsOne = append(append([]textOf(nil), dimensionTexts...), otherTexts[:3]...)

func (r *reader) decodeOne(head Head, flags byte, campaign uuid.UUID) ([]performance.Event, error) {
	columns := r.columnsOne(flags)
	if r.err != nil || head.Count == 0 || head.Count > len(columns) {
		return nil, corrupt("count %d", head.Count)
	}
	events := make([]performance.Event, head.Count)
	for i := range events {
		events[i].Campaign = campaign
	}
	c, to := reader{left: columns}, rows{events: events}
	present := c.clocksOne(events)
	for _, text := range textsOne {
		c.texts(to, len(events), text)
	}
	c.valuesOne(events, present)
	c.custom(to, len(events))
	if err := c.end(); err != nil {
		return nil, err
	}
	r.ids(to, len(events))
	return events, r.end()
}

func (r *reader) columnsOne(flags byte) []byte {
	length := r.uvarint()
	if flags&flagCompressed == 0 {
		return r.bytes(length)
	}
	full := r.uvarint()
	return r.unpackInto(nil, full, r.bytes(length))
}

func (r *reader) clocksOne(events []performance.Event) performance.Mask {
	var at int64
	for i := range events {
		at += r.varint()
		events[i].OccurredAt = at
	}
	masks := make([]performance.Mask, len(events))
	present := r.masks(masks)
	for i := range events {
		events[i].Present = masks[i]
	}
	return present
}

func (r *reader) valuesOne(events []performance.Event, present performance.Mask) {
	for m := range performance.NumMetrics {
		for i := range events {
			if present.Has(m) && events[i].Present.Has(m) {
				*events[i].At(m) = r.varint()
			}
		}
	}
}
