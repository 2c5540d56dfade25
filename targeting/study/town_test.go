package study

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting/audience"
)

// The crowd: the seed, as many who are as they are, and twice as many who are
// not.
const (
	seedSize = 120
	twins    = 120
	others   = 240
)

// town is a partner's people, audiences and studies, in memory, as several
// nodes see them.
type town struct {
	mu       sync.Mutex
	partner  uuid.UUID
	seed     uuid.UUID
	studies  map[uuid.UUID]State
	until    map[uuid.UUID]time.Time // of claims
	made     map[uuid.UUID]audience.State
	filled   []*roaring.Bitmap // each time that an audience was filled
	finished int
}

func newTown() *town {
	return &town{
		partner: uuid.New(), seed: uuid.New(),
		studies: map[uuid.UUID]State{}, until: map[uuid.UUID]time.Time{}, made: map[uuid.UUID]audience.State{},
	}
}

// node is one of several, which may be cut off from the database in the midst
// of reading people.
type node struct {
	*town
	reads  int
	down   bool
	freeze func(ctx context.Context, n *node) // before it reads people; nil: never
}

var errDown = fault.New(fault.Unavailable, "down", "The database does not answer.", "")

// serve runs a worker until the test ends, or stop is called.
func (n *node) serve(t *testing.T) (s *Service, stop context.CancelFunc) {
	s = NewService(Config{Store: n, Queue: n, People: n, Now: time.Now, NewID: uuid.New})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- NewWorker(s).Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return s, stop
}

func (n *node) Insert(_ context.Context, s State) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.studies[s.ID] = s
	return nil
}

func (n *node) Get(_ context.Context, partner, id uuid.UUID) (State, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s, ok := n.studies[id]
	if !ok || s.Partner != partner {
		return State{}, ErrNotFound
	}
	return s, nil
}

func (n *node) List(context.Context, uuid.UUID, Kind, int, string) ([]State, string, error) {
	return nil, "", errors.New("not used here")
}

func (n *node) Delete(context.Context, uuid.UUID, uuid.UUID) error {
	return errors.New("not used here")
}

func (n *node) Claim(_ context.Context, now, until time.Time) (State, bool, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for id, s := range n.studies {
		if !n.down && !s.Over() && now.After(n.until[id]) {
			s.Status, s.Attempt = Running, s.Attempt+1
			n.studies[id], n.until[id] = s, until
			return s, true, nil
		}
	}
	return State{}, false, nil
}

// held fails unless this attempt has the claim; the caller has locked.
func (n *node) held(s State) error {
	switch now := n.studies[s.ID]; {
	case n.down:
		return errDown
	case now.Attempt != s.Attempt || now.Over():
		return ErrLost
	}
	return nil
}

func (n *node) Renew(_ context.Context, s State, until time.Time) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.held(s); err != nil {
		return err
	}
	n.studies[s.ID], n.until[s.ID] = s, until
	return nil
}

func (n *node) Finish(_ context.Context, s State) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.held(s); err != nil {
		return err
	}
	n.studies[s.ID] = s
	n.finished++
	return nil
}

func span(from, count int) *roaring.Bitmap {
	b := roaring.New()
	b.AddRange(uint64(from), uint64(from+count))
	return b
}

func (n *node) Members(_ context.Context, partner, id uuid.UUID) (audience.State, *roaring.Bitmap, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if partner != n.partner {
		return audience.State{}, nil, audience.ErrNotFound
	}
	if id == n.seed {
		return audience.State{ID: id, Partner: partner, Name: "Buyers"}, span(0, seedSize), nil
	}
	made, ok := n.made[id]
	if !ok {
		return audience.State{}, nil, audience.ErrNotFound
	}
	return made, roaring.New(), nil
}

func (n *node) Everyone(context.Context, uuid.UUID) (*roaring.Bitmap, error) {
	return span(0, seedSize+twins+others), nil
}

func (n *node) Attributes(context.Context, uuid.UUID) ([]string, error) {
	return []string{"age", "city"}, nil
}

func (n *node) Each(ctx context.Context, _ uuid.UUID, people *roaring.Bitmap, want audience.Want, visit func(audience.Person) error) error {
	n.reads++
	if n.freeze != nil {
		n.freeze(ctx, n)
	}
	for it := people.Iterator(); it.HasNext(); {
		number := it.Next()
		random := rand.New(rand.NewPCG(uint64(number), 7))
		age, city := 20+random.IntN(20), []string{"Cusco", "Piura", "Lima"}[random.IntN(3)]
		if number < seedSize+twins {
			age, city = 40+random.IntN(20), "Lima"
		}
		values := map[string]string{"age": strconv.Itoa(age), "city": city}
		p := audience.Person{Number: number}
		for _, name := range want.Attributes {
			p.Values = append(p.Values, values[name])
		}
		if err := visit(p); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (n *node) Compute(_ context.Context, by event.Origin, in audience.New) (audience.State, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	made := audience.State{ID: in.ID, Partner: by.Partner, Name: in.Name, Kind: in.Kind, Status: audience.Processing, Source: in.Source}
	if !in.ValidateOnly {
		n.made[in.ID] = made
	}
	return made, nil
}

func (n *node) Derive(_ context.Context, _ event.Origin, in audience.New, people *roaring.Bitmap) (audience.State, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	made := n.made[in.ID]
	made.Size = int64(people.GetCardinality())
	n.made[in.ID] = made
	n.filled = append(n.filled, people)
	return made, nil
}

func (n *node) Refill(ctx context.Context, by event.Origin, id uuid.UUID, kind audience.Kind, people *roaring.Bitmap) (audience.State, error) {
	return n.Derive(ctx, by, audience.New{ID: id, Kind: kind}, people)
}

func (n *node) Computed(_ context.Context, _ event.Origin, id uuid.UUID) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	made := n.made[id]
	made.Status = audience.Ready
	n.made[id] = made
	return nil
}
