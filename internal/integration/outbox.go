package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/hexabuilders/campaignd/event"
)

// Where this service says things. A broker that routes by subject puts partner
// and type behind Events.
const (
	TopicEvents      = "campaign-management.events"
	TopicPerformance = "campaign-management.performance" // .<partner> and .all
	Source           = "/campaign-management"
	typePrefix       = "campaign-management/"
	// TypeReport is the CloudEvents type of the report of a campaign's day.
	TypeReport = typePrefix + "performance-report"
)

// Publisher is the part of a broker that the outbox needs: nil means durable.
type Publisher interface {
	Publish(ctx context.Context, batch []event.Message) error
}

// Outbox sends what is in the event log to one broker. Where it stands is the
// cursor of the relay that feeds it.
type Outbox struct {
	to   Publisher
	now  func() time.Time
	sent atomic.Int64
	fail atomic.Pointer[Failure]
}

// Failure is why the last try failed.
type Failure struct {
	At  time.Time
	Why string
}

// NewOutbox sends to a broker.
func NewOutbox(to Publisher, now func() time.Time) *Outbox { return &Outbox{to: to, now: now} }

// Handle is the relay's handler: it returns when the events are durable at the
// broker, and sends all of them again when it is not known whether they are.
func (o *Outbox) Handle(ctx context.Context, events []event.Event) error {
	batch := make([]event.Message, 0, len(events))
	for i := range events {
		batch = append(batch, Outgoing(&events[i])...)
	}
	err := o.to.Publish(ctx, batch)
	if err != nil {
		o.fail.Store(&Failure{o.now(), err.Error()})
		return err
	}
	o.sent.Add(int64(len(events)))
	o.fail.Store(nil)
	return nil
}

// Sent counts the events that this node has sent, repetitions too.
func (o *Outbox) Sent() int64 { return o.sent.Load() }

// Failing is the last failure, nil since a success.
func (o *Outbox) Failing() *Failure { return o.fail.Load() }

// Outgoing is an event of the log as it is sent: one message, or for a report
// one under each of its two routing keys.
func Outgoing(e *event.Event) []event.Message {
	body, kind := appendEvent(nil, e)
	m := event.Message{
		Topic: TopicEvents, Route: e.Partner.String() + "." + e.Type, Key: e.AggregateID.String(), ID: e.ID.String(),
		ContentType: MediaCloudEvent, Body: body,
	}
	if kind != TypeReport {
		return []event.Message{m}
	}
	m.Route = ""
	m.Topic = TopicPerformance + "." + e.Partner.String()
	all := m
	all.Topic = TopicPerformance + ".all"
	return []event.Message{m, all}
}

// appendEvent writes the CloudEvent. Ids, types and times of ours need no
// escaping, which spares the reflection of package json; a test holds it to what
// that writes.
func appendEvent(dst []byte, e *event.Event) (body []byte, kind string) {
	kind = typePrefix + e.Type
	if e.Type == EventReport {
		kind = TypeReport
	}
	dst = append(dst, `{"specversion":"1.0","id":"`...)
	dst = append(dst, e.ID.String()...)
	dst = append(dst, `","source":"`+Source+`","type":"`...)
	dst = append(dst, kind...)
	dst = fmt.Appendf(dst, `","subject":"%s/%s","time":"`, e.Aggregate, e.AggregateID)
	dst = e.OccurredAt.UTC().AppendFormat(dst, time.RFC3339Nano)
	dst = append(dst, `","datacontenttype":"application/json","partitionkey":"`...)
	dst = append(dst, e.AggregateID.String()...)
	dst = append(dst, `","sequence":"`...)
	dst = strconv.AppendInt(dst, e.Seq, 10)
	dst = append(dst, `","partnerid":"`...)
	dst = append(dst, e.Partner.String()...)
	dst = append(dst, `","data":`...)
	if data := e.Data; json.Valid(data) {
		dst = append(dst, data...)
	} else {
		dst = append(dst, "null"...)
	}
	return append(dst, '}'), kind
}
