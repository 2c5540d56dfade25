package integration

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
)

// Group is the consumer group of all nodes of this service.
const Group = "campaign-management"

// Consumer takes in the inbound events of one broker.
type Consumer struct {
	broker  string
	letters *Letters
}

// NewConsumer hands what comes from a broker to what is registered with
// letters.
func NewConsumer(broker string, letters *Letters) *Consumer { return &Consumer{broker, letters} }

// Handle takes in a batch of one topic, in order. It fails, and the batch comes
// again, only when the store does not answer: any other failure is the message's
// own and makes it a letter.
func (c *Consumer) Handle(ctx context.Context, batch []event.Message) error {
	if len(batch) == 0 {
		return nil
	}
	waiting, err := c.letters.store.OpenKeys(ctx, batch[0].Topic)
	if err != nil {
		return err
	}
	for _, m := range batch {
		m.Key = keyOf(m)
		var why error
		if !waiting[m.Key] {
			if why = c.letters.attempt(ctx, m); why == nil {
				continue
			}
			if fault.KindOf(why) == fault.Unavailable {
				return why
			}
		}
		if err := c.letters.park(ctx, c.broker, m, partnerOf(m), why); err != nil {
			return err
		}
		if m.Key != "" {
			waiting[m.Key] = true
		}
	}
	return nil
}

// keyOf is what a message is held in order by: the key that the broker gave it,
// or whom it is about.
func keyOf(m event.Message) string {
	if m.Key != "" {
		return m.Key
	}
	if partner := partnerOf(m); partner != uuid.Nil {
		return partner.String()
	}
	return ""
}

// partnerOf is whom a message is about, as far as that can be read.
func partnerOf(m event.Message) uuid.UUID {
	var peek struct {
		Data struct {
			Partner uuid.UUID `json:"partner_id"`
		} `json:"data"`
	}
	if json.Unmarshal(m.Body, &peek) != nil {
		return uuid.Nil
	}
	return peek.Data.Partner
}

// TakeInbound takes in one message by the inbox.
func TakeInbound(inbox *Inbox) Take {
	return func(ctx context.Context, m event.Message) error {
		_, err := inbox.Receive(ctx, event.Origin{}, m.Body, false)
		return err
	}
}
