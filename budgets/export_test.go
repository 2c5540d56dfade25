package budgets

import (
	"time"

	"github.com/hexabuilders/campaignd/event"
)

// Open begins a budget that nobody guards.
var Open = open

// Change is a change that nobody guards, for tests of what follows from one.
func (b *Budget) Change(by event.Origin, at time.Time, p Patch) error {
	return b.change(by, at, p, false)
}
