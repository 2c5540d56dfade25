package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Config is how a sandbox begins.
type Config struct {
	Seed  uint64
	Now   func() time.Time // nil: the system's clock
	Speed float64          // of the sandbox's clock; 0 means 1
	// Review is how long an ad is looked at before it may run. 0 means 10 minutes.
	Review time.Duration
	// Drop is the share of creating calls whose answer is lost after the work
	// was done.
	Drop float64
	// Accounts that exist from the start; see DefaultAccounts.
	Accounts []Account
}

// Account is an ad account at one of the platforms.
type Account struct {
	Platform string // meta or google
	ID       string // digits
	Name     string
	Currency string
	Timezone string
	Token    string // Meta's access token, or Google's refresh token
}

// DefaultAccounts are one of each platform, in the currency and zone of the
// demo's partner.
func DefaultAccounts() []Account {
	return []Account{
		{"meta", "1000200030004000", "Andes Outdoor (sandbox)", "USD", "America/Bogota", "sandbox-meta-token"},
		{"google", "1234567890", "Andes Outdoor (sandbox)", "USD", "America/Bogota", "sandbox-google-token"},
	}
}

// thing is an object at a platform: a campaign, an ad set, an ad.
type thing struct {
	id, kind string
	account  *account
	parent   *thing // the campaign of an ad set or ad group, the ad set of an ad
	fields   map[string]any
	made     time.Time
	reviewed time.Time // when the review ends; zero for what is not reviewed
	rejected string    // why; empty when it passes
	flight   *flight   // of a campaign
	// Of an audience: who is in it, and whoever is just being put into it.
	members map[string]bool
	filling *filling
}

func (t *thing) text(name string) string { s, _ := t.fields[name].(string); return s }

// key names an account among those of both platforms.
func (a Account) key() string { return a.Platform + ":" + a.ID }

type account struct {
	Account
	zone   *time.Location
	used   float64 // of the rate limit, percent
	usedAt time.Time
}

// Sandbox is both platforms. It is an http.Handler.
type Sandbox struct {
	mu       sync.Mutex
	config   Config
	random   *rand.Rand
	begun    time.Time     // real time of the start
	ahead    time.Duration // by how much the clock was advanced
	accounts map[string]*account
	things   []*thing // in the order of creation
	byID     map[string]*thing
	nextID   int64
	faults   []*Fault
	drops    int // answers lost so far
	calls    map[string]int
	access   map[string]string // Google's access tokens → refresh token
	mux      *http.ServeMux
	file     string    // where it is remembered; empty: nowhere
	savedAt  time.Time // when that was last written
}

// New starts a sandbox.
func New(c Config) *Sandbox {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Speed == 0 {
		c.Speed = 1
	}
	if c.Review == 0 {
		c.Review = 10 * time.Minute
	}
	if c.Accounts == nil {
		c.Accounts = DefaultAccounts()
	}
	s := &Sandbox{
		config: c, random: rand.New(rand.NewPCG(c.Seed, 7)), begun: c.Now(), accounts: map[string]*account{}, byID: map[string]*thing{},
		nextID: 120_000_000_000_000, calls: map[string]int{}, access: map[string]string{}, mux: http.NewServeMux(),
	}
	for _, a := range c.Accounts {
		zone, err := time.LoadLocation(a.Timezone)
		if err != nil {
			zone = time.UTC
		}
		s.accounts[a.key()] = &account{Account: a, zone: zone}
	}
	s.routes()
	return s
}

// ServeHTTP answers as the platform whose path it is.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// now is the sandbox's time.
func (s *Sandbox) now() time.Time {
	passed := s.config.Now().Sub(s.begun)
	return s.begun.Add(time.Duration(float64(passed)*s.config.Speed) + s.ahead).UTC()
}

// Advance moves the clock, as a rule forward.
func (s *Sandbox) Advance(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance(by)
}

func (s *Sandbox) advance(by time.Duration) {
	s.ahead += by
	s.settle()
	s.note()
}

// CatchUp moves a clock that is behind the real one to where that is.
func (s *Sandbox) CatchUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if behind := s.config.Now().Sub(s.now()); behind > 0 {
		s.advance(behind)
	}
}

