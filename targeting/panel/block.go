package panel

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// blockRows is how many rows are kept together: what a load holds in memory.
const (
	blockRows  = 1 << 14
	blockBytes = 16 << 20
)

// block is some rows, column by column. A value stands once in its column, and
// a row has its place there, 0 for none.
type block struct {
	weights []float64
	columns []*strip
	size    int // bytes of its values
}

type strip struct {
	name   string
	values []string
	places map[string]uint32 // of values, from 1; only while it is filled
	cells  []uint32
}

// add appends a row whose cells stand under these names; columns that are new
// begin with what is missing.
func (b *block) add(names, cells []string, weight float64) {
	for len(b.columns) < len(names) {
		b.columns = append(b.columns, &strip{name: names[len(b.columns)], places: map[string]uint32{}, cells: make([]uint32, len(b.weights))})
	}
	b.weights = append(b.weights, weight)
	for i, c := range b.columns {
		var place uint32
		if i < len(cells) && cells[i] != "" {
			before := len(c.values)
			if place = c.place(cells[i]); len(c.values) > before {
				b.size += len(cells[i])
			}
		}
		c.cells = append(c.cells, place)
	}
}

func (c *strip) place(value string) uint32 {
	if at, ok := c.places[value]; ok {
		return at
	}
	value = strings.Clone(value) // the row it stands in is much longer
	c.values = append(c.values, value)
	at := uint32(len(c.values))
	c.places[value] = at
	return at
}

// full reports whether the block is to be kept and another begun.
func (b *block) full() bool { return len(b.weights) >= blockRows || b.size >= blockBytes }

// The form of a block: its version, the rows, the weights (one when all are
// alike), then for each column its name, its values and the place of each row;
// numbers are varints, texts have their length in front. The whole is zstd,
// whose checksum finds what a disk has turned over.
const blockVersion = 1

var packer = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err) // the options are constants
	}
	return e
})

// maxBlock bounds what a block may unpack to: its values, one row more, and five
// bytes a cell.
const maxBlock = blockBytes + MaxRow + blockRows*MaxColumns*5

var unpacker = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxBlock))
	if err != nil {
		panic(err) // the options are constants
	}
	return d
})

func (b *block) encode() []byte {
	out := []byte{blockVersion}
	out = binary.AppendUvarint(out, uint64(len(b.weights)))
	alike := allAlike(b.weights)
	weights := b.weights
	if alike {
		out, weights = append(out, 1), weights[:min(1, len(weights))]
	} else {
		out = append(out, 0)
	}
	for _, w := range weights {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(w))
	}
	out = binary.AppendUvarint(out, uint64(len(b.columns)))
	for _, c := range b.columns {
		out = appendText(out, c.name)
		out = binary.AppendUvarint(out, uint64(len(c.values)))
		for _, v := range c.values {
			out = appendText(out, v)
		}
		for _, place := range c.cells {
			out = binary.AppendUvarint(out, uint64(place))
		}
	}
	return packer().EncodeAll(out, nil)
}

func allAlike(weights []float64) bool {
	for _, w := range weights {
		if w != weights[0] {
			return false
		}
	}
	return true
}

func appendText(out []byte, text string) []byte {
	return append(binary.AppendUvarint(out, uint64(len(text))), text...)
}

var errBlock = errors.New("panel: a block cannot be read")

func decodeBlock(packed []byte) (*block, error) {
	raw, err := unpacker().DecodeAll(packed, nil)
	if err != nil {
		return nil, errors.Join(errBlock, err)
	}
	in := reader{left: raw}
	version, rows, alike := in.byte(), in.count(blockRows), in.byte()
	if version != blockVersion || in.failed {
		return nil, errBlock
	}
	b := &block{weights: make([]float64, rows)}
	for i := range b.weights {
		if i > 0 && alike == 1 {
			b.weights[i] = b.weights[0]
			continue
		}
		b.weights[i] = in.float()
	}
	for range in.count(MaxColumns) {
		c := &strip{name: in.text()}
		for range in.count(rows) {
			c.values = append(c.values, in.text())
		}
		c.cells = make([]uint32, rows)
		for i := range c.cells {
			c.cells[i] = uint32(in.count(len(c.values)))
		}
		if in.failed {
			return nil, errBlock
		}
		b.columns = append(b.columns, c)
	}
	if in.failed || len(in.left) > 0 {
		return nil, errBlock
	}
	return b, nil
}

// reader takes a block apart. After a failure it gives zeros.
type reader struct {
	left   []byte
	failed bool
}

func (r *reader) take(n int) []byte {
	if r.failed || n > len(r.left) {
		r.failed = true
		return nil
	}
	taken := r.left[:n]
	r.left = r.left[n:]
	return taken
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) float() float64 {
	if b := r.take(8); b != nil {
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
	return 0
}

// count is a number of at most most.
func (r *reader) count(most int) int {
	n, size := binary.Uvarint(r.left)
	if r.failed || size <= 0 || n > uint64(most) {
		r.failed = true
		return 0
	}
	r.left = r.left[size:]
	return int(n)
}

func (r *reader) text() string { return string(r.take(r.count(MaxRow))) }
