package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/event"
)

// Broker is one broker, ready to be used by several goroutines.
type Broker interface {
	// Publish stores a batch in the order given.
	Publish(ctx context.Context, batch []event.Message) error
	// Consume hands batches of a topic to handle until ctx ends. What handle
	// fails on comes again. It is ErrNoConsume where Features says so.
	Consume(ctx context.Context, sub Subscription, handle Handler) error
	// Health is nil while the broker answers.
	Health(ctx context.Context) error
	Features() Features
	Close() error
}

// Handler takes over a batch; nil means that none of it is needed again.
type Handler func(ctx context.Context, batch []event.Message) error

// Subscription says what to consume, as whom.
type Subscription struct {
	Topic string
	Group string // consumers of one group share the messages
	Batch int    // most messages at a time; 0 is 100
}

func (s Subscription) batch() int {
	if s.Batch <= 0 {
		return 100
	}
	return s.Batch
}

// Features is what a broker can do beyond taking messages in.
type Features struct {
	Consume bool // it can be read from
	Atomic  bool // a batch is there whole or not at all
	Dedup   bool // a repetition within its window is stored once
}

// ErrNoConsume says that nothing can be read from this broker.
var ErrNoConsume = errors.New("bus: this broker takes messages and gives none")

// Target is one broker as the configuration names it.
type Target struct {
	// Name is how the broker is known to cursors, metrics and people. It holds
	// no secret.
	Name string
	// URL is "nats" for the one in this process.
	URL string
}

// Embedded is the target that runs in this process.
const Embedded = "nats"

// ParseTargets reads a list of brokers separated by commas. A part without a
// scheme is a further host of the broker before it:
//
//	nats
//	nats://a:4222,b:4222,kafka://k1:9092,k2:9092
//	none
func ParseTargets(list string) ([]Target, error) {
	var targets []Target
	for part := range strings.SplitSeq(list, ",") {
		part = strings.TrimSpace(part)
		switch {
		case part == "" || part == "none":
		case part == Embedded:
			targets = append(targets, Target{Name: Embedded, URL: Embedded})
		case strings.Contains(part, "://"):
			targets = append(targets, Target{URL: part})
		case len(targets) > 0 && targets[len(targets)-1].URL != Embedded:
			targets[len(targets)-1].URL += "," + part
		default:
			return nil, fmt.Errorf("%q is not a broker; use nats, none, or a URL with one of the schemes %s", part, strings.Join(schemes, ", "))
		}
	}
	names := map[string]bool{}
	for i := range targets {
		if targets[i].URL != Embedded {
			name, err := nameOf(targets[i].URL)
			if err != nil {
				return nil, err
			}
			targets[i].Name = name
		}
		if names[targets[i].Name] {
			return nil, fmt.Errorf("the broker %s is named twice", targets[i].Name)
		}
		names[targets[i].Name] = true
	}
	return targets, nil
}

var schemes = []string{"nats", "tls", "kafka", "pulsar", "http", "https"}

// nameOf is a URL without user, password and query. The hosts stay: two
// clusters must not share a cursor.
func nameOf(raw string) (string, error) {
	scheme, rest, _ := strings.Cut(raw, "://")
	known := false
	for _, s := range schemes {
		known = known || s == scheme
	}
	if !known {
		return "", fmt.Errorf("%s:// is not the scheme of a broker; there are %s", scheme, strings.Join(schemes, ", "))
	}
	rest, _, _ = strings.Cut(rest, "?")
	hosts := strings.Split(rest, ",")
	for i, host := range hosts {
		if at := strings.LastIndex(host, "@"); at >= 0 {
			hosts[i] = host[at+1:]
		}
		if hosts[i] == "" {
			return "", fmt.Errorf("%s:// names no host", scheme)
		}
	}
	return scheme + "://" + strings.Join(hosts, ","), nil
}

// Open connects to a broker that lies outside this process. It does not wait
// for it.
func Open(t Target) (Broker, error) {
	scheme, _, _ := strings.Cut(t.URL, "://")
	switch scheme {
	case "nats", "tls":
		return dialNATS(t.URL)
	case "kafka":
		return dialKafka(t.URL)
	case "pulsar":
		return dialPulsar(t.URL)
	case "http", "https":
		return dialHTTP(t.URL)
	}
	return nil, fmt.Errorf("%s is no broker outside this process", t.Name)
}

// parts of a URL with several hosts: what stands before and behind them, and
// the hosts with their ports.
func parts(raw string) (user *url.Userinfo, hosts []string, query url.Values, err error) {
	scheme, rest, _ := strings.Cut(raw, "://")
	rest, tail, _ := strings.Cut(rest, "?")
	if query, err = url.ParseQuery(tail); err != nil {
		return nil, nil, nil, fmt.Errorf("query of the broker's URL: %w", err)
	}
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		u, err := url.Parse(scheme + "://" + rest[:at+1] + "host")
		if err != nil {
			return nil, nil, nil, errors.New("user and password of the broker's URL cannot be read; reserved characters have to be escaped")
		}
		user, rest = u.User, rest[at+1:]
	}
	return user, strings.Split(strings.TrimSuffix(rest, "/"), ","), query, nil
}

// wait pauses unless ctx ends, which is false.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// retry is how long a consumer waits after its handler, or the broker, failed.
const retry = time.Second

// complaints are what the log says of one consumer that is interrupted; it goes
// on by itself.
type complaints struct {
	sub  Subscription
	told time.Time
}

// tellEvery bounds the lines in the log: a broker that is away fails every
// consumer each second, and would bury all else.
const tellEvery = 15 * time.Second

func (c *complaints) report(ctx context.Context, err error) {
	if !c.told.IsZero() && time.Since(c.told) < tellEvery {
		return
	}
	c.told = time.Now()
	slog.WarnContext(ctx, "consumer interrupted, trying again", "topic", c.sub.Topic, "group", c.sub.Group, "error", err)
}
