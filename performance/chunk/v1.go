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
	c := reader{left: columns}
	_, present := c.clocks(events, false)
	for _, text := range textsOne {
		c.texts(events, text)
	}
	c.values(events, present)
	c.custom(events)
	if err := c.end(); err != nil {
		return nil, err
	}
	r.ids(events)
	return events, r.end()
}

func (r *reader) columnsOne(flags byte) []byte {
	length := r.uvarint()
	if flags&flagCompressed == 0 {
		return r.bytes(length)
	}
	full := r.uvarint()
	return r.unpack(full, r.bytes(length))
}