// Count is how many objects of a kind exist at a platform, by the reference that
// their names or URLs carry: more than one for a reference is a duplicate.
func (s *Sandbox) Count(platform, kind string) map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[string]int{}
	for _, t := range s.things {
		if t.account.Platform == platform && t.kind == kind {
			found[referenceOf(t)]++
		}
	}
	return found
}

// Drops is how many answers have been lost so far.
func (s *Sandbox) Drops() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.drops
}

// referenceOf finds campaignd's mark in a name or a URL suffix.
func referenceOf(t *thing) string {
	for _, text := range []string{t.text("name"), t.text("finalUrlSuffix")} {
		if at := strings.Index(text, "cm-"); at >= 0 {
			return text[at:min(len(text), at+23)]
		}
	}
	return "none:" + t.id
}

// add makes a thing.
func (s *Sandbox) add(a *account, kind string, parent *thing, fields map[string]any) *thing {
	s.nextID += 1 + s.random.Int64N(1000)
	t := &thing{id: strconv.FormatInt(s.nextID, 10), kind: kind, account: a, parent: parent, fields: fields, made: s.now()}
	if kind == "campaign" {
		t.flight = newFlight(t.made)
	}
	if kind == "ad" {
		t.reviewed = t.made.Add(s.config.Review)
		t.rejected = s.judge(strings.ToLower(t.text("name")))
	}
	s.things, s.byID[t.id] = append(s.things, t), t
	return t
}

// judge says why an ad is rejected; nothing when it passes.
func (s *Sandbox) judge(name string) string {
	switch {
	case strings.Contains(name, "guaranteed"):
		return "The ad promises a result that nobody can guarantee."
	case strings.Contains(name, "reject"), s.random.Float64() < rejectedShare:
		return "The ad has text or an image that the advertising policies do not allow."
	}
	return ""
}

// rejectedShare of the ads does not pass the review.
const rejectedShare = 0.02

// inReview and passed say how an ad's review stands.
func (s *Sandbox) inReview(t *thing) bool { return s.now().Before(t.reviewed) }
func (s *Sandbox) passed(t *thing) bool   { return !s.inReview(t) && t.rejected == "" }

// children are the things of a kind below another, in the order of creation.
func (s *Sandbox) children(parent *thing, kind string) []*thing {
	var found []*thing
	for _, t := range s.things {
		if t.kind == kind && t.within(parent) {
			found = append(found, t)
		}
	}
	return found
}

func (t *thing) within(parent *thing) bool {
	for p := t.parent; p != nil; p = p.parent {
		if p == parent {
			return true
		}
	}
	return false
}

// requestID names an answer, as the platforms do.
func (s *Sandbox) requestID() string { return fmt.Sprintf("sandbox-%016x", s.random.Uint64()) }

// Duplicate copies the newest object of a kind, as a person can in the
// platform's own pages.
func (s *Sandbox) Duplicate(platform, kind string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.things) - 1; i >= 0; i-- {
		if t := s.things[i]; t.kind == kind && t.account.Platform == platform {
			s.add(t.account, kind, t.parent, maps.Clone(t.fields))
			return
		}
	}
}

// Text is a field of an object, as JSON where it is not text.
func (s *Sandbox) Text(id, field string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.byID[id]
	if t == nil {
		return ""
	}
	if text, ok := t.fields[field].(string); ok {
		return text
	}
	text, _ := json.Marshal(t.fields[field])
	return string(text)
}

// Aims are the audiences that an ad set or an ad group is for, and those that it
// or its campaign spares.
func (s *Sandbox) Aims(id string) (in, out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.byID[id]
	if spec, ok := t.fields["targeting"].(map[string]any); ok {
		return audienceIDs(spec["custom_audiences"]), audienceIDs(spec["excluded_custom_audiences"])
	}
	for _, c := range s.things {
		list, ok := c.fields["userList"].(map[string]any)
		if !ok || c.text("status") == "REMOVED" || c.parent != t && c.parent != t.parent {
			continue
		}
		name := text(list["userList"])
		if name = name[strings.LastIndexByte(name, '/')+1:]; c.fields["negative"] == true {
			out = append(out, name)
		} else {
			in = append(in, name)
		}
	}
	return in, out
}

// Status is what an object's owner has set.
func (s *Sandbox) Status(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.byID[id]; t != nil {
		return t.text("status")
	}
	return ""
}
