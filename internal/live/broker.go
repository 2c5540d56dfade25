package live

import (
	"errors"

	"github.com/centrifugal/centrifuge"
)

// errReadOnly answers who would publish through centrifuge: only the log speaks.
var errReadOnly = errors.New("live: channels are read-only")

// RegisterBrokerEventHandler, Subscribe, Unsubscribe and the publishing methods
// complete centrifuge.Broker. Messages come from Publish, and a channel is held
// open by its subscribers, so there is nothing to do in them.
func (b *bridge) RegisterBrokerEventHandler(centrifuge.BrokerEventHandler) error { return nil }
func (b *bridge) Subscribe(...string) error                                      { return nil }
func (b *bridge) Unsubscribe(...string) error                                    { return nil }
func (b *bridge) PublishJoin(string, *centrifuge.ClientInfo) error               { return nil }
func (b *bridge) PublishLeave(string, *centrifuge.ClientInfo) error              { return nil }
func (b *bridge) RemoveHistory(string) error                                     { return errReadOnly }

func (b *bridge) Publish(string, []byte, centrifuge.PublishOptions) (centrifuge.PublishResult, error) {
	return centrifuge.PublishResult{}, errReadOnly
}

// ReliableDelivery says that no message is lost between the ring and a client's
// queue: both are reached under one lock.
func (b *bridge) ReliableDelivery() bool { return true }

// History reads the ring. A channel that is not open has an epoch of its own,
// so that nothing is taken for recovered.
func (b *bridge) History(name string, opts centrifuge.HistoryOptions) ([]*centrifuge.Publication, centrifuge.StreamPosition, error) {
	found, ok := b.hub.open.Load(name)
	if !ok {
		return nil, centrifuge.StreamPosition{Epoch: "closed"}, nil
	}
	c := found.(*channel)
	c.feed.mu.Lock()
	defer c.feed.mu.Unlock()
	top := centrifuge.StreamPosition{Offset: c.ring.top, Epoch: c.epoch}
	if opts.Filter.Limit == 0 {
		return nil, top, nil
	}
	var since uint64
	if opts.Filter.Since != nil {
		since = opts.Filter.Since.Offset
	}
	var pubs []*centrifuge.Publication
	for _, m := range c.ring.afterIndex(since) {
		pubs = append(pubs, &centrifuge.Publication{Offset: m.index, Data: m.body})
	}
	return pubs, top, nil
}
