package audience

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/hexabuilders/campaignd/targeting/identity"
)

// Entry says which person an identifier belongs to.
type Entry struct {
	Print  identity.Print
	Person uint32
}

const entrySize = len(identity.Print{}) + 4

// PageEntries is how many entries a page of the index has at most; a fuller one
// is split. Pages follow each other in the order of prints.
const PageEntries = 4096

// Page is one page of the index, in order.
type Page []Entry

func compareEntry(e Entry, p identity.Print) int { return bytes.Compare(e.Print[:], p[:]) }

// Find is whom a print belongs to.
func (p Page) Find(print identity.Print) (uint32, bool) {
	i, found := slices.BinarySearchFunc(p, print, compareEntry)
	if !found {
		return 0, false
	}
	return p[i].Person, true
}

// Merge adds entries, which are in order. Of two for one print the new one
// counts: the old one led to somebody who was forgotten.
func (p Page) Merge(more []Entry) Page {
	out := make(Page, 0, len(p)+len(more))
	for len(p) > 0 && len(more) > 0 {
		switch c := compareEntry(p[0], more[0].Print); {
		case c < 0:
			out, p = append(out, p[0]), p[1:]
		case c > 0:
			out, more = append(out, more[0]), more[1:]
		default:
			out, p, more = append(out, more[0]), p[1:], more[1:]
		}
	}
	return append(append(out, p...), more...)
}

// Without drops the entries that lead to one of some people.
func (p Page) Without(gone func(person uint32) bool) Page {
	return slices.DeleteFunc(slices.Clone(p), func(e Entry) bool { return gone(e.Person) })
}

// Split divides what is too much for one page.
func (p Page) Split() []Page {
	if len(p) <= PageEntries {
		return []Page{p}
	}
	pages := len(p)/(PageEntries*2/3) + 1
	size := (len(p) + pages - 1) / pages
	return slices.Collect(slices.Chunk(p, size))
}

// Encode is the page as a block.
func (p Page) Encode() []byte {
	b := begin(make([]byte, 0, prefix+len(p)*entrySize))
	for _, e := range p {
		b = append(b, e.Print[:]...)
		b = binary.BigEndian.AppendUint32(b, e.Person)
	}
	return seal(b)
}

// DecodePage reads a page.
func DecodePage(block []byte) (Page, error) {
	r := unseal(block)
	if len(r.rest)%entrySize != 0 {
		r.fail()
	}
	p := make(Page, len(r.rest)/entrySize)
	for i := range p {
		b := r.rest[i*entrySize:]
		copy(p[i].Print[:], b)
		p[i].Person = binary.BigEndian.Uint32(b[len(identity.Print{}):])
	}
	return p, r.err
}
