package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"
	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
)

// BareStore measures what the store itself takes: the same events in commits of
// as many, through the same ingester, without HTTP, JSON, sums, budgets and
// domain events. to is the store's bare log.
func BareStore(ctx context.Context, to performance.Writer, l Load) (Rate, error) {
	ingester := performance.NewIngester(to)
	runCtx, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); _ = ingester.Run(runCtx) }()
	defer func() { stop(); <-done }()

	all := newRoster(l.Campaigns)
	service := performance.NewService(ingester, all, nil, time.Now)
	senders := make([]*sender, l.Connections)
	start, before := time.Now(), cpuTime(os.Getpid())
	var wait sync.WaitGroup
	for i := range senders {
		s := &sender{}
		senders[i] = s
		wait.Go(func() { s.err = s.record(ctx, service, all, start.Add(l.Duration), l.Batch) })
	}
	wait.Wait()
	return sum("bare store", senders, time.Since(start), cpuTime(os.Getpid())-before)
}

// record is run without a network.
func (s *sender) record(ctx context.Context, to *performance.Service, all *roster, until time.Time, batch int) error {
	for time.Now().Before(until) {
		sent := time.Now()
		receipt, err := to.Record(ctx, event.Origin{Partner: all.partner, Kind: event.ActorOperator, ID: "bench"}, all.events(batch))
		if err != nil {
			return err
		}
		s.took = append(s.took, time.Since(sent))
		s.events += int64(receipt.Accepted)
	}
	return nil
}

// roster is a partner whose campaigns exist only here.
type roster struct {
	partner   uuid.UUID
	campaigns []uuid.UUID
	subjects  map[uuid.UUID]performance.Subject
}

func newRoster(campaigns int) *roster {
	r := &roster{partner: uuid.Must(uuid.NewV7()), subjects: map[uuid.UUID]performance.Subject{}}
	for range campaigns {
		id := uuid.Must(uuid.NewV7())
		r.campaigns = append(r.campaigns, id)
		r.subjects[id] = performance.Subject{Partner: r.partner, Campaign: id, Currency: "USD", Zone: time.UTC}
	}
	return r
}

// Subjects implements performance.Directory.
func (r *roster) Subjects(context.Context, uuid.UUID, []uuid.UUID) (map[uuid.UUID]performance.Subject, error) {
	return r.subjects, nil
}

func (r *roster) events(count int) []performance.Event {
	events := make([]performance.Event, count)
	now := time.Now().UnixMicro()
	for i := range events {
		id := uuid.Must(uuid.NewV7())
		e := &events[i]
		campaign := (int(id[15]) | int(id[14])<<8) % len(r.campaigns)
		e.ID, e.Campaign, e.OccurredAt = id.String(), r.campaigns[campaign], now
		e.Channel, e.Source = channels[campaign%len(channels)], "bench"
		e.Set(performance.Impressions, int64(50+id[13]))
		e.Set(performance.Clicks, int64(id[12]%9))
		e.Set(performance.Conversions, int64(id[11]%2))
		e.Set(performance.Spend, int64(id[10])*10_000)
		e.Set(performance.Revenue, int64(id[9])*30_000)
	}
	return events
}

// InsertPerEvent measures the plainest way on PostgreSQL: a row and a
// transaction for each event, over as many connections. It works in a table of
// its own and removes it.
func InsertPerEvent(ctx context.Context, dsn string, l Load) (Rate, error) {
	pool, err := sql.Open("pgx", dsn)
	if err != nil {
		return Rate{}, err
	}
	defer func() { _ = pool.Close() }()
	pool.SetMaxOpenConns(l.Connections)
	pool.SetMaxIdleConns(l.Connections)
	const table = `CREATE TABLE bench_events (id uuid PRIMARY KEY, campaign uuid, occurred_at bigint, impressions bigint, clicks bigint, conversions bigint, spend bigint, revenue bigint)`
	if _, err := pool.ExecContext(ctx, table); err != nil {
		return Rate{}, fmt.Errorf("make the baseline's table: %w", err)
	}
	rate, err := insertEach(ctx, pool, l)
	_, dropErr := pool.ExecContext(context.WithoutCancel(ctx), `DROP TABLE bench_events`)
	return rate, errors.Join(err, dropErr)
}

func insertEach(ctx context.Context, pool *sql.DB, l Load) (Rate, error) {
	all := newRoster(l.Campaigns)
	senders := make([]*sender, l.Connections)
	start := time.Now()
	var wait sync.WaitGroup
	for i := range senders {
		s := &sender{}
		senders[i] = s
		wait.Go(func() {
			for s.err == nil && time.Since(start) < l.Duration {
				e := all.events(1)[0]
				sent := time.Now()
				_, s.err = pool.ExecContext(ctx, `INSERT INTO bench_events VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
					e.ID, e.Campaign.String(), e.OccurredAt, e.Impressions, e.Clicks, e.Conversions, e.Spend, e.Revenue)
				s.took = append(s.took, time.Since(sent))
				s.events++
			}
		})
	}
	wait.Wait()
	return sum("one insert per event", senders, time.Since(start), 0)
}
