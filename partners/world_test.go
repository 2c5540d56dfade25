package partners_test

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"
	"time"
	_ "time/tzdata" // the zones are the same on every machine

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
)

var operator = event.Origin{Kind: event.ActorKey, ID: "the-admin", Name: "Ana", From: "api"}

// world is the services over a memory, with a clock that stands still.
type world struct {
	*testing.T
	*partners.Service
	sessions *partners.Sessions
	store    *memory
	now      time.Time
	count    uint64
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, store: newMemory(), now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return w.now }
	random := rand.NewChaCha8([32]byte{1})
	w.Service = partners.NewService(w.store, w.store, clock, w.id, random)
	w.sessions = partners.NewSessions(w.store, w.store, clock, random)
	return w
}

func (w *world) id() (id uuid.UUID) {
	w.count++
	binary.BigEndian.PutUint64(id[8:], w.count)
	return id
}

func (w *world) pass(d time.Duration) { w.now = w.now.Add(d) }

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) partner() uuid.UUID {
	w.Helper()
	p, err := w.Create(w.Context(), operator, acme())
	w.must(err)
	return p.State().ID
}

func (w *world) key(partner uuid.UUID, in partners.NewKey) (partners.KeyState, string) {
	w.Helper()
	k, secret, err := w.IssueKey(w.Context(), operator, partner, in)
	w.must(err)
	return k, secret
}

func (w *world) signIn(partner uuid.UUID, role partners.Role) (key partners.KeyState, token string) {
	w.Helper()
	key, secret := w.key(partner, partners.NewKey{Role: role})
	p, err := w.Authenticate(w.Context(), secret)
	w.must(err)
	token, _, err = w.sessions.Open(w.Context(), p)
	w.must(err)
	return key, token
}

// refused wants the one answer that every bad credential gets, to the byte.
func (w *world) refused(err error) {
	w.Helper()
	f := fault.As(err)
	if f == nil || f.Error() != partners.ErrUnauthorized.Error() || f.Kind != fault.Unauthorized {
		w.Errorf("got %v, want %v", err, partners.ErrUnauthorized)
	}
}

func (w *world) is(err, want error) {
	w.Helper()
	if !errors.Is(err, want) {
		w.Errorf("got %v, want %v", err, want)
	}
}

// happened are the types of the events since the last call.
func (w *world) happened() []string {
	defer w.store.lock()()
	types := []string{}
	for _, e := range w.store.events {
		types = append(types, e.Type)
	}
	w.store.events = nil
	return types
}

func acme() partners.NewPartner {
	return partners.NewPartner{Name: "Acme", Timezone: "America/Bogota", Currency: "USD"}
}
