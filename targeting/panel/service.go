package panel

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting"
)

// Config is what the Service needs.
type Config struct {
	Store   Store
	Blocks  Blocks
	MaxRows int64 // of one panel; 0 is 5 million
	Memory  int64 // bytes of indexes that are kept; 0 is 512 MiB
	Now     func() time.Time
	NewID   func() uuid.UUID
}

const (
	usualRows   = 5_000_000
	usualMemory = 512 << 20
)

// Silence is how long a load may be silent before it is taken to have died.
const Silence = 10 * time.Minute

// Service is the use cases of panels.
type Service struct {
	Config
	indexes *cache
}

// NewService puts the use cases on a store.
func NewService(c Config) *Service {
	if c.MaxRows <= 0 {
		c.MaxRows = usualRows
	}
	if c.Memory <= 0 {
		c.Memory = usualMemory
	}
	return &Service{c, newCache(c.Memory)}
}

func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// Load reads a file and answers with the panel when it is ready to be counted.
// The file is read as it comes and held in memory by blocks; how far it is can
// be read all the while. Rows that cannot be taken are refused one by one. When
// the file as a whole cannot be, the panel is failed, nothing of its rows is
// kept, and the error says why: ErrFile, ErrNobody, ErrTooLarge, ErrIdentity.
func (s *Service) Load(ctx context.Context, by event.Origin, in New, format Format, file io.Reader) (State, error) {
	if err := in.check(); err != nil {
		return State{}, err
	}
	if in.ID == uuid.Nil {
		in.ID = s.NewID()
	}
	from, err := newIntake(format, file, in.Country, s.MaxRows)
	if err != nil {
		return State{}, err
	}
	p := begin(by.Partner, s.now(), in)
	if in.ValidateOnly {
		return s.rehearse(by, p, from)
	}
	if ready, err := s.Store.Insert(ctx, p); err != nil {
		return State{}, err
	} else if ready != nil { // the answer to an earlier try was lost
		return ready.State(), nil
	}
	if err := s.fill(ctx, p, from); err != nil {
		return State{}, s.fail(ctx, by, p, err)
	}
	p, err = s.Store.Update(ctx, by.Partner, in.ID, 0, func(p *Panel) error {
		p.finish(by, s.now(), from.state())
		return nil
	})
	if err != nil {
		return State{}, err
	}
	_, err = s.index(ctx, p) // who asks next is answered at once
	return p.State(), err
}

// rehearse reads the file and keeps nothing.
func (s *Service) rehearse(by event.Origin, p *Panel, from *intake) (State, error) {
	for {
		b, err := from.next()
		if err != nil {
			return State{}, err
		}
		if b == nil {
			break
		}
	}
	if err := from.anybody(); err != nil {
		return State{}, err
	}
	p.finish(by, s.now(), from.state())
	return p.State(), nil
}

// fill keeps the file's blocks.
func (s *Service) fill(ctx context.Context, p *Panel, from *intake) error {
	for seq := 0; ; seq++ {
		b, err := from.next()
		if err != nil {
			return err
		}
		if b == nil {
			return from.anybody()
		}
		p.progress(s.now(), State{Progress: from.progress, Rejections: from.rejections})
		if err := s.Blocks.Append(ctx, p, seq, b.encode()); err != nil {
			return err
		}
	}
}

// anybody is ErrNobody, with the first reasons, when no row was taken.
func (in *intake) anybody() error {
	if in.progress.Rows > 0 {
		return nil
	}
	if len(in.rejections) == 0 {
		return ErrNobody
	}
	first := in.rejections[0]
	return ErrNobody.With("None of the %d rows could be taken. Line %d: %s", in.progress.Rejected, first.Line, first.Detail).
		WithExtra("rejections", in.rejections)
}

// fail notes why a panel could not be loaded, also when whoever sent it is gone.
func (s *Service) fail(ctx context.Context, by event.Origin, p *Panel, cause error) error {
	ctx = context.WithoutCancel(ctx)
	why := Failure{Code: "internal", Detail: "The panel could not be loaded.", Fix: "Send the file again."}
	if e := fault.As(cause); e != nil {
		why = Failure{e.Code, e.Detail, e.Fix}
	}
	if errors.Is(cause, context.Canceled) {
		why = Failure{errCut.Code, errCut.Detail, errCut.Fix}
	}
	id := p.state.ID
	_, err := s.Store.Update(ctx, by.Partner, id, 0, func(stored *Panel) error {
		if stored.state.Status == Loading {
			stored.Fail(by, s.now(), why)
		}
		return nil
	})
	if err != nil && !errors.Is(err, ErrNotFound) {
		return errors.Join(cause, err)
	}
	if err := s.Blocks.Drop(ctx, by.Partner, id); err != nil {
		return errors.Join(cause, err)
	}
	return cause
}

func (n New) check() error {
	var wrong fault.Fields
	if err := fault.As(checkName(n.Name)); err != nil {
		wrong = append(wrong, err.Fields...)
	}
	if n.Country != "" && !targeting.Country(n.Country) {
		wrong.Add("country", "unknown_country", quote(n.Country)+" is not the code of a country.", "an ISO 3166-1 alpha-2 code in capitals, such as CO")
	}
	return wrong.Err()
}

