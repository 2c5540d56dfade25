package platforms_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/adplatform/exchange"
	"github.com/hexabuilders/campaignd/internal/adplatform/google"
	"github.com/hexabuilders/campaignd/internal/adplatform/meta"
	"github.com/hexabuilders/campaignd/internal/market/sandbox"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/platforms"
	"github.com/hexabuilders/campaignd/targeting"
)

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// world is the use cases on a real store, the clients, and a sandbox, with one
// clock for all.
type world struct {
	*testing.T
	*platforms.Service
	sandbox *sandbox.Sandbox
	pusher  *platforms.Pusher
	puller  *platforms.Puller
	db      *sqlstore.DB
	by      event.Origin
	drafts  *drafts
	metrics *book

	on platforms.Platform

	mu  sync.Mutex
	now time.Time
}

// onBoth runs a test against each platform, both at once: they share nothing.
func onBoth(t *testing.T, test func(t *testing.T, on platforms.Platform)) {
	for _, on := range platforms.Platforms {
		t.Run(string(on), func(t *testing.T) {
			t.Parallel()
			test(t, on)
		})
	}
}

// pick is what differs between the platforms.
func (w *world) pick(meta, google string) string {
	if w.on == platforms.Meta {
		return meta
	}
	return google
}

// object is one of a placement's.
func object(p platforms.PlacementState, key string) platforms.Object {
	for _, o := range p.Objects {
		if o.Key == key {
			return o
		}
	}
	return platforms.Object{}
}

// at is the sandbox's name of the platform.
func (w *world) at() string { return strings.TrimSuffix(string(w.on), "_ads") }

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// pass lets time go by, at the sandbox too.
func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func newKey() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw)
	return base64.StdEncoding.EncodeToString(raw)
}

func newWorld(t *testing.T, on platforms.Platform, drop float64) *world {
	t.Helper()
	return newWorldAt(t, on, scene{drop: drop})
}

// scene is where and when a world is.
type scene struct {
	drop float64   // share of creating calls whose answer is lost
	at   time.Time // when it begins
	zone string    // of the ad accounts
	url  string    // of the store; a folder when there is none
}

