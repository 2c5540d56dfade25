package performance

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Key is what an event id is remembered by: the UUID when the id is one, so
// that ids which grow with time keep the index compact, and otherwise the first
// 16 bytes of its SHA-256. Keys count within their partner.
type Key [16]byte

// KeyOf is the key of an event id.
func KeyOf(id string) Key {
	if len(id) == 36 {
		if u, err := uuid.Parse(id); err == nil {
			return Key(u)
		}
	}
	sum := sha256.Sum256([]byte(id))
	return Key(sum[:16])
}

// Compare orders keys as the store does.
func (k Key) Compare(o Key) int { return bytes.Compare(k[:], o[:]) }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Fingerprint tells an event sent again from another one under the same id. It
// covers all that the event says; the correlation id, which belongs to the
// request, is left out. buf is scratch space and is returned for the next call.
func Fingerprint(e *Event, buf []byte) (uint32, []byte) {
	b := buf[:0]
	b = append(b, e.Campaign[:]...)
	b = binary.AppendVarint(b, e.OccurredAt)
	for _, text := range [...]string{e.Channel, e.Source, e.Ad, e.Creative, e.Audience, e.Country, e.Device, e.Currency, e.Metadata} {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	given := e.Given()
	b = binary.AppendUvarint(b, uint64(given))
	for m := range NumMetrics {
		if given.Has(m) {
			b = binary.AppendVarint(b, *e.At(m))
		}
	}
	for _, c := range e.Custom {
		b = binary.AppendUvarint(b, uint64(len(c.Name)))
		b = append(b, c.Name...)
		b = binary.AppendVarint(b, c.Value)
	}
	if e.Cause != "" || e.Reference != "" {
		// Prints from before these fields must not change. No custom name is
		// empty, so the 0 is not taken for one.
		for _, text := range [...]string{"", e.Cause, e.Reference} {
			b = binary.AppendUvarint(b, uint64(len(text)))
			b = append(b, text...)
		}
	}
	return crc32.Checksum(b, castagnoli), b
}

// compareEvents is the order of the events of one commit: by when they
// happened, and then by id.
func compareEvents(a, b *Event) int {
	switch {
	case a.OccurredAt < b.OccurredAt:
		return -1
	case a.OccurredAt > b.OccurredAt:
		return 1
	}
	return strings.Compare(a.ID, b.ID)
}

func sortEvents(events []*Event) { slices.SortFunc(events, compareEvents) }
