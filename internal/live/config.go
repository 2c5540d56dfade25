package live

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/partners"
)

// Config is what the hub needs from outside.
type Config struct {
	// Authenticate says who sends the request, from its Authorization header or
	// cookie. It is asked again every Limits.Recheck while a connection lives.
	Authenticate func(*http.Request) (partners.Principal, error)
	// Owner returns the partner of a campaign that the viewing partner may see
	// (zero: an administrator, any), or an error of kind NotFound.
	Owner func(ctx context.Context, viewer, campaign uuid.UUID) (uuid.UUID, error)
	// Snapshot returns the present state behind a channel and the seq of the
	// partner's log that it includes. The state may be newer than the seq, never
	// older: read the seq first, or both in one transaction.
	Snapshot func(ctx context.Context, partner uuid.UUID, channel string) (json.RawMessage, int64, error)
	// Refuse answers a request with an error.
	Refuse func(http.ResponseWriter, *http.Request, error)
	Limits Limits
}

// Limits bound time and memory; a zero field takes its default.
type Limits struct {
	CampaignEvery time.Duration // between metrics frames of a campaign's channel: 100 ms
	PartnerEvery  time.Duration // the same of a partner's channel: 250 ms
	SnapshotLife  time.Duration // how long a snapshot serves others who join: 1 s
	Retain        time.Duration // how long a channel nobody watches stays resumable: 2 min
	Recheck       time.Duration // between checks of a connection's credential: 1 s
	Beat          time.Duration // between pings; no answer within half of it closes: 8 s
	WriteTimeout  time.Duration // a write that takes longer closes the connection: 10 s
	Farewell      time.Duration // for telling clients goodbye when stopping: 3 s
	Connections   int           // open at once on this node: 20 000
	PerPartner    int           // of these, by one partner's keys: 10 000
	Queue         int           // messages a connection may lag before they are merged: 64
	ChannelBytes  int           // one channel's ring: 1 MiB
	HistoryBytes  int           // all rings together: 128 MiB
}

func (l Limits) withDefaults() Limits {
	orDuration(&l.CampaignEvery, 100*time.Millisecond)
	orDuration(&l.PartnerEvery, 250*time.Millisecond)
	orDuration(&l.SnapshotLife, time.Second)
	orDuration(&l.Retain, 2*time.Minute)
	orDuration(&l.Recheck, time.Second)
	orDuration(&l.Beat, 8*time.Second)
	orDuration(&l.WriteTimeout, 10*time.Second)
	orDuration(&l.Farewell, 3*time.Second)
	orCount(&l.Connections, 20_000)
	orCount(&l.PerPartner, 10_000)
	orCount(&l.Queue, 64)
	orCount(&l.ChannelBytes, 1<<20)
	orCount(&l.HistoryBytes, 128<<20)
	return l
}

func orDuration(d *time.Duration, def time.Duration) {
	if *d == 0 {
		*d = def
	}
}

func orCount(n *int, def int) {
	if *n == 0 {
		*n = def
	}
}

func (c Config) check() error {
	if c.Authenticate == nil || c.Owner == nil || c.Snapshot == nil || c.Refuse == nil {
		return errors.New("live: Authenticate, Owner, Snapshot and Refuse are required")
	}
	return nil
}