func checkName(name string) error {
	var wrong fault.Fields
	n := utf8.RuneCountInString(strings.TrimSpace(name))
	if n == 0 || n > 200 || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		wrong.Add("name", "required", "A panel has a name by which people tell it from others.", "1 to 200 characters of text")
	}
	return wrong.Err()
}

// Get is a panel of the partner, or ErrNotFound.
func (s *Service) Get(ctx context.Context, partner, id uuid.UUID) (State, error) {
	p, err := s.Store.Get(ctx, partner, id)
	if err != nil {
		return State{}, err
	}
	return p.State(), nil
}

// List is a page of the partner's panels, the newest first.
func (s *Service) List(ctx context.Context, partner uuid.UUID, limit int, cursor string) ([]State, string, error) {
	found, next, err := s.Store.List(ctx, partner, limit, cursor)
	if err != nil {
		return nil, "", err
	}
	states := make([]State, len(found))
	for i, p := range found {
		states[i] = p.State()
	}
	return states, next, nil
}

// Change applies a patch; its errors are ErrNotFound, ErrStale and
// fault.ErrInvalid.
func (s *Service) Change(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, in Patch) (State, error) {
	change := func(p *Panel) error { return p.Change(by, s.now(), in) }
	if in.ValidateOnly {
		p, err := s.Store.Get(ctx, by.Partner, id)
		if err == nil && revision != 0 && revision != p.state.Revision {
			err = ErrStale
		}
		if err == nil {
			err = change(p)
		}
		if err != nil {
			return State{}, err
		}
		return p.State(), nil
	}
	p, err := s.Store.Update(ctx, by.Partner, id, revision, change)
	if err != nil {
		return State{}, err
	}
	return p.State(), nil
}

// Delete ends a panel with its rows. One that is loading stops.
func (s *Service) Delete(ctx context.Context, by event.Origin, id uuid.UUID, revision int64) error {
	err := s.Store.Delete(ctx, by.Partner, id, revision, func(p *Panel) { p.Delete(by, s.now()) })
	if err == nil {
		s.indexes.forget(id)
	}
	return err
}

// Index is a panel ready to be counted: ErrNotFound, or ErrNotReady.
func (s *Service) Index(ctx context.Context, partner, id uuid.UUID) (*Index, error) {
	p, err := s.Store.Get(ctx, partner, id)
	if err != nil {
		return nil, err
	}
	return s.index(ctx, p)
}

// Automatic is the newest ready panel of the partner that answers unasked and
// has people of all these countries; nil when there is none.
func (s *Service) Automatic(ctx context.Context, partner uuid.UUID, countries []string) (*Index, error) {
	found, _, err := s.Store.List(ctx, partner, MaxPanels, "")
	if err != nil {
		return nil, err
	}
	for _, p := range found {
		if p.state.Status == Ready && p.state.Automatic && p.state.covers(countries) {
			return s.index(ctx, p)
		}
	}
	return nil, nil
}

func (s State) covers(countries []string) bool {
	for _, code := range countries {
		found := false
		for _, g := range s.Countries {
			found = found || g.Value == code
		}
		if !found {
			return false
		}
	}
	return len(countries) > 0
}

// notReady is why a panel cannot be counted.
var notReady = map[Status]string{
	Loading: "The panel is still loading.",
	Failed:  "Loading the panel has failed; nothing of its rows is kept.",
}

func (s *Service) index(ctx context.Context, p *Panel) (*Index, error) {
	if p.state.Status != Ready {
		return nil, ErrNotReady.With("%s", notReady[p.state.Status]).WithExtra("state", p.state.Status)
	}
	ix, err := s.indexes.get(ctx, p.state.ID, func(ctx context.Context) (*Index, error) {
		b := newBuilder(p.State())
		if err := s.Blocks.Read(ctx, p.state.Partner, p.state.ID, b.add); err != nil {
			return nil, err
		}
		if int64(len(b.index.weights)) != p.state.Progress.Rows {
			return nil, ErrDamaged.With("The panel has %d rows, and %d can be read.", p.state.Progress.Rows, len(b.index.weights))
		}
		return b.done(), nil
	})
	if err != nil {
		return nil, err
	}
	current := *ix // the panel may have another name by now
	current.state = p.State()
	return &current, nil
}

// Memory is how many bytes the indexes in memory take, and how many they are.
func (s *Service) Memory() (bytes int64, indexes int) { return s.indexes.held() }

// Sweep fails loads that died with their process.
func (s *Service) Sweep(ctx context.Context) error {
	found, err := s.Store.Abandoned(ctx, s.now().Add(-Silence))
	if err != nil {
		return err
	}
	for _, p := range found {
		by := event.Origin{Partner: p.state.Partner, Kind: event.ActorScheduler, ID: "panels.sweep"}
		if err := s.fail(ctx, by, p, errCut); err != nil && !errors.Is(err, errCut) {
			return err
		}
	}
	return nil
}
