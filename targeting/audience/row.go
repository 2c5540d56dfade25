package audience

import (
	"github.com/hexabuilders/campaignd/targeting/identity"
)

// Row is one line of an upload: who it is, what is known of them, and what
// they did. A reader fills the same one again and again.
type Row struct {
	IDs        []identity.ID
	Attributes []Attribute
	Days       []Day
}

// Attribute is one thing that is known of a person.
type Attribute struct{ Name, Value string }

// Day is what a person did on one day, in UTC.
type Day struct {
	Day       int32  // days since 1970-01-01
	Visits    uint32 // how many
	Purchases uint32 // how many
	Value     int64  // of the purchases, micros of the partner's currency
}

func (r *Row) reset() {
	r.IDs, r.Attributes, r.Days = r.IDs[:0], r.Attributes[:0], r.Days[:0]
}
