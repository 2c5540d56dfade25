package performance

import (
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// Commit is what one transaction writes: the events of many requests, each of
// them once.
type Commit struct {
	Partners []PartnerPart // in the order of partner ids
	Stamps   map[uuid.UUID]Stamp
}

// PartnerPart is a partner's part of a commit.
type PartnerPart struct {
	Partner uuid.UUID
	By      event.Origin
	Keys    []Key // strictly increasing
	Prints  []uint32
	Parts   []*Part // in the order of campaign ids
}

// Standing is what the log keeps of a campaign besides its sums: which side of
// its targets each KPI stands on, and the last hour judged.
type Standing struct {
	Targets map[string]Side `json:"targets,omitempty"`
	Hour    int64           `json:"hour,omitempty"` // start of the latest hour with events, microseconds
}

// Side says on which side of a target a KPI stands.
type Side string

// The sides; a KPI that was never judged has none.
const (
	Met    Side = "met"
	Missed Side = "missed"
)

// After is a campaign as it stands once a part has been added.
type After struct {
	Total    Cell // sums and events of all channels, and the gauges of this part
	Standing Standing
	// HourCell reads the sum over all channels of the hour that begins there.
	HourCell func(start int64) (Cell, error)
	// DayEvents counts the events there are of each of these local days, over
	// all channels, the part's own among them.
	DayEvents func(days []int64) (map[int64]int64, error)
}

// maxTotal is how far a total may go. No commit adds half as much, so the sum
// cannot wrap before it is looked at.
const maxTotal = 1 << 62

// Check refuses totals that have left their range.
func (a *After) Check(p *Part) error {
	for m := range Reach {
		switch total := a.Total.Sums[m]; {
		case total > maxTotal:
			return &Refusal{Campaign: p.Campaign, Metric: m}
		case total < 0 && p.Total.Sums[m] < 0:
			return &Refusal{Campaign: p.Campaign, Metric: m, Negative: true}
		}
	}
	return nil
}

// Follow derives what follows from a part that has been added: the campaign's
// events, and changed when Standing has to be stored.
func (a *After) Follow(p *Part, at time.Time) (events []event.Event, changed bool, err error) {
	w := watcher{part: p, after: a, at: at}
	w.targets()
	if err := w.hours(); err != nil {
		return nil, false, err
	}
	if err := w.restated(); err != nil {
		return nil, false, err
	}
	return w.rec.Pull(), w.changed, nil
}
