package chunk

import (
	"cmp"
	"encoding/binary"
	"hash/crc32"

	"github.com/hexabuilders/campaignd/performance"
)

// Key is what a page remembers of an event id of time order (UUIDv7): its time
// and the 12 bits beside it exactly, of the 62 others a checksum of 32 bits, and
// the event's fingerprint. Two ids are taken for one when they agree in all of
// that but the fingerprint, once in 2^44 pairs of one millisecond.
type Key struct {
	Order int64 // milliseconds since 1970 and 12 bits
	Rest  uint32
	Print uint32
}

// KeyOf reduces a key. ok is false for an id that is no UUIDv7: such ids come in
// no order, and pages of them would be rewritten for ever.
func KeyOf(k performance.Key, print uint32) (key Key, ok bool) {
	if k[6]>>4 != 7 || k[8]>>6 != 2 {
		return Key{}, false
	}
	high := binary.BigEndian.Uint64(k[:8])
	return Key{Order: int64(high>>16<<12 | high&0x0fff), Rest: crc32.Checksum(k[8:], castagnoli), Print: print}, true
}

// Compare orders keys by time.
func (k Key) Compare(o Key) int {
	if c := cmp.Compare(k.Order, o.Order); c != 0 {
		return c
	}
	return cmp.Compare(k.Rest, o.Rest)
}

// A page of keys is a version byte, a CRC-32C of every other byte, uvarint
// number of keys, and column by column varint differences of Order, 4 bytes of
// Rest and 4 bytes of Print: some 11 bytes a key.
const keysVersion = 1

const keysPrefix = 5

// EncodeKeys writes keys, which are in their order, into a page.
func EncodeKeys(keys []Key) []byte {
	out := make([]byte, keysPrefix, keysPrefix+12*len(keys)+10)
	out[0] = keysVersion
	out = binary.AppendUvarint(out, uint64(len(keys)))
	var before int64
	for _, k := range keys {
		out = binary.AppendUvarint(out, uint64(k.Order-before))
		before = k.Order
	}
	for _, k := range keys {
		out = binary.LittleEndian.AppendUint32(out, k.Rest)
	}
	for _, k := range keys {
		out = binary.LittleEndian.AppendUint32(out, k.Print)
	}
	binary.LittleEndian.PutUint32(out[1:], keysChecksum(out))
	return out
}

func keysChecksum(page []byte) uint32 {
	return crc32.Update(crc32.Checksum(page[:1], castagnoli), castagnoli, page[keysPrefix:])
}

// DecodeKeys verifies a page and appends its keys to dst.
func DecodeKeys(dst []Key, page []byte) ([]Key, error) {
	if len(page) < keysPrefix || page[0] != keysVersion || binary.LittleEndian.Uint32(page[1:]) != keysChecksum(page) {
		return dst, corrupt("a page of keys")
	}
	r := reader{left: page[keysPrefix:]}
	n := r.uvarint()
	if n > uint64(len(r.left)) {
		return dst, corrupt("%d keys", n)
	}
	first := len(dst)
	var order int64
	for range n {
		order += int64(r.uvarint())
		dst = append(dst, Key{Order: order})
	}
	rest, print := r.bytes(4*n), r.bytes(4*n)
	if err := r.end(); err != nil {
		return dst[:first], err
	}
	for i := range dst[first:] {
		dst[first+i].Rest, dst[first+i].Print = binary.LittleEndian.Uint32(rest[4*i:]), binary.LittleEndian.Uint32(print[4*i:])
	}
	return dst, nil
}
