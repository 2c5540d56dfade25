package sqlstore

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/internal/testenv"
	"github.com/hexabuilders/campaignd/performance"
)

// The kill test starts this test binary again as a writer and kills it at a
// random moment. The writer takes batches in from several goroutines and prints
// the number of each batch that has been acknowledged.

const (
	killBatch   = 50 // events
	killWriters = 4
	writerURL   = "SQLSTORE_TEST_WRITER_URL" // set in the writer
	writerFirst = "SQLSTORE_TEST_WRITER_FIRST"

	writerMerged = "merged" // what the writer prints after its first merge
)

// killMarket is the same in every process.
func killMarket() *market {
	m := &market{partner: uuid.MustParse("00000000-0000-7000-8000-000000000001"), subjects: map[uuid.UUID]performance.Subject{}, now: time.Now()}
	for c := range 10 {
		id := m.partner
		id[15] = byte(10 + c)
		m.campaigns = append(m.campaigns, id)
		m.subjects[id] = performance.Subject{Partner: m.partner, Campaign: id, Currency: "USD", Zone: time.UTC}
	}
	return m
}

// batch is the batch of a number: its events name it.
func (m *market) batch(number int) []performance.Event {
	events := make([]performance.Event, killBatch)
	for i := range events {
		events[i] = m.delivery(i%len(m.campaigns), time.Duration(i)*time.Hour)
		var id uuid.UUID
		// The number in the random bits of an id of its time, so that it goes cold.
		binary.BigEndian.PutUint64(id[:], uint64(events[i].OccurredAt/1000)<<16|7<<12)
		binary.BigEndian.PutUint64(id[8:], 1<<63|uint64(number)<<8|uint64(i))
		events[i].ID = id.String()
	}
	return events
}

// runWriter is the writer's main. It ends by being killed.
func runWriter() error {
	db, err := Open(context.Background(), Config{URL: os.Getenv(writerURL)})
	if err != nil {
		return err
	}
	first, err := strconv.Atoi(os.Getenv(writerFirst))
	if err != nil {
		return err
	}
	m := killMarket()
	ingester := performance.NewIngester(db.Metrics())
	go func() { _ = ingester.Run(context.Background()) }()
	service := performance.NewService(ingester, m, db.Metrics(), time.Now)
	wrote := make(chan struct{})
	go func() { // what the jobs do, without a pause
		<-wrote
		for said := false; err == nil; said = true {
			err = errors.Join(db.Metrics().MergeAll(context.Background()), db.Metrics().freeze(context.Background(), 1))
			if err == nil && !said {
				fmt.Println(writerMerged)
			}
		}
		fmt.Println("failed", err)
	}()
	tellMerger := sync.OnceFunc(func() { close(wrote) })
	var writers sync.WaitGroup
	for w := range killWriters {
		writers.Go(func() {
			for number := first + w; ; number += killWriters {
				receipt, err := service.Record(context.Background(), m.origin(), m.batch(number))
				if err != nil || receipt.Accepted != killBatch {
					fmt.Println("failed", receipt, err)
					return
				}
				fmt.Println(number)
				tellMerger()
			}
		})
	}
	writers.Wait()
	return nil
}

// killWriter runs a writer and kills it a while after its first batch, or its
// first merge. It returns the batches that were acknowledged.
func killWriter(t *testing.T, url string, first int, merged bool, after time.Duration) (acked []int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), writerURL+"="+url, writerFirst+"="+strconv.Itoa(first))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	kill := sync.OnceFunc(func() { time.AfterFunc(after, func() { _ = cmd.Process.Kill() }) })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if lines.Text() == writerMerged {
			kill()
			continue
		}
		number, err := strconv.Atoi(lines.Text())
		if err != nil {
			t.Fatalf("the writer says %q", lines.Text())
		}
		if acked = append(acked, number); !merged {
			kill()
		}
	}
	if err := cmd.Wait(); err == nil || len(acked) == 0 {
		t.Fatalf("the writer ended by itself, or never wrote: %v", err)
	}
	return acked
}

func TestKilledWhileTakingInNothingAcknowledgedIsLost(t *testing.T) {
	rounds := 8
	if os.Getenv("CAMPAIGND_TEST_LONG") != "" {
		rounds = 50
	}
	for engine, url := range map[string]func(testing.TB) string{
		"sqlite":   func(t testing.TB) string { return t.TempDir() },
		"postgres": testenv.Postgres,
	} {
		t.Run(engine, func(t *testing.T) {
			random := rand.New(rand.NewPCG(11, 12))
			where := url(t)
			acked := map[int]bool{}
			for round := range rounds {
				// The first life ends after a merge, however slow the machine.
				for _, number := range killWriter(t, where, round*1_000_000, round == 0, time.Duration(random.IntN(200))*time.Millisecond) {
					acked[number] = true
				}
				checkAfterKill(t, where, acked)
			}
			t.Logf("%d batches acknowledged in %d lives", len(acked), rounds)
		})
	}
}

// checkAfterKill opens the store and compares everything in it with itself and
// with what was acknowledged.
func checkAfterKill(t *testing.T, url string, acked map[int]bool) {
	t.Helper()
	db, err := Open(t.Context(), Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	m := killMarket()
	events := map[int]int{} // by batch
	for c, id := range m.campaigns {
		var replayed performance.Cell
		err := db.Metrics().Replay(t.Context(), m.partner, id, performance.Everything, 0, func(_ int64, found []performance.Event) error {
			for i := range found {
				key := uuid.MustParse(found[i].ID)
				events[int(binary.BigEndian.Uint64(key[8:])&(1<<62-1)>>8)]++
				replayed.Add(&found[i])
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if total := m.totals(t, db, c); total.Events != replayed.Events || total.Spend != replayed.Sums[performance.Spend] {
			t.Errorf("campaign %d: total %d events, its chunks %d", c, total.Events, replayed.Events)
		}
		rollups, err := db.Metrics().Rollups(t.Context(), m.partner, id, performance.Day, 0, 1<<40)
		var days performance.Cell
		for i := range rollups {
			days.Merge(&rollups[i].Cell)
		}
		if err != nil || days.Events != replayed.Events {
			t.Errorf("campaign %d: days %d events, its chunks %d, %v", c, days.Events, replayed.Events, err)
		}
	}
	for number, count := range events {
		if count != killBatch {
			t.Errorf("batch %d has %d of %d events", number, count, killBatch)
		}
	}
	for number := range acked {
		if events[number] == 0 {
			t.Errorf("batch %d was acknowledged and is lost", number)
		}
	}
	if blocks := m.count(t, db, "metric_blocks"); blocks == 0 {
		t.Error("nothing was merged before the kill")
	}
	var ids int
	if err := db.reader.QueryRowContext(t.Context(), `SELECT (SELECT count(*) FROM metric_ids) + (SELECT CAST(coalesce(sum(keys), 0) AS BIGINT) FROM metric_id_pages)`).Scan(&ids); err != nil || ids != killBatch*len(events) {
		t.Errorf("%d ids for %d batches, %v", ids, len(events), err)
	}
}
