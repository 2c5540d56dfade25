package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

// CatchUp is how fast a broker that was down is given what it has missed.
type CatchUp struct {
	Live    Pace    `json:"live"`     // before the outage, while what writes does so without pause
	After   Pace    `json:"catch_up"` // after it, while the writing goes on
	Backlog int64   `json:"backlog"`  // events, when the broker came back
	OfLive  float64 `json:"of_live"`  // the pace of the catch-up by the live one
}

func (r CatchUp) String() string {
	return fmt.Sprintf("%v\n%v\na backlog of %d events: the catch-up has %.2f of the live pace\n", r.Live, r.After, r.Backlog, r.OfLive)
}

// Outage is a program whose broker goes away and comes back while clients
// change campaigns over HTTP, each without pause.
type Outage struct {
	Program *Program
	Keys    []string // of partners; the clients are spread over them
	Clients int
	Create  bool // make campaigns, which is two events in a commit, in place of changing them, which is one
	// Gather is how old an event may be that a broker with nothing to catch up
	// with lacks.
	Gather time.Duration

	Broker     string // where the broker's NATS listens, also after an outage
	Topic      string // of the events
	Away, Back func() error

	written atomic.Int64
	stream  jetstream.Stream
	before  int64 // events that were there before the clients began
}

// Measure lets the broker be there for a while, away for as long, and back. It
// fails when an event is missing in the end or has come before an earlier one of
// its partner.
func (o *Outage) Measure(ctx context.Context, how time.Duration) (r CatchUp, err error) {
	conn, err := nats.Connect(o.Broker, nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))
	if err != nil {
		return r, err
	}
	defer conn.Close()
	clients, err := o.clients(ctx)
	if err != nil {
		return r, err
	}
	if err := o.settle(ctx, conn); err != nil {
		return r, err
	}
	group, all := errgroup.WithContext(ctx)
	writing, stop := context.WithCancel(all)
	for _, c := range clients {
		group.Go(func() error { return c.write(writing, all) })
	}
	group.Go(func() error {
		defer stop()
		r, err = o.phases(all, how)
		return err
	})
	if err := group.Wait(); err != nil {
		return r, err
	}
	if err := until(ctx, func() (bool, error) { return o.missing(ctx) <= 0, nil }); err != nil {
		return r, err
	}
	return r, o.inOrder(ctx)
}

// settle waits until what made the clients' campaigns has arrived.
func (o *Outage) settle(ctx context.Context, conn *nats.Conn) error {
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	var last int64
	since := time.Now()
	return until(ctx, func() (bool, error) {
		name, err := js.StreamNameBySubject(ctx, o.Topic+".>")
		if err != nil {
			return false, ctx.Err()
		}
		if o.stream, err = js.Stream(ctx, name); err != nil {
			return false, ctx.Err()
		}
		if now := o.arrived(ctx); now != last {
			last, since = now, time.Now()
		}
		o.before = last
		return time.Since(since) > time.Second, ctx.Err()
	})
}

// arrived is how many events the broker has; while it is away, how many it had.
func (o *Outage) arrived(ctx context.Context) int64 {
	ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	if info, err := o.stream.Info(ctx); err == nil {
		return int64(info.State.LastSeq)
	}
	return int64(o.stream.CachedInfo().State.LastSeq)
}

// missing is how many events of answered requests the broker does not have.
func (o *Outage) missing(ctx context.Context) int64 {
	written := o.before + o.written.Load()
	return written - o.arrived(ctx)
}

