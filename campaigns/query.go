package campaigns

import (
	"fmt"
	"time"

	"github.com/hexabuilders/campaignd/fault"
)

// Order is what a list is sorted by. A minus turns it round; campaigns of the
// same key stand in the order of their making, or turned round with it.
type Order string

const (
	Newest      Order = "-created" // what a list is in unless asked otherwise
	Oldest      Order = "created"
	ByName      Order = "name" // whatever its case
	ByNameDown  Order = "-name"
	ByStart     Order = "start" // those without a schedule last
	ByStartDown Order = "-start"
	ByEnd       Order = "end" // as ByStart
	ByEndDown   Order = "-end"
)

// Orders are all of them, in the order in which they are shown.
var Orders = []Order{Newest, Oldest, ByName, ByNameDown, ByStart, ByStartDown, ByEnd, ByEndDown}

// Query asks for a part of a list: what fits every filter that is given. The
// zero value is the first page of all.
type Query struct {
	Status    []Status // any of them, here and below; none: all
	Type      []Type
	Objective []Objective
	Channels  []string  // those that use one of them
	Labels    []string  // those that carry one of them
	From, To  time.Time // those with a schedule that has a part in [From, To); zero: no end there
	Text      string    // in the name, whatever its case; "": all
	Sort      Order     // "": Newest
	Limit     int       // 0: the store's usual
	Cursor    string    // from the page before, of the same order; "" begins
}

// check refuses what no campaign can be, naming what there is.
func (q Query) check() error {
	var wrong fault.Fields
	checkEach(&wrong, "status", q.Status, Statuses, "a status")
	checkEach(&wrong, "type", q.Type, Types, "a type of campaign")
	checkEach(&wrong, "objective", q.Objective, Objectives, "an objective")
	if q.Sort != "" && !known(q.Sort, Orders) {
		wrong.Add("sort", "unknown_value", quote(string(q.Sort))+" is not an order.", oneOf(Orders))
	}
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		wrong.Add("to", "invalid_range", "It is not after from.", "a moment after from")
	}
	return wrong.Err()
}

func checkEach[T ~string](wrong *fault.Fields, path string, values, all []T, what string) {
	for i, v := range values {
		if !known(v, all) {
			wrong.Add(fmt.Sprintf("%s[%d]", path, i), "unknown_value", quote(string(v))+" is not "+what+".", oneOf(all))
		}
	}
}
