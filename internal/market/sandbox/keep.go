package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/hexabuilders/campaignd/localday"
)

// saveEvery is how often what was delivered meanwhile is written down.
const saveEvery = time.Minute

// memory is a sandbox as it stands in its file. Auctions are not in it: a
// campaign gets new ones, and conversions that were still to come are lost, as
// happens at platforms.
type memory struct {
	Lead   time.Duration // of the sandbox's clock before the real one
	NextID int64
	Things []keptThing
}

type keptThing struct {
	ID, Kind, Account, Parent string
	Fields                    map[string]any
	Made, Reviewed            time.Time
	Rejected                  string
	Members                   []string    `json:",omitempty"`
	Flight                    *keptFlight `json:",omitempty"`
}

type keptFlight struct {
	Until time.Time
	Mood  map[localday.Day]float64
	Rows  []keptRow
}

type keptRow struct {
	Ad, Device string
	Day        localday.Day
	Hour       int
	Figures
}

// Open is New with what the file remembers, if there is one; from then on the
// sandbox writes to it after every change. So a service that is started again
// finds what it has placed.
func Open(c Config, file string) (*Sandbox, error) {
	s := New(c)
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		if err := s.remember(text); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	s.file = file
	return s, nil
}

// Fresh reports whether nothing has been made here yet.
func (s *Sandbox) Fresh() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.things) == 0
}

// Save writes the file, if there is one.
func (s *Sandbox) Save() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.save()
}

// save replaces the file whole, so that a crash leaves the old one or the new.
func (s *Sandbox) save() error {
	if s.file == "" {
		return nil
	}
	s.savedAt = s.config.Now()
	text, err := json.Marshal(s.memory())
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.file+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(s.file+".new", s.file)
}

// note saves a change. One that cannot be saved is still one that was made.
func (s *Sandbox) note() {
	if err := s.save(); err != nil {
		slog.Warn("the sandbox cannot write its file", "file", s.file, "error", err) //nolint:sloglint // there is no context to this
	}
}

// noteSometimes saves what was delivered since.
func (s *Sandbox) noteSometimes() {
	if s.config.Now().Sub(s.savedAt) >= saveEvery {
		s.note()
	}
}

func (s *Sandbox) memory() memory {
	m := memory{Lead: s.now().Sub(s.config.Now()), NextID: s.nextID}
	for _, t := range s.things {
		k := keptThing{ID: t.id, Kind: t.kind, Account: t.account.key(), Fields: t.fields, Made: t.made, Reviewed: t.reviewed, Rejected: t.rejected, Members: slices.Sorted(maps.Keys(t.members))}
		if t.parent != nil {
			k.Parent = t.parent.id
		}
		if f := t.flight; f != nil {
			k.Flight = &keptFlight{Until: f.until, Mood: f.mood}
			for key, row := range f.rows {
				k.Flight.Rows = append(k.Flight.Rows, keptRow{key.ad, key.device, key.day, key.hour, *row})
			}
		}
		m.Things = append(m.Things, k)
	}
	return m
}

// remember takes over what a file says. Parents come before their children in
// it, as they were made.
func (s *Sandbox) remember(text []byte) error {
	var m memory
	if err := json.Unmarshal(text, &m); err != nil {
		return err
	}
	s.ahead, s.nextID = m.Lead, max(s.nextID, m.NextID)
	for _, k := range m.Things {
		a := s.accounts[k.Account]
		if a == nil {
			return fmt.Errorf("there is no account %s any more", k.Account)
		}
		t := &thing{id: k.ID, kind: k.Kind, account: a, parent: s.byID[k.Parent], fields: k.Fields, made: k.Made, reviewed: k.Reviewed, rejected: k.Rejected}
		if len(k.Members) > 0 {
			t.members = map[string]bool{}
			for _, m := range k.Members {
				t.members[m] = true
			}
		}
		if k.Flight != nil {
			t.flight = k.Flight.restored()
		}
		s.things, s.byID[t.id] = append(s.things, t), t
	}
	return nil
}

func (k *keptFlight) restored() *flight {
	f := newFlight(k.Until)
	if k.Mood != nil {
		f.mood = k.Mood
	}
	for _, r := range k.Rows {
		figures := r.Figures
		f.rows[rowKey{r.Ad, r.Device, r.Day, r.Hour}] = &figures
		f.spent[r.Day] += r.Spend
		f.total += r.Spend
	}
	return f
}
