package partners_test

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/partners"
)

// memory is every port of the package, in maps. asked counts the look-ups of
// credentials.
type memory struct {
	mu       sync.Mutex
	partners map[uuid.UUID]partners.State
	order    []uuid.UUID
	keys     []partners.KeyState
	sessions map[partners.Hash]partners.Session
	links    map[partners.Hash]partners.Link
	events   []event.Event
	asked    int
	broken   error
}

func newMemory() *memory {
	return &memory{
		partners: map[uuid.UUID]partners.State{},
		sessions: map[partners.Hash]partners.Session{}, links: map[partners.Hash]partners.Link{},
	}
}

func (m *memory) lock() func() {
	m.mu.Lock()
	return m.mu.Unlock
}

func (m *memory) Insert(_ context.Context, p *partners.Partner) error {
	defer m.lock()()
	s := p.State()
	m.partners[s.ID] = s
	m.order = append(m.order, s.ID)
	m.events = append(m.events, p.PullEvents()...)
	return nil
}

func (m *memory) Get(_ context.Context, id uuid.UUID) (*partners.Partner, error) {
	defer m.lock()()
	s, ok := m.partners[id]
	if !ok {
		return nil, partners.ErrNotFound
	}
	return partners.Restore(s), nil
}

func (m *memory) List(context.Context, partners.Page) ([]*partners.Partner, string, error) {
	defer m.lock()()
	var all []*partners.Partner
	for _, id := range m.order {
		all = append(all, partners.Restore(m.partners[id]))
	}
	return all, "", nil
}

func (m *memory) Update(_ context.Context, id uuid.UUID, revision int64, change func(*partners.Partner) error) (*partners.Partner, error) {
	defer m.lock()()
	s, ok := m.partners[id]
	switch {
	case !ok:
		return nil, partners.ErrNotFound
	case revision != 0 && revision != s.Revision:
		return nil, partners.ErrStale
	}
	p := partners.Restore(s)
	if err := change(p); err != nil {
		return nil, err
	}
	m.partners[id] = p.State()
	m.events = append(m.events, p.PullEvents()...)
	return p, nil
}

func (m *memory) InsertKey(_ context.Context, k *partners.Key) error {
	defer m.lock()()
	for _, other := range m.keys {
		if other.Hash == k.State().Hash {
			return partners.ErrExists
		}
	}
	m.keys = append(m.keys, k.State())
	m.events = append(m.events, k.PullEvents()...)
	return nil
}

func (m *memory) find(is func(partners.KeyState) bool) (*partners.Key, error) {
	defer m.lock()()
	m.asked++
	if m.broken != nil {
		return nil, m.broken
	}
	for _, k := range m.keys {
		if is(k) {
			return partners.RestoreKey(k), nil
		}
	}
	return nil, partners.ErrKeyNotFound
}

func (m *memory) Key(_ context.Context, partner, id uuid.UUID) (*partners.Key, error) {
	return m.find(func(k partners.KeyState) bool { return k.ID == id && k.Partner == partner })
}

func (m *memory) KeyByHash(_ context.Context, h partners.Hash) (*partners.Key, error) {
	return m.find(func(k partners.KeyState) bool { return k.Hash == h })
}

func (m *memory) Keys(_ context.Context, partner uuid.UUID) ([]*partners.Key, error) {
	defer m.lock()()
	var keys []*partners.Key
	for _, k := range m.keys {
		if k.Partner == partner {
			keys = append(keys, partners.RestoreKey(k))
		}
	}
	return keys, nil
}

func (m *memory) UpdateKey(_ context.Context, partner, id uuid.UUID, change func(*partners.Key) error) (*partners.Key, error) {
	defer m.lock()()
	for i, state := range m.keys {
		if state.ID != id || state.Partner != partner {
			continue
		}
		k := partners.RestoreKey(state)
		if err := change(k); err != nil {
			return nil, err
		}
		m.keys[i] = k.State()
		m.events = append(m.events, k.PullEvents()...)
		return k, nil
	}
	return nil, partners.ErrKeyNotFound
}

func (m *memory) InsertSession(_ context.Context, s partners.Session) error {
	defer m.lock()()
	m.sessions[s.Token] = s
	return nil
}

func (m *memory) Session(_ context.Context, h partners.Hash) (partners.Session, error) {
	defer m.lock()()
	s, ok := m.sessions[h]
	if !ok {
		return s, partners.ErrUnauthorized
	}
	return s, nil
}

func (m *memory) TouchSession(_ context.Context, h partners.Hash, seen time.Time) error {
	defer m.lock()()
	if s, ok := m.sessions[h]; ok {
		s.SeenAt = seen
		m.sessions[h] = s
	}
	return nil
}

func (m *memory) DeleteSession(_ context.Context, h partners.Hash) error {
	defer m.lock()()
	delete(m.sessions, h)
	return nil
}

func (m *memory) InsertLink(_ context.Context, l partners.Link) error {
	defer m.lock()()
	m.links[l.Token] = l
	return nil
}

func (m *memory) TakeLink(_ context.Context, h partners.Hash, now time.Time) (partners.Link, error) {
	defer m.lock()()
	l, ok := m.links[h]
	if !ok || !now.Before(l.ExpiresAt) {
		return partners.Link{}, partners.ErrLink
	}
	if !l.Reusable {
		delete(m.links, h)
	}
	return l, nil
}

func (m *memory) DeleteExpired(_ context.Context, now, idle, opened time.Time) error {
	defer m.lock()()
	for h, s := range m.sessions {
		if s.SeenAt.Before(idle) || s.OpenedAt.Before(opened) {
			delete(m.sessions, h)
		}
	}
	for h, l := range m.links {
		if l.ExpiresAt.Before(now) {
			delete(m.links, h)
		}
	}
	return nil
}
