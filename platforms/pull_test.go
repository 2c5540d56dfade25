package platforms_test

import (
	"context"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/internal/testenv"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/platforms"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// Two nodes pull one account at once, and a third died between posting and
// remembering: every difference counts once.
func TestTwoNodesPullOneAccount(t *testing.T) { onBoth(t, twoNodesPullOneAccount) }

func twoNodesPullOneAccount(t *testing.T, on platforms.Platform) {
	for name, url := range map[string]string{"embedded": t.TempDir(), "PostgreSQL": testenv.Postgres(t)} {
		t.Run(name, func(t *testing.T) { pullFromTwoNodes(newWorldAt(t, on, scene{url: url}), url) })
	}
}

func pullFromTwoNodes(w *world, url string) {
	stores := []*sqlstore.DB{w.db, w.db}
	if strings.HasPrefix(url, "postgres") { // which two processes can share
		stores[1] = w.open(url)
	}
	account := w.connect()
	campaign, _ := w.draft("A", "B")
	w.push(w.place(campaign, account.ID), platforms.IsCurrent)
	at := platforms.Ref{Partner: w.by.Partner, ID: account.ID}
	for range 6 {
		w.pass(7 * time.Hour)
		dying, die := context.WithCancel(w.Context())
		w.metrics.deliver = die // the first commit of this node is its last deed
		_ = w.puller.Pull(dying, at)
		w.metrics.deliver = nil
		var nodes sync.WaitGroup
		for _, db := range stores {
			config := w.Config
			config.Accounts, config.Placements = db.AdAccounts(), db.Placements()
			node := platforms.NewPuller(config, platforms.Usual, db.PlatformRows(), w.metrics)
			nodes.Go(func() { _ = node.Pull(w.Context(), at) })
		}
		nodes.Wait()
		w.must(w.puller.Pull(w.Context(), at))
		if got, want := w.metrics.sums(), w.sandbox.Delivered(w.at()); got != platforms.Figures(want) || got.Spend == 0 {
			w.Fatalf("posted %+v of %+v", got, want)
		}
	}
	if w.metrics.reused != 0 {
		w.Errorf("%d ids were used for two differences", w.metrics.reused)
	}
}

// A platform finds out that clicks of yesterday were no people's. What it takes
// back is a difference of that day, with its cause, and the sums are again its own.
func TestWhatIsTakenBackIsADifference(t *testing.T) { onBoth(t, whatIsTakenBackIsADifference) }

func whatIsTakenBackIsADifference(t *testing.T, on platforms.Platform) {
	w := newWorld(t, on, 0)
	account := w.connect()
	campaign, _ := w.draft("Summit")
	w.push(w.place(campaign, account.ID), platforms.IsCurrent)
	for range 30 {
		w.pass(12 * time.Hour)
		w.must(w.pullNow(account.ID))
	}
	if w.metrics.takenBack() == 0 {
		t.Error("nothing that was reported was taken back")
	}
	if got, want := w.metrics.sums(), w.sandbox.Delivered(w.at()); got != platforms.Figures(want) {
		t.Errorf("posted %+v of %+v", got, want)
	}
}

// endless reports many rows, a page at a time, and watches the memory.
type endless struct {
	platforms.Connector
	campaign string
	rows     int
	heap     []uint64 // bytes in use, as often as is looked
}

func (e *endless) Delivery(_ context.Context, _ platforms.Access, from, _ localday.Day, visit func(platforms.Page) error) error {
	const size = 200
	for n := 0; n < e.rows; n += size {
		page := platforms.Page{}
		for i := n; i < n+size; i++ {
			page.Rows = append(page.Rows, platforms.Row{
				Campaign: e.campaign, Ad: "ad" + strconv.Itoa(i), Day: from, Hour: i % 24, Currency: "USD", Figures: platforms.Figures{Impressions: 1, Spend: 1},
			})
		}
		if err := visit(page); err != nil {
			return err
		}
		if n%(e.rows/10) == 0 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			e.heap = append(e.heap, m.HeapAlloc)
		}
	}
	return nil
}

// A pull holds a page and not the report: of 100 000 rows, the second half takes
// no more memory than the first. With the race detector, which -short goes with, the embedded
// store takes thirty times as long.
func TestALongPullTakesFlatMemory(t *testing.T) {
	w := newWorld(t, platforms.Meta, 0)
	account := w.connect()
	campaign, _ := w.draft("A")
	p := w.push(w.place(campaign, account.ID), platforms.IsCurrent)
	rows := 100_000
	if testing.Short() {
		rows = 10_000
	}
	var heap []uint64
	for _, n := range []int{rows / 5, rows} {
		source := &endless{Connector: w.Connectors[platforms.Meta], campaign: object(p, "campaign").External, rows: n}
		config := w.Config
		config.Connectors = map[platforms.Platform]platforms.Connector{platforms.Meta: source}
		w.metrics.forget = true
		w.must(platforms.NewPuller(config, platforms.Usual, w.db.PlatformRows(), w.metrics).Pull(t.Context(), platforms.Ref{Partner: w.by.Partner, ID: account.ID}))
		heap = source.heap
	}
	state, err := w.Account(t.Context(), w.by.Partner, account.ID)
	w.must(err)
	if state.LastPull.Rows != rows || state.LastPull.Posted != rows-rows/5 {
		t.Errorf("pull: %+v", state.LastPull)
	}
	// A row that were kept would take more than a hundred bytes.
	if early, late := slices.Max(heap[:len(heap)/2]), slices.Max(heap[len(heap)/2:]); late > early+uint64(rows)*20 {
		t.Errorf("%d rows: the heap grows, %d", rows, heap)
	}
	t.Logf("heap while %d rows are pulled: %d", rows, heap)
}
