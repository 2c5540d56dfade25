package budgets

import (
	"slices"
	"time"

	"github.com/hexabuilders/campaignd/localday"
)

// ChannelShare is the part of a budget's limit that one channel may have, and
// what it has had of it in the budget's open period. A channel without a share
// is bound by the budget's limit alone.
type ChannelShare struct {
	Channel  string       `json:"channel"`
	Limit    int64        `json:"limit"`
	Period   localday.Day `json:"period"` // 0 of a total budget
	Reported int64        `json:"reported"`
	Reserved int64        `json:"reserved"`
	Raises   []Raise      `json:"raises,omitempty"` // of the last 30 days
}

// set gives the channel more, or less.
func (c *ChannelShare) set(at time.Time, limit int64) {
	if limit > c.Limit {
		c.Raises = raises(c.Raises).with(Raise{At: at, Before: c.Limit, Amount: limit - c.Limit})
	}
	c.Limit = limit
}

func (c *ChannelShare) begin(period localday.Day) { c.Period, c.Reported, c.Reserved = period, 0, 0 }

func (c *ChannelShare) free() int64 { return max(0, c.Limit-max(0, c.Reported)-c.Reserved) }

// share changes a channel's figures. A period that is over moves nothing: the
// share is of the open one.
func (b *Budget) share(period localday.Day, channel string, change func(*ChannelShare)) {
	if i := b.shareOf(channel); i >= 0 && b.state.Channels[i].Period == period {
		change(&b.state.Channels[i])
	}
}

// shareOf is a channel's place among the shares, -1 for none.
func (b *Budget) shareOf(channel string) int {
	return slices.IndexFunc(b.state.Channels, func(c ChannelShare) bool { return c.Channel == channel })
}
