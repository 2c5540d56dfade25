package performance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
)

// ledger is a log in memory that can be told to fail.
type ledger struct {
	mu      sync.Mutex
	known   map[Key]uint32
	total   map[uuid.UUID]int64 // impressions by campaign
	commits int
	events  int
	delay   time.Duration
	fail    func(*Commit) error
}

func newLedger() *ledger { return &ledger{known: map[Key]uint32{}, total: map[uuid.UUID]int64{}} }

func (l *ledger) Append(_ context.Context, c *Commit) error {
	time.Sleep(l.delay)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		if err := l.fail(c); err != nil {
			return err
		}
	}
	for _, p := range c.Partners {
		if !slices.IsSortedFunc(p.Keys, func(a, b Key) int { return a.Compare(b) }) {
			return errors.New("keys are not sorted")
		}
		for _, key := range p.Keys {
			if _, ok := l.known[key]; ok {
				return ErrSeen
			}
		}
		for _, part := range p.Parts {
			if l.total[part.Campaign]+part.Total.Sums[Impressions] < 0 {
				return &Refusal{Campaign: part.Campaign, Metric: Impressions, Negative: true}
			}
		}
	}
	l.commits++
	for _, p := range c.Partners {
		for i, key := range p.Keys {
			l.known[key] = p.Prints[i]
		}
		for _, part := range p.Parts {
			l.total[part.Campaign] += part.Total.Sums[Impressions]
			l.events += len(part.Events)
		}
		c.Stamps[p.Partner] = Stamp{RecordedAt: time.Unix(int64(l.commits), 0), Seq: int64(l.commits)}
	}
	return nil
}

func (l *ledger) Known(_ context.Context, _ uuid.UUID, keys []Key) (map[Key]uint32, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.known), nil
}

// directory knows campaigns by id.
type directory map[uuid.UUID]Subject

func (d directory) Subjects(_ context.Context, partner uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]Subject, error) {
	found := map[uuid.UUID]Subject{}
	for _, id := range ids {
		if s, ok := d[id]; ok && (s.Partner == partner || partner == uuid.Nil) {
			found[id] = s
		}
	}
	return found, nil
}

var (
	testPartner, otherPartner = uuid.MustParse("00000000-0000-7000-8000-000000000001"), uuid.MustParse("00000000-0000-7000-8000-000000000002")
	ours, theirs              = uuid.MustParse("00000000-0000-7000-8000-00000000000a"), uuid.MustParse("00000000-0000-7000-8000-00000000000b")
)

// start runs a service on a ledger until the test ends.
func start(t *testing.T, l *ledger) (*Service, *Ingester) {
	t.Helper()
	ingester := NewIngester(l)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = ingester.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	known := directory{
		ours:   {Partner: testPartner, Campaign: ours, Currency: "USD", Zone: time.UTC},
		theirs: {Partner: otherPartner, Campaign: theirs, Currency: "EUR", Zone: time.UTC},
	}
	return NewService(ingester, known, nil, time.Now), ingester
}

func by(partner uuid.UUID) event.Origin {
	return event.Origin{Partner: partner, Kind: event.ActorKey, ID: "k"}
}

func impressions(id string, n int64) Event {
	e := Event{ID: id, Campaign: ours, OccurredAt: 1}
	e.Set(Impressions, n)
	return e
}

func TestRecordRefusesByIndex(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, _ := start(t, newLedger())
		now := time.Now()
		foreign, missing, future, dollars, nothing := impressions("1", 1), impressions("2", 1), impressions("3", 1), impressions("4", 1), Event{ID: "5", Campaign: ours}
		foreign.Campaign, missing.Campaign = theirs, uuid.New()
		future.OccurredAt, dollars.Currency = now.Add(5*time.Minute+time.Second).UnixMicro(), "EUR"
		soon := impressions("6", 1)
		soon.OccurredAt, soon.Currency = now.Add(5*time.Minute).UnixMicro(), "USD"
		huge := impressions("7", MaxCount+1)
		receipt, err := service.Record(t.Context(), by(testPartner), []Event{
			foreign, impressions("a", 5), missing, future, dollars, nothing, soon, huge, impressions("", 1), impressions("a", 5), impressions("a", 6),
		})
		if err != nil || receipt.Accepted != 2 || receipt.Duplicates != 1 || receipt.Seq != 1 {
			t.Fatalf("%+v, %v", receipt, err)
		}
		var got []string
		for _, r := range receipt.Rejected {
			got = append(got, fmt.Sprint(r.Index, " ", r.Code))
		}
		want := []string{"0 campaign_not_found", "2 campaign_not_found", "3 in_future", "4 currency_mismatch", "5 required", "7 out_of_range", "8 required", "10 event_id_reused"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		counts := service.Counts()
		if counts.Accepted != 2 || counts.Duplicates != 1 || counts.Refused[CodeCampaignNotFound] != 2 || counts.Refused[CodeIDReused] != 1 {
			t.Errorf("%+v", counts)
		}
	})
}

func TestAnAdministratorSendsForThePartnerOfTheCampaign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, _ := start(t, newLedger())
		foreign := impressions("b", 1)
		foreign.Campaign = theirs
		receipt, err := service.Record(t.Context(), by(uuid.Nil), []Event{impressions("a", 1), foreign})
		if err != nil || receipt.Accepted != 1 || receipt.Seq != 1 || receipt.Rejected[0].Code != CodeCampaignNotFound {
			t.Errorf("%+v, %v", receipt, err)
		}
	})
}

