package audience

import (
	"errors"
	"testing"

	"github.com/hexabuilders/campaignd/targeting/identity"
)

// blocks are one of each kind of stored block, with what reads it.
func blocks() map[string]struct {
	block []byte
	read  func([]byte) error
} {
	ids := []identity.ID{{Kind: identity.EmailPlain, Hash: identity.Of("a@example.com")}}
	days := []Day{{20000, 1, 2, -3}, {20001, 4, 5, 6}}
	var part Part
	part.Add(&Row{IDs: ids, Attributes: []Attribute{{"city", "Lima"}}, Days: days})
	values, who, did := NewValues(), &IDs{}, &Doings{}
	values.Set(3, "Lima")
	values.Set(BlockPeople-1, "Quito")
	who.Add(5, ids)
	did.Add(7, days, 9)
	page := Page{{ids[0].Print(), 5}}
	return map[string]struct {
		block []byte
		read  func([]byte) error
	}{
		"part": {part.Take(), func(b []byte) (failed error) {
			for _, err := range Rows(b) {
				failed = err
			}
			return failed
		}},
		"values": {values.Encode(), func(b []byte) error { _, err := DecodeValues(b); return err }},
		"ids":    {who.Encode(), func(b []byte) error { _, err := DecodeIDs(b); return err }},
		"doings": {did.Encode(), func(b []byte) error { _, err := DecodeDoings(b); return err }},
		"page":   {page.Encode(), func(b []byte) error { _, err := DecodePage(b); return err }},
	}
}

func TestEveryFlippedBitIsFound(t *testing.T) {
	for name, b := range blocks() {
		if err := b.read(b.block); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for bit := 0; bit < len(b.block)*8; bit += 7 {
			damaged := append([]byte(nil), b.block...)
			damaged[bit/8] ^= 1 << (bit % 8)
			if err := b.read(damaged); !errors.Is(err, ErrCorrupt) {
				t.Fatalf("%s, bit %d: %v", name, bit, err)
			}
		}
	}
}

// FuzzBlocks gives the decoders bytes whose checksum is right, so that what
// stands behind it is reached.
func FuzzBlocks(f *testing.F) {
	for _, b := range blocks() {
		f.Add(b.block)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) < prefix {
			return
		}
		body = append([]byte(nil), body...)
		body[0] = version
		seal(body)
		for name, b := range blocks() {
			if err := b.read(body); err != nil && !errors.Is(err, ErrCorrupt) {
				t.Fatalf("%s: %v", name, err)
			}
		}
	})
}
