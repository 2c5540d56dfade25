package webhooks

import (
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// Status is where a delivery stands.
type Status string

// The states of a delivery.
const (
	Pending   Status = "pending"   // it will be tried at NextAt
	Delivered Status = "delivered" // it was answered with 2xx
	Exhausted Status = "failed"    // every try failed
)

// Statuses are all of them.
var Statuses = []Status{Pending, Delivered, Exhausted}

// Schedule is how long after the try before each try is made: about three days
// in all (Standard Webhooks).
var Schedule = []time.Duration{
	0, 5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour,
	5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// KeepFor is how long the log of deliveries is kept.
const KeepFor = 30 * 24 * time.Hour

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	ID        uuid.UUID  `json:"id"` // the event's, and the webhook-id of every try
	Partner   uuid.UUID  `json:"-"`
	Endpoint  uuid.UUID  `json:"endpoint_id"`
	Seq       int64      `json:"seq"` // of the event in the partner's feed
	Type      string     `json:"type"`
	Status    Status     `json:"status"`
	NextAt    *time.Time `json:"next_at,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	Tries     []Try      `json:"tries"` // the newest last, those of the last round
}

// Try is one request and what became of it.
type Try struct {
	At       time.Time     `json:"at"`
	Status   int           `json:"status,omitempty"` // of the answer; none when there was none
	Error    string        `json:"error,omitempty"`  // why there was none
	Answer   string        `json:"answer,omitempty"` // the beginning of it
	Duration time.Duration `json:"-"`
	Millis   int64         `json:"duration_ms"`
}

// Reply is what a Sender brings back.
type Reply struct {
	Status     int           // 0: no answer
	Error      string        // why not, fit to be shown
	Answer     string        // its first bytes
	RetryAfter time.Duration // as the receiver asked; 0 when it did not
	Duration   time.Duration
}

// OK reports whether the receiver has taken it.
func (r Reply) OK() bool { return r.Status >= 200 && r.Status < 300 }

const statusGone = 410

// newDelivery is due at once.
func newDelivery(endpoint uuid.UUID, e event.Event, at time.Time) Delivery {
	return Delivery{ID: e.ID, Partner: e.Partner, Endpoint: endpoint, Seq: e.Seq, Type: e.Type, Status: Pending, NextAt: &at, CreatedAt: at}
}

// note adds a try. After a failure the next one is due by the Schedule, or
// later when the receiver asked for that; jitter in [0, 1) spreads the tries of
// one outage by up to a tenth.
func (d *Delivery) note(at time.Time, r Reply, jitter float64) {
	d.Tries = append(d.Tries, Try{At: at, Status: r.Status, Error: r.Error, Answer: r.Answer, Millis: r.Duration.Milliseconds()})
	d.NextAt = nil
	switch n := len(d.Tries); {
	case r.OK():
		d.Status = Delivered
	case n >= len(Schedule) || r.Status == statusGone:
		d.Status = Exhausted
	default:
		wait := Schedule[n]
		wait += time.Duration(jitter * float64(wait) / 10)
		next := at.Add(max(wait, min(r.RetryAfter, 24*time.Hour)))
		d.NextAt = &next
	}
}

// again makes a delivery due once more, from the start of the Schedule.
func (d *Delivery) again(at time.Time) {
	d.Status, d.NextAt, d.Tries = Pending, &at, nil
}

// giveUp ends a delivery that cannot be made.
func (d *Delivery) giveUp(at time.Time, why string) {
	d.Status, d.NextAt = Exhausted, nil
	d.Tries = append(d.Tries, Try{At: at, Error: why})
}