func newWorldAt(t *testing.T, on platforms.Platform, p scene) *world {
	t.Helper()
	if p.at.IsZero() {
		p.at = time.Date(2026, 6, 1, 15, 0, 0, 0, time.UTC)
	}
	if p.url == "" {
		p.url = t.TempDir()
	}
	accounts := sandbox.DefaultAccounts()
	for i := range accounts {
		accounts[i].Timezone = cmp.Or(p.zone, accounts[i].Timezone)
	}
	w := &world{T: t, on: on, now: p.at, by: event.Origin{Partner: newID(), Kind: event.ActorKey, ID: "test"}}
	w.db = w.open(p.url)
	w.sandbox = sandbox.New(sandbox.Config{Seed: 1, Now: w.clock, Drop: p.drop, Accounts: accounts})
	server := httptest.NewServer(w.sandbox)
	t.Cleanup(server.Close)
	cipher, err := platforms.NewCipher(newKey(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w.drafts, w.metrics = &drafts{all: map[uuid.UUID]platforms.Draft{}}, &book{posted: map[string]performance.Event{}}
	client := exchange.NewClient()
	w.Service = platforms.NewService(platforms.Config{
		Accounts: w.db.AdAccounts(), Placements: w.db.Placements(), Campaigns: w.drafts, Cipher: cipher, Now: w.clock, NewID: newID,
		Connectors: map[platforms.Platform]platforms.Connector{
			platforms.Meta:   meta.New(server.URL, "v26.0", client, w.clock),
			platforms.Google: google.New(server.URL, "v26", server.URL+"/token", client, w.clock),
		},
	})
	w.pusher = platforms.NewPusher(w.Config, platforms.Usual)
	w.puller = platforms.NewPuller(w.Config, platforms.Usual, w.db.PlatformRows(), w.metrics)
	return w
}

// open is the store as one more node has it.
func (w *world) open(url string) *sqlstore.DB {
	w.Helper()
	db, err := sqlstore.Open(w.Context(), sqlstore.Config{URL: url, Now: w.clock})
	w.must(err)
	w.Cleanup(func() { _ = db.Close() })
	return db
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// connect connects the sandbox's account.
func (w *world) connect() platforms.AdAccountState {
	w.Helper()
	a, err := w.Connect(w.Context(), w.by, platforms.NewAccount{
		Partner: w.by.Partner, Platform: w.on, External: map[platforms.Platform]string{platforms.Meta: "act_1000200030004000", platforms.Google: "123-456-7890"}[w.on],
		Settings: platforms.Settings{Website: "https://andes-outdoor.example/", Page: "104000000000001", Pixel: "77"}, Secret: w.secret(),
	})
	w.must(err)
	return a
}

func (w *world) secret() platforms.Credentials {
	return platforms.Credentials{Token: "sandbox-" + w.at() + "-token", ClientID: "id", ClientSecret: "hush", DeveloperToken: "dev"}
}

// draft is a campaign that runs.
func (w *world) draft(creatives ...string) (uuid.UUID, *platforms.Draft) {
	d := platforms.Draft{
		Name: "Trail runners", Type: campaigns.Social, Objective: campaigns.Conversions, Status: campaigns.Active, Timezone: "America/Bogota",
		Start: w.clock().Add(-time.Hour), End: w.clock().AddDate(0, 0, 30), Budget: money.New(30_000*money.Unit, "USD"),
		Targeting: targeting.Configuration{Locations: []targeting.Location{{Country: "CO"}}, AgeRange: &targeting.AgeRange{Min: 20, Max: 45}, Interests: []string{"410"}},
	}
	if w.on == platforms.Google {
		d.Type = campaigns.Search
	}
	for _, name := range creatives {
		d.Creatives = append(d.Creatives, campaigns.Creative{Name: name, Format: "image", URL: "https://cdn.example.com/a.png", Channel: w.pick("social", "search")})
	}
	id := newID()
	w.drafts.put(id, d)
	return id, &d
}

func (w *world) place(campaign, account uuid.UUID) uuid.UUID {
	w.Helper()
	p, err := w.Place(w.Context(), w.by, platforms.NewPlacement{Campaign: campaign, Account: account, Percent: 100})
	w.must(err)
	return p.ID
}

func (w *world) placement(id uuid.UUID) platforms.PlacementState {
	w.Helper()
	p, err := w.Placement(w.Context(), w.by.Partner, id)
	w.must(err)
	return p
}

// push lets the pusher work until a placement stands, and time pass between.
func (w *world) push(id uuid.UUID, want platforms.Progress) platforms.PlacementState {
	w.Helper()
	for range 200 {
		w.must(w.pusher.Tick(w.Context()))
		if p := w.placement(id); p.Progress == want {
			return p
		}
		w.pass(time.Minute)
	}
	w.Fatalf("it does not become %s: %+v", want, w.placement(id))
	return platforms.PlacementState{}
}

// drafts are campaigns as the rest of the program has them.
type drafts struct {
	mu  sync.Mutex
	all map[uuid.UUID]platforms.Draft
}

func (d *drafts) put(id uuid.UUID, draft platforms.Draft) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all[id] = draft
}

func (d *drafts) Draft(_ context.Context, _, campaign uuid.UUID, _ int) (platforms.Draft, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	found, ok := d.all[campaign]
	if !ok {
		return found, campaigns.ErrNotFound
	}
	return found, nil
}

// book takes delivery in by the rules of performance: an id counts once, with
// its first content.
type book struct {
	mu      sync.Mutex
	posted  map[string]performance.Event
	refuse  string // the code with which everything is refused
	reused  int
	deliver func() // called before each commit
	forget  bool   // takes everything in and keeps nothing
}

func (b *book) Record(_ context.Context, _ event.Origin, events []performance.Event) (performance.Receipt, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var r performance.Receipt
	if b.deliver != nil {
		b.deliver()
	}
	for i, e := range events {
		before, known := b.posted[e.ID]
		switch {
		case b.forget:
			r.Accepted++
		case b.refuse != "":
			r.Reject(performance.Rejection{Index: i, Code: b.refuse})
		case known && printOf(before) != printOf(e):
			b.reused++
			r.Reject(performance.Rejection{Index: i, Code: performance.CodeIDReused})
		case known:
			r.Duplicates++
		default:
			b.posted[e.ID] = e
			r.Accepted++
		}
	}
	return r, nil
}

// printOf is what the store tells a repeated event from another one by.
func printOf(e performance.Event) uint32 {
	sum, _ := performance.Fingerprint(&e, nil)
	return sum
}

// takenBack is how many differences lower what was spent on a day that was over.
func (b *book) takenBack() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.posted {
		if e.Spend < 0 && e.Cause == performance.CauseInvalidTraffic {
			n++
		}
	}
	return n
}

// sums adds up what was posted.
func (b *book) sums() (f platforms.Figures) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.posted {
		f.Impressions += e.Impressions
		f.Clicks += e.Clicks
		f.Conversions += e.Conversions
		f.Spend += e.Spend
		f.Revenue += e.Revenue
	}
	return f
}
