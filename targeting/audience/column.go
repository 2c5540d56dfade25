package audience

import (
	"encoding/binary"
	"slices"

	"github.com/hexabuilders/campaignd/targeting/identity"
)

// People are numbered, and what is known of them is kept by column, in blocks
// of BlockPeople consecutive numbers: a rule over one attribute reads that
// attribute and nothing else.
const (
	blockBits   = 11
	BlockPeople = 1 << blockBits
)

// BlockOf is the block of a person, and their place in it.
func BlockOf(person uint32) (block int64, slot int) {
	return int64(person >> blockBits), int(person & (BlockPeople - 1))
}

// Values is one attribute of a block: a dictionary, and for each person 0 for
// unknown or 1 + the place of their value.
type Values struct {
	Words []string
	Codes []uint16 // BlockPeople of them

	place map[string]uint16
}

// NewValues is an attribute of which nothing is known.
func NewValues() *Values { return &Values{Codes: make([]uint16, BlockPeople)} }

// Of is a person's value, and whether it is known.
func (v *Values) Of(slot int) (string, bool) {
	code := v.Codes[slot]
	if code == 0 {
		return "", false
	}
	return v.Words[code-1], true
}

// Set notes a person's value; "" forgets it.
func (v *Values) Set(slot int, value string) {
	if value == "" {
		v.Codes[slot] = 0
		return
	}
	if v.place == nil {
		v.place = make(map[string]uint16, len(v.Words))
		for i, w := range v.Words {
			v.place[w] = uint16(i + 1)
		}
	}
	code, ok := v.place[value]
	if !ok {
		if len(v.Words) == maxWords {
			v.compact()
		}
		v.Words = append(v.Words, value)
		code = uint16(len(v.Words))
		v.place[value] = code
	}
	v.Codes[slot] = code
}

// maxWords bounds a dictionary: values that nobody has any more are dropped
// when it is reached, and at most BlockPeople are in use.
const maxWords = 4 * BlockPeople

// compact drops the words that nobody has.
func (v *Values) compact() {
	words, codes := make([]string, 0, len(v.Words)), make([]uint16, len(v.Words)+1)
	clear(v.place)
	for slot, code := range v.Codes {
		if code == 0 {
			continue
		}
		if codes[code] == 0 {
			words = append(words, v.Words[code-1])
			codes[code] = uint16(len(words))
			v.place[words[len(words)-1]] = codes[code]
		}
		v.Codes[slot] = codes[code]
	}
	v.Words = words
}

// Encode is the column as a block. A value that nobody has is not in it, so
// that what is erased is gone.
func (v *Values) Encode() []byte {
	if v.place == nil {
		v.place = map[string]uint16{}
	}
	v.compact()
	b := begin(nil)
	b = binary.AppendUvarint(b, uint64(len(v.Words)))
	for _, w := range v.Words {
		b = appendText(b, w)
	}
	used := len(v.Codes)
	for used > 0 && v.Codes[used-1] == 0 {
		used--
	}
	b = binary.AppendUvarint(b, uint64(used))
	for _, code := range v.Codes[:used] {
		if len(v.Words) > 255 {
			b = append(b, byte(code>>8))
		}
		b = append(b, byte(code))
	}
	return seal(b)
}

// DecodeValues reads a column.
func DecodeValues(block []byte) (*Values, error) {
	r := unseal(block)
	v := NewValues()
	words := r.count(1)
	for range words {
		v.Words = append(v.Words, r.text())
	}
	width := 1
	if words > 255 {
		width = 2
	}
	used := r.count(width)
	if used > BlockPeople || words > BlockPeople {
		r.fail()
	}
	for slot := range used {
		if r.err != nil {
			break
		}
		b := r.bytes(width)
		code := uint16(b[0])
		if width == 2 {
			code = code<<8 | uint16(b[1])
		}
		if int(code) > words {
			r.fail()
		}
		v.Codes[slot] = code
	}
	return v, r.end()
}

// IDs are the identifiers of a block's people.
type IDs [BlockPeople][]identity.ID

// Add gives a person the identifiers that they do not have yet, and reports
// whether there were any.
func (c *IDs) Add(slot int, ids []identity.ID) (changed bool) {
	for _, id := range ids {
		if !slices.Contains(c[slot], id) && len(c[slot]) < maxIDs {
			c[slot] = append(c[slot], id)
			changed = true
		}
	}
	return changed
}

// maxIDs is how many identifiers a person can gather: somebody with more is
// rather a family, or a test account.
const maxIDs = 64

// Encode is the column as a block.
func (c *IDs) Encode() []byte {
	b := begin(nil)
	for _, ids := range c {
		b = append(b, byte(len(ids)))
		for _, id := range ids {
			b = append(append(b, byte(id.Kind)), id.Hash[:]...)
		}
	}
	return seal(b)
}

// DecodeIDs reads a column.
func DecodeIDs(block []byte) (*IDs, error) {
	r := unseal(block)
	c := &IDs{}
	for slot := range c {
		c[slot] = r.ids(nil)
	}
	return c, r.end()
}

// Doings are what a block's people did, each person's days in order. From is,
// for each of them, the upload that last spoke of that day.
type Doings struct {
	Days [BlockPeople][]Day
	From [BlockPeople][]uint32
}

// maxDays is how many days of a person are kept, the latest.
const maxDays = 400

// Add notes what an upload says that a person did. An upload adds up within
// itself, a line for each visit; what an earlier one said of the same day it
// replaces, so that a file sent again counts nothing twice.
func (d *Doings) Add(slot int, days []Day, from uint32) {
	for _, day := range days {
		have := d.Days[slot]
		i, found := slices.BinarySearchFunc(have, day.Day, func(a Day, b int32) int { return int(a.Day) - int(b) })
		switch {
		case !found:
			d.Days[slot] = slices.Insert(have, i, day)
			d.From[slot] = slices.Insert(d.From[slot], i, from)
		case d.From[slot][i] == from:
			have[i].Visits += day.Visits
			have[i].Purchases += day.Purchases
			have[i].Value += day.Value
		default:
			have[i], d.From[slot][i] = day, from
		}
	}
	if over := len(d.Days[slot]) - maxDays; over > 0 {
		d.Days[slot], d.From[slot] = d.Days[slot][over:], d.From[slot][over:]
	}
}

// Encode is the column as a block.
func (d *Doings) Encode() []byte {
	b := begin(nil)
	for slot, days := range &d.Days {
		b = appendDays(b, days)
		last := uint32(0)
		for _, from := range d.From[slot] {
			b = binary.AppendUvarint(b, uint64(from^last))
			last = from
		}
	}
	return seal(b)
}

// DecodeDoings reads a column.
func DecodeDoings(block []byte) (*Doings, error) {
	r := unseal(block)
	d := &Doings{}
	for slot := range d.Days {
		d.Days[slot] = r.days(nil)
		last := uint32(0)
		for range d.Days[slot] {
			from := r.uvarint()
			if from>>32 != 0 {
				r.fail()
			}
			last ^= uint32(from)
			d.From[slot] = append(d.From[slot], last)
		}
		if r.err != nil {
			break
		}
	}
	return d, r.end()
}
