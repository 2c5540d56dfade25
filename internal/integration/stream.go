package integration

import (
	"bytes"
	"context"
	"fmt"
	"mime"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/wire"
)

// TopicMetrics is where facts of delivery are consumed from, in the formats of
// POST /metrics or as the data of a CloudEvent. The key of a message spreads
// them over partitions; a campaign's id is a good one.
const TopicMetrics = "campaign-management.metrics"

// Stream takes facts of delivery in from a broker.
type Stream struct {
	to      wire.Recorder
	broker  string
	letters *Letters
}

// NewStream records what comes from a broker.
func NewStream(broker string, to wire.Recorder, letters *Letters) *Stream {
	return &Stream{to: to, broker: broker, letters: letters}
}

// atOnce bounds the messages under way. The ingester commits together what
// comes together, so that many small messages cost few transactions.
const atOnce = 256

// Handle takes in a batch: it returns when all facts are durable. Facts of
// delivery have no order to keep, so that a message which fails holds up none.
func (s *Stream) Handle(ctx context.Context, batch []event.Message) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, m := range batch {
		m.Topic, m.Key = TopicMetrics, "" // nothing waits behind it
		group.Go(func() error {
			why := s.letters.attempt(ctx, m)
			if why == nil {
				return nil
			}
			if kind := fault.KindOf(why); kind == fault.Unavailable || kind == fault.Throttled || ctx.Err() != nil {
				return why
			}
			return s.letters.park(ctx, s.broker, m, uuid.Nil, why)
		})
	}
	return group.Wait()
}

// errRefused is a message of which some facts were refused; the others count.
var errRefused = fault.New(fault.Invalid, "facts_refused", "Some facts of the message were refused.",
	"Send corrected ones with ids of their own, and drop this message; or replay it once the reason is gone.")

// errNoCampaign is one that names a campaign which may still come.
var errNoCampaign = fault.New(fault.NotFound, "facts_of_no_campaign", "Facts of the message name a campaign that does not exist.",
	"Create the campaign, or drop the message.")

// TakeMetrics takes in one message by the path of POST /metrics.
func TakeMetrics(to wire.Recorder) Take {
	return func(ctx context.Context, m event.Message) error {
		by := event.Origin{Kind: event.ActorReaction, ID: "stream", From: "stream", CorrelationID: m.ID}
		source, err := openFacts(m)
		if err != nil {
			return err
		}
		receipt, err := wire.Record(ctx, to, by, source)
		if err != nil {
			return err
		}
		return refusal(receipt)
	}
}

// openFacts finds the facts in a message.
func openFacts(m event.Message) (wire.Source, error) {
	media, _, _ := mime.ParseMediaType(m.ContentType)
	if media != MediaCloudEvent {
		return wire.Open(m.ContentType, bytes.NewReader(m.Body))
	}
	e, err := ParseCloudEvent(m.Body)
	if err != nil {
		return nil, err
	}
	return wire.Open(MediaJSON, bytes.NewReader(e.Data))
}

// refusal turns a receipt into the reason of a letter.
func refusal(r performance.Receipt) error {
	if r.Refused == 0 {
		return nil
	}
	why := errNoCampaign
	fields := make([]fault.Field, 0, len(r.Rejected))
	for _, x := range r.Rejected {
		if x.Code != performance.CodeCampaignNotFound {
			why = errRefused
		}
		fields = append(fields, fault.Field{Path: fmt.Sprintf("events[%d]", x.Index), Code: x.Code, Detail: x.Detail})
	}
	return why.WithFields(fields...)
}
