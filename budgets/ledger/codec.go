package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// The bytes of an entry are its lines one after the other:
//
//	kind      1 byte
//	given     1 byte, a bit for each of the six figures that is not zero, 64 for ref, 128 for campaign
//	campaign  16 bytes, when given
//	ref       16 bytes, when given
//	currency  3 bytes
//	channel   length as uvarint, then the text
//	day       varint
//	figures   varint each, those that are given
//
// One content has one form: Decode refuses bytes that Encode would not write,
// so that a hash proves the content and not only the bytes.

const (
	givenRef      = 1 << 6
	givenCampaign = 1 << 7
	maxChannel    = 1 << 10
)

// ErrBytes says that bytes are no entry's.
var ErrBytes = errors.New("ledger: these are not the bytes of an entry")

// Encode appends the lines to b.
func Encode(b []byte, lines []Line) []byte {
	for i := range lines {
		b = lines[i].append(b)
	}
	return b
}

func (l *Line) append(b []byte) []byte {
	figures := l.fields()
	given := byte(0)
	for i, f := range figures {
		if *f != 0 {
			given |= 1 << i
		}
	}
	if l.Ref != uuid.Nil {
		given |= givenRef
	}
	if l.Campaign != uuid.Nil {
		given |= givenCampaign
	}
	b = append(b, byte(l.Kind), given)
	if given&givenCampaign != 0 {
		b = append(b, l.Campaign[:]...)
	}
	if given&givenRef != 0 {
		b = append(b, l.Ref[:]...)
	}
	b = append(b, l.Currency...)
	b = binary.AppendUvarint(b, uint64(len(l.Channel)))
	b = append(b, l.Channel...)
	b = binary.AppendVarint(b, int64(l.Day))
	for _, f := range figures {
		if *f != 0 {
			b = binary.AppendVarint(b, *f)
		}
	}
	return b
}

// Decode reads the lines back. The error is ErrBytes.
func Decode(b []byte) ([]Line, error) {
	r := reader{rest: b}
	var lines []Line
	for len(r.rest) > 0 && !r.bad {
		from := r.rest
		line := r.line()
		written := from[:len(from)-len(r.rest)]
		if r.bad || !bytes.Equal(line.append(nil), written) {
			return nil, fmt.Errorf("%w: line %d", ErrBytes, len(lines))
		}
		lines = append(lines, line)
	}
	return lines, nil
}

type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) line() (l Line) {
	head := r.take(2)
	if r.bad || !Kind(head[0]).Valid() {
		r.bad = true
		return l
	}
	l.Kind = Kind(head[0])
	given := head[1]
	if given&givenCampaign != 0 {
		copy(l.Campaign[:], r.take(16))
	}
	if given&givenRef != 0 {
		copy(l.Ref[:], r.take(16))
	}
	l.Currency = money.Currency(r.take(3))
	size := r.uvarint()
	if r.bad || size > maxChannel {
		r.bad = true
		return l
	}
	l.Channel = string(r.take(int(size)))
	l.Day = localday.Day(r.varint()) // another number is not written as it was read
	for i, f := range l.fields() {
		if given&(1<<i) != 0 {
			*f = r.varint()
		}
	}
	return l
}

func (r *reader) take(n int) []byte {
	if r.bad || n > len(r.rest) {
		r.bad = true
		return nil
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if r.take(max(n, 0)); n <= 0 {
		r.bad = true
	}
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.rest)
	if r.take(max(n, 0)); n <= 0 {
		r.bad = true
	}
	return v
}