func (o *Outage) phases(ctx context.Context, how time.Duration) (r CatchUp, err error) {
	wait := func() error {
		end := time.Now().Add(how)
		return until(ctx, func() (bool, error) { return time.Now().After(end), nil })
	}
	if r.Live, err = o.pace(ctx, "live", wait); err != nil {
		return r, err
	}
	if err := errors.Join(o.Away(), wait(), o.Back()); err != nil {
		return r, err
	}
	had := o.arrived(ctx)
	if err := until(ctx, func() (bool, error) { return o.arrived(ctx) > had, nil }); err != nil {
		return r, err
	}
	r.Backlog = o.missing(ctx)
	fresh := int64(r.Live.PerSecond * o.Gather.Seconds())
	r.After, err = o.pace(ctx, "after the outage", func() error {
		return until(ctx, func() (bool, error) { return o.missing(ctx) <= fresh, nil })
	})
	if r.Live.PerSecond > 0 {
		r.OfLive = r.After.PerSecond / r.Live.PerSecond
	}
	return r, err
}

// pace is how fast events arrive while do runs, and what they cost the program.
func (o *Outage) pace(ctx context.Context, name string, do func() error) (Pace, error) {
	start, used, had := time.Now(), cpuTime(o.Program.PID()), o.arrived(ctx)
	err := do()
	took, spent, n := time.Since(start), cpuTime(o.Program.PID())-used, int(o.arrived(ctx)-had)
	return Pace{Name: name, Events: n, Seconds: took.Seconds(), PerSecond: float64(n) / took.Seconds(),
		CPU: float64(spent.Microseconds()) / float64(max(1, n))}, err
}

// inOrder reads what the broker has: of each partner every event, each behind
// the one before it.
func (o *Outage) inOrder(ctx context.Context) error {
	all, err := o.stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return err
	}
	last := map[string]int64{}
	for left := o.arrived(ctx); left > 0; {
		batch, err := all.Fetch(int(min(left, 500)), jetstream.FetchMaxWait(10*time.Second))
		if err != nil {
			return err
		}
		n := 0
		for msg := range batch.Messages() {
			n++
			var e struct {
				Partner  string `json:"partnerid"`
				Sequence int64  `json:"sequence,string"`
			}
			if err := json.Unmarshal(msg.Data(), &e); err != nil {
				return err
			}
			if e.Sequence > last[e.Partner]+1 {
				return fmt.Errorf("event %d of partner %s came after %d", e.Sequence, e.Partner, last[e.Partner])
			}
			last[e.Partner] = max(last[e.Partner], e.Sequence)
		}
		if err := errors.Join(batch.Error(), ctx.Err()); err != nil || n == 0 {
			return fmt.Errorf("%d events cannot be read: %w", left, err)
		}
		left -= int64(n)
	}
	return nil
}

// changer is one client with a campaign of its own.
type changer struct {
	*Outage
	client   *client
	campaign uuid.UUID
}

func (o *Outage) clients(ctx context.Context) ([]changer, error) {
	all := make([]changer, o.Clients)
	for i, key := range o.Keys {
		mine := (o.Clients-i-1)/len(o.Keys) + 1
		c := newClient(o.Program.URL, key, max(mine, 8))
		ids, err := c.campaigns(ctx, mine)
		if err != nil {
			return nil, fmt.Errorf("make campaigns: %w", err)
		}
		for n, id := range ids {
			all[i+n*len(o.Keys)] = changer{o, c, id}
		}
	}
	return all, nil
}

// write makes one change after the other until writing ends; none is broken off.
func (c changer) write(writing, ctx context.Context) error {
	for revision := 1; writing.Err() == nil; revision++ {
		if c.Create {
			if _, err := c.client.campaigns(ctx, 1); err != nil {
				return err
			}
			c.written.Add(2)
			continue
		}
		if err := c.change(ctx, revision); err != nil {
			return err
		}
		c.written.Add(1)
	}
	return nil
}

func (c changer) change(ctx context.Context, revision int) error {
	body := strings.NewReader(fmt.Sprintf(`{"description":"Change %d"}`, revision))
	request, err := http.NewRequestWithContext(ctx, http.MethodPatch, c.client.base+"/api/v1/campaigns/"+c.campaign.String(), body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("If-Match", fmt.Sprintf(`"%d"`, revision))
	_, err = c.client.do(request)
	return err
}
