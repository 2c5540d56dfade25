package chunk

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"

	"github.com/klauspost/compress/zstd"

	"github.com/hexabuilders/campaignd/performance"
)

// A digest holds what a merged chunk's events add up to, so that a question
// about all of them need not open it. It is two values, because most questions
// are about channels:
//
//	channels    the cells by channel
//	breakdowns  for each other dimension the cells by its value and channel
//
// each as a CRC-32C of the rest, which is compressed (Zstandard) in breakdowns,
// and for each dimension uvarint number of cells plus 1, then the cells; 0 stands
// for too many. A cell is its texts, its
// events, sums, gauges (a mask, then time and value) and custom values.

// MaxDigestCells bounds the cells of one dimension in a digest. A chunk with
// more is opened when that dimension is asked for.
const MaxDigestCells = 64

// maxDigest bounds a digest: one of many custom values is left out.
const maxDigest = 16 << 10

// Digest sums up the events of a merged chunk. A part that would be too large
// is empty.
func Digest(events []*performance.Event) (channels, breakdowns []byte) {
	channels = appendDimension(make([]byte, 4, 256), events, 0)
	breakdowns = make([]byte, 4, 1024)
	for d := 1; d < performance.NumDimensions; d++ {
		breakdowns = appendDimension(breakdowns, events, d)
	}
	if len(breakdowns) <= maxDigest {
		breakdowns = thorough.EncodeAll(breakdowns[4:], make([]byte, 4, len(breakdowns)))
	}
	return sealed(channels), sealed(breakdowns)
}

// SameBreakdowns reports whether two digests of breakdowns say the same. Another
// version of the compressor may have written the same in other bytes.
func SameBreakdowns(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	plainA, errA := plainBreakdowns(a)
	plainB, errB := plainBreakdowns(b)
	return errA == nil && errB == nil && bytes.Equal(plainA, plainB)
}

func plainBreakdowns(digest []byte) ([]byte, error) {
	if len(digest) < 4 || binary.LittleEndian.Uint32(digest) != crc32.Checksum(digest[4:], castagnoli) {
		return nil, corrupt("digest")
	}
	plain, err := digestReader.DecodeAll(digest[4:], nil)
	if err != nil {
		return nil, corrupt("digest: %v", err)
	}
	return plain, nil
}

// digests are small, whatever they claim to be.
var digestReader, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxDigest))

func sealed(digest []byte) []byte {
	if len(digest) > maxDigest {
		return []byte{}
	}
	binary.LittleEndian.PutUint32(digest, crc32.Checksum(digest[4:], castagnoli))
	return digest
}

type cellKey struct{ value, channel string }

func appendDimension(out []byte, events []*performance.Event, d int) []byte {
	cells := map[cellKey]*performance.Cell{}
	var keys []cellKey
	for _, e := range events {
		key := cellKey{*e.Dimensions.Nth(d), e.Channel}
		c := cells[key]
		if c == nil {
			if len(keys) == MaxDigestCells {
				return append(out, 0)
			}
			c = &performance.Cell{}
			cells[key] = c
			keys = append(keys, key)
		}
		c.Add(e)
	}
	out = binary.AppendUvarint(out, uint64(len(keys))+1)
	for _, key := range keys {
		if d > 0 {
			out = appendText(out, key.value)
		}
		out = appendCell(appendText(out, key.channel), cells[key])
	}
	return out
}

func appendText(out []byte, text string) []byte {
	return append(binary.AppendUvarint(out, uint64(len(text))), text...)
}

func appendCell(out []byte, c *performance.Cell) []byte {
	out = binary.AppendUvarint(out, uint64(c.Events))
	for _, sum := range c.Sums {
		out = binary.AppendVarint(out, sum)
	}
	set := uint64(0)
	for i, g := range c.Gauges {
		if g.Set {
			set |= 1 << i
		}
	}
	out = binary.AppendUvarint(out, set)
	for _, g := range c.Gauges {
		if g.Set {
			out = binary.AppendVarint(binary.AppendVarint(out, g.At), g.Value)
		}
	}
	out = binary.AppendUvarint(out, uint64(len(c.Custom)))
	for _, v := range c.Custom {
		out = binary.AppendVarint(appendText(out, v.Name), v.Value)
	}
	return out
}

// DigestFor is the place in a digest that answers a tally: in the channels with
// 0, in the breakdowns with a dimension's place, in neither with -1.
func DigestFor(t *performance.Tally) int {
	place := 0
	for d, grouped := range t.GroupedBy() {
		switch {
		case !grouped || d == 0:
		case place > 0:
			return -1
		default:
			place = d
		}
	}
	return place
}

// AddDigest adds a digest's cells for a dimension to a tally: channels for 0,
// breakdowns for the others. at is when any of its events happened; all must be
// in one bucket. ok is false, and nothing is added, when the digest does not
// have them.
func AddDigest(digest []byte, dimension int, at int64, to *performance.Tally) (ok bool, err error) {
	if len(digest) == 0 {
		return false, nil
	}
	if len(digest) < 4 || binary.LittleEndian.Uint32(digest) != crc32.Checksum(digest[4:], castagnoli) {
		return false, corrupt("digest")
	}
	r := reader{left: digest[4:]}
	if dimension > 0 {
		if r.left, err = digestReader.DecodeAll(r.left, nil); err != nil {
			return false, corrupt("digest: %v", err)
		}
	}
	for d := min(dimension, 1); d < dimension; d++ {
		if _, err := r.cells(d, nil); err != nil {
			return false, err
		}
	}
	return r.cells(dimension, func(d *performance.Dimensions, c *performance.Cell) error {
		cell, err := to.Cell(at, d)
		if err == nil {
			cell.Merge(c)
		}
		return err
	})
}

// cells reads a dimension's cells, and hands them to f when there is one.
func (r *reader) cells(dimension int, f func(*performance.Dimensions, *performance.Cell) error) (ok bool, err error) {
	n := r.uvarint()
	for range max(n, 1) - 1 {
		var d performance.Dimensions
		if dimension > 0 {
			*d.Nth(dimension) = string(r.bytes(r.uvarint()))
		}
		d.Channel = string(r.bytes(r.uvarint()))
		c := r.cell()
		if r.err != nil {
			break
		}
		if f != nil {
			if err := f(&d, &c); err != nil {
				return false, err
			}
		}
	}
	return n > 0 && r.err == nil, r.err
}

func (r *reader) cell() (c performance.Cell) {
	c.Events = int64(r.uvarint())
	for m := range c.Sums {
		c.Sums[m] = r.varint()
	}
	set := r.uvarint()
	for m := performance.Reach; m < performance.NumMetrics; m++ {
		if set&(1<<(m-performance.Reach)) != 0 {
			c.SetGauge(m, r.varint(), r.varint())
		}
	}
	for range r.uvarint() {
		if r.err != nil {
			break
		}
		c.Custom = append(c.Custom, performance.Custom{Name: string(r.bytes(r.uvarint())), Value: r.varint()})
	}
	return c
}
