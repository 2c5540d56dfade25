package audience

import (
	"encoding/binary"
	"hash/crc32"
)

// Every stored block is [version][CRC-32C of the rest][rest], so that a flipped
// bit is found when it is read and never served.

const (
	version = 1
	prefix  = 5
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// begin starts a block in a buffer that is used again.
func begin(into []byte) []byte { return append(into[:0], version, 0, 0, 0, 0) }

// seal writes the checksum of a finished block.
func seal(block []byte) []byte {
	binary.LittleEndian.PutUint32(block[1:], crc32.Checksum(block[prefix:], castagnoli))
	return block
}

// reader takes values off a block. After the first one that is not there all
// the others are zero, and err is ErrCorrupt.
type reader struct {
	rest []byte
	err  error
}

func unseal(block []byte) reader {
	if len(block) < prefix || block[0] != version || binary.LittleEndian.Uint32(block[1:]) != crc32.Checksum(block[prefix:], castagnoli) {
		return reader{err: ErrCorrupt}
	}
	return reader{rest: block[prefix:]}
}

func (r *reader) fail() {
	r.rest, r.err = nil, ErrCorrupt
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// count is a number of things that take at least each bytes, so that a wrong
// one cannot ask for memory that the block does not justify.
func (r *reader) count(each int) int {
	n := r.uvarint()
	if n > uint64(len(r.rest)/max(each, 1)) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.rest) {
		r.fail()
		return make([]byte, min(n, 64))
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) text() string { return string(r.bytes(r.count(1))) }

// end is the error of the whole block: one with bytes left over is damaged too.
func (r *reader) end() error {
	if r.err == nil && len(r.rest) > 0 {
		r.err = ErrCorrupt
	}
	return r.err
}

func appendText(into []byte, s string) []byte {
	return append(binary.AppendUvarint(into, uint64(len(s))), s...)
}