func TestConcurrentRequestsShareCommits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		l.delay = 20 * time.Millisecond
		service, ingester := start(t, l)
		var clients sync.WaitGroup
		for c := range 100 {
			clients.Go(func() {
				receipt, err := service.Record(t.Context(), by(testPartner), []Event{impressions(fmt.Sprint(c), 1), impressions("same", 7)})
				if err != nil || receipt.Accepted+receipt.Duplicates != 2 {
					t.Errorf("%+v, %v", receipt, err)
				}
			})
		}
		clients.Wait()
		if l.commits > 3 || l.events != 101 || l.total[ours] != 107 {
			t.Errorf("%d events in %d commits, %d impressions", l.events, l.commits, l.total[ours])
		}
		synctest.Wait()
		if w := ingester.Waiting(); w != 0 {
			t.Errorf("%d events are still held", w)
		}
	})
}

func TestARequestThatFailsItsCommitFailsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		l.fail = func(c *Commit) error {
			for _, e := range c.Partners[0].Parts[0].Events {
				if e.ID == "poison" {
					return errors.New("the store chokes")
				}
			}
			return nil
		}
		service, _ := start(t, l)
		var clients sync.WaitGroup
		for _, id := range []string{"a", "poison", "b", "c"} {
			clients.Go(func() {
				receipt, err := service.Record(t.Context(), by(testPartner), []Event{impressions(id, 1)})
				if failed := err != nil; failed != (id == "poison") || !failed && receipt.Accepted != 1 {
					t.Errorf("%s: %+v, %v", id, receipt, err)
				}
			})
		}
		clients.Wait()
	})
}

func TestWhenTheStoreIsAwayEverybodyIsToldToComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		away := true
		l.fail = func(*Commit) error {
			if away {
				return fault.New(fault.Unavailable, "store_unavailable", "", "")
			}
			return nil
		}
		service, ingester := start(t, l)
		batch := []Event{impressions("a", 1)}
		if _, err := service.Record(t.Context(), by(testPartner), batch); fault.KindOf(err) != fault.Unavailable {
			t.Error(err)
		}
		away = false
		if receipt, err := service.Record(t.Context(), by(testPartner), batch); err != nil || receipt.Accepted != 1 {
			t.Errorf("%+v, %v", receipt, err)
		}
		synctest.Wait()
		if ingester.Waiting() != 0 {
			t.Error("events are still held")
		}
	})
}

func TestTheQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		l.delay = time.Second
		service, ingester := start(t, l)
		ingester.MaxWaiting = 10
		var clients sync.WaitGroup
		var busy, taken int
		for c := range 20 {
			clients.Go(func() {
				_, err := service.Record(t.Context(), by(testPartner), []Event{impressions(fmt.Sprint(c), 1)})
				l.mu.Lock()
				defer l.mu.Unlock()
				switch {
				case errors.Is(err, ErrBusy) && fault.As(err).RetryAfter > 0:
					busy++
				case err == nil:
					taken++
				}
			})
		}
		clients.Wait()
		if busy != 10 || taken != 10 {
			t.Errorf("%d busy, %d taken", busy, taken)
		}
	})
}

func TestACallerThatGoesAwayDoesNotStopItsCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		l.delay = time.Second
		service, _ := start(t, l)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := service.Record(ctx, by(testPartner), []Event{impressions("a", 1)}); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		receipt, err := service.Record(t.Context(), by(testPartner), []Event{impressions("a", 1)})
		if err != nil || receipt.Duplicates != 1 {
			t.Errorf("%+v, %v", receipt, err)
		}
	})
}

func TestStoppingCommitsWhatWasTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		l.delay = time.Second
		service, _ := start(t, l)
		ctx, stop := context.WithCancel(context.Background())
		ingester := NewIngester(l)
		ran := make(chan struct{})
		go func() { defer close(ran); _ = ingester.Run(ctx) }()
		service.ingester = ingester
		var clients sync.WaitGroup
		for c := range 5 {
			clients.Go(func() {
				if _, err := service.Record(t.Context(), by(testPartner), []Event{impressions(fmt.Sprint(c), 1)}); err != nil {
					t.Errorf("taken before the stop: %v", err)
				}
			})
			time.Sleep(300 * time.Millisecond)
		}
		stop()
		synctest.Wait()
		if _, err := service.Record(t.Context(), by(testPartner), []Event{impressions("late", 1)}); !errors.Is(err, ErrStopping) {
			t.Error(err)
		}
		clients.Wait()
		<-ran
		if l.events != 5 {
			t.Errorf("%d events are durable", l.events)
		}
	})
}

func TestARestatementBeyondZeroIsRefusedAndTheRestTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		service, _ := start(t, l)
		receipt, err := service.Record(t.Context(), by(testPartner), []Event{impressions("a", 5), impressions("b", -6), impressions("c", 0)})
		if err != nil || receipt.Accepted != 2 || receipt.Refused != 1 || receipt.Rejected[0].Index != 1 || !strings.Contains(receipt.Rejected[0].Detail, "below zero") {
			t.Errorf("%+v, %v", receipt, err)
		}
	})
}
