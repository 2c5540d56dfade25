package chunk

import (
	"encoding/binary"

	"github.com/hexabuilders/campaignd/performance"
)

// reader takes values off the front of a buffer. After the first failure every
// value is zero and err says what was missing.
type reader struct {
	left []byte
	err  error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = corrupt(format, args...)
		r.left = nil
	}
}

// end is the failure, if any; all has to be read.
func (r *reader) end() error {
	if r.err == nil && len(r.left) > 0 {
		return corrupt("%d bytes left over", len(r.left))
	}
	return r.err
}

func (r *reader) uvarint() uint64 {
	if len(r.left) > 0 && r.left[0] < 0x80 { // most are one byte
		v := r.left[0]
		r.left = r.left[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(r.left)
	if n <= 0 {
		r.fail("a number")
		return 0
	}
	r.left = r.left[n:]
	return v
}

func (r *reader) varint() int64 {
	v := r.uvarint()
	return int64(v>>1) ^ -int64(v&1) // as binary.Varint has it
}

func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.left)) {
		r.fail("%d bytes", n)
		return nil
	}
	b := r.left[:n]
	r.left = r.left[n:]
	return b
}

func (r *reader) head() Head {
	count := r.uvarint()
	head := Head{Count: int(min(count, maxColumns)), First: r.varint(), Last: r.varint()}
	for m := range performance.Reach {
		*head.Sums.At(m) = r.varint()
	}
	return head
}
