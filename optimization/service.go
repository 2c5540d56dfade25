package optimization

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// Service is the use cases of suggestions. A by without a partner is an
// administrator's and finds every partner's.
type Service struct {
	store    Store
	settings SettingsStore
	hands    *Hands
	analyst  Analyst
	outcomes Outcomes
	now      func() time.Time
	ids      func() uuid.UUID
	looked   *memory
}

// Analyst finds what could be changed about a campaign.
type Analyst interface {
	// Findings are of the campaign's data as now known. A campaign about which
	// nothing can be said has none, and none leaves the partner's limits.
	Findings(ctx context.Context, partner, campaign uuid.UUID, limits Limits) ([]Finding, error)
	// Portfolio finds what could be moved between a partner's campaigns.
	Portfolio(ctx context.Context, partner uuid.UUID, limits Limits) ([]Finding, error)
	// Review holds every area of a campaign against its goals.
	Review(ctx context.Context, partner, campaign uuid.UUID, limits Limits) (Review, error)
}

// Config is what a Service is made of.
type Config struct {
	Store    Store
	Settings SettingsStore
	Hands    *Hands
	Analyst  Analyst
	Outcomes Outcomes
	Now      func() time.Time
	NewID    func() uuid.UUID
}

// NewService puts the use cases together.
func NewService(c Config) *Service {
	return &Service{c.Store, c.Settings, c.Hands, c.Analyst, c.Outcomes, func() time.Time { return c.Now().UTC().Truncate(time.Microsecond) }, c.NewID, &memory{}}
}

// Get is a partner's suggestion, or ErrNotFound.
func (s *Service) Get(ctx context.Context, partner, id uuid.UUID) (*Suggestion, error) {
	return s.store.Get(ctx, partner, id)
}

// List is a page of a partner's suggestions, those with the greatest expected
// impact first.
func (s *Service) List(ctx context.Context, partner uuid.UUID, q Query) ([]*Suggestion, string, error) {
	q.Now = s.now()
	return s.store.List(ctx, partner, q)
}

// Options say what a decision about a suggestion is besides itself.
type Options struct {
	Revision     int64 // 0: whichever it is
	ValidateOnly bool
}

// Apply makes the change of an open suggestion, with the parameters somebody
// prefers. It returns when the change stands, or nothing has changed. The errors
// are ErrNotFound, ErrStale, ErrState, ErrMovedOn, ErrNotCaptured, those of the
// budget's guard and of the campaign.
func (s *Service) Apply(ctx context.Context, by event.Origin, id uuid.UUID, p Parameters, o Options) (*Suggestion, error) {
	found, err := s.store.Get(ctx, by.Partner, id)
	if err != nil {
		return nil, err
	}
	state, at := found.State(), s.now()
	if err := found.require(at, Open); err != nil {
		return nil, err
	}
	change, err := state.Change.with(p)
	if err != nil {
		return nil, err
	}
	before, err := s.hands.capture(ctx, at, state, change)
	if err != nil {
		return nil, err
	}
	set, err := s.settings.Settings(ctx, state.Partner)
	if err != nil {
		return nil, err
	}
	if err := set.Limits.permit(state, change, before); err != nil {
		return nil, err
	}
	if o.ValidateOnly {
		return s.wouldApply(ctx, by, found, change, before, o)
	}
	begun, err := s.store.Update(ctx, state.Partner, id, o.Revision, func(x *Suggestion) error { return x.begin(by, s.now(), change, before) })
	if err != nil {
		return nil, err
	}
	return s.make(ctx, by, begun)
}

// wouldApply is what Apply would answer: the change goes past the same guards, on
// what was captured, and is not made.
func (s *Service) wouldApply(ctx context.Context, by event.Origin, found *Suggestion, change Change, before Snapshot, o Options) (*Suggestion, error) {
	if o.Revision != 0 && o.Revision != found.state.Revision {
		return nil, ErrStale
	}
	if err := found.begin(by, s.now(), change, before); err != nil {
		return nil, err
	}
	by.Partner = found.state.Partner
	revision, err := s.hands.only().do(ctx, by, found.state, change, before, found.state.Why(Plain("en")))
	if err != nil {
		return nil, err
	}
	found.applied(by, s.now(), revision)
	return found, nil
}

// make makes the change that a suggestion has begun, and says how it went.
func (s *Service) make(ctx context.Context, by event.Origin, begun *Suggestion) (*Suggestion, error) {
	state := begun.State()
	marked := by
	marked.Partner, marked.CorrelationID = state.Partner, mark(state.ID, "apply")
	ctx, cancel := context.WithTimeout(ctx, stuck/2) // it ends before Recover takes it to have died
	defer cancel()
	revision, err := s.hands.do(ctx, marked, state, *state.Made, *state.Before, state.Why(Plain("en")))
	if err != nil {
		if ctx.Err() != nil { // whether it was made is not known: Recover looks
			return nil, err
		}
		_, undone := s.store.Update(ctx, state.Partner, state.ID, 0, func(x *Suggestion) error {
			if x.state.Status == Applying {
				x.undone(by, s.now(), err.Error())
			}
			return nil
		})
		return nil, errors.Join(err, undone)
	}
	return s.store.Update(ctx, state.Partner, state.ID, 0, func(x *Suggestion) error {
		if x.state.Status == Applying {
			x.applied(by, s.now(), revision)
		}
		return nil
	})
}

// Dismiss ends an open suggestion.
func (s *Service) Dismiss(ctx context.Context, by event.Origin, id uuid.UUID, why string, o Options) (*Suggestion, error) {
	dismiss := func(x *Suggestion) error { return x.dismiss(by, s.now(), why) }
	if o.ValidateOnly {
		return s.rehearse(ctx, by.Partner, id, o, dismiss)
	}
	return s.store.Update(ctx, by.Partner, id, o.Revision, dismiss)
}

func (s *Service) rehearse(ctx context.Context, partner, id uuid.UUID, o Options, change func(*Suggestion) error) (*Suggestion, error) {
	found, err := s.store.Get(ctx, partner, id)
	if err != nil {
		return nil, err
	}
	if o.Revision != 0 && o.Revision != found.State().Revision {
		return nil, ErrStale
	}
	return found, change(found)
}

// RollBack takes back an applied change. What somebody has changed since stays,
// and the error is ErrMovedOn.
func (s *Service) RollBack(ctx context.Context, by event.Origin, id uuid.UUID, why string, o Options) (*Suggestion, error) {
	revert := func(x *Suggestion) error { return x.reverting(by, s.now(), why) }
	if o.ValidateOnly {
		return s.wouldRollBack(ctx, by, id, o, revert)
	}
	begun, err := s.store.Update(ctx, by.Partner, id, o.Revision, revert)
	if err != nil {
		return nil, err
	}
	return s.unmake(ctx, by, begun)
}

// wouldRollBack is what RollBack would answer.
func (s *Service) wouldRollBack(ctx context.Context, by event.Origin, id uuid.UUID, o Options, revert func(*Suggestion) error) (*Suggestion, error) {
	found, err := s.rehearse(ctx, by.Partner, id, o, revert)
	if err != nil {
		return nil, err
	}
	by.Partner = found.state.Partner
	if err := s.hands.only().undo(ctx, by, found.state, rolledBackFor(found.state)); err != nil {
		return nil, err
	}
	found.rolledBack(by, s.now())
	return found, nil
}

// rolledBackFor is the reason that the log keeps.
func rolledBackFor(state State) string { return "Rolled back: " + state.Reason }

// unmake takes back the change of a suggestion that is reverting.
func (s *Service) unmake(ctx context.Context, by event.Origin, begun *Suggestion) (*Suggestion, error) {
	state := begun.State()
	marked := by
	marked.Partner, marked.CorrelationID = state.Partner, mark(state.ID, "rollback")
	ctx, cancel := context.WithTimeout(ctx, stuck/2)
	defer cancel()
	if err := s.hands.undo(ctx, marked, state, rolledBackFor(state)); err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		_, kept := s.store.Update(ctx, state.Partner, state.ID, 0, func(x *Suggestion) error {
			if x.state.Status == Reverting {
				x.kept(by, s.now(), err.Error())
			}
			return nil
		})
		return nil, errors.Join(err, kept)
	}
	return s.store.Update(ctx, state.Partner, state.ID, 0, func(x *Suggestion) error {
		if x.state.Status == Reverting {
			x.rolledBack(by, s.now())
		}
		return nil
	})
}

// stuck is how long a change may take before whoever finds it under way takes it
// to have died.
const stuck = 10 * time.Second

// Recover finishes what a crash has left under way: what was made is applied,
// what was not is open again; what was to be taken back is taken back.
func (s *Service) Recover(ctx context.Context) error {
	return s.each(ctx, []Status{Applying, Reverting}, func(found *Suggestion) error {
		state := found.State()
		if s.now().Sub(state.UpdatedAt) < stuck {
			return nil
		}
		by := optimizer(state.Partner)
		if state.Status == Reverting {
			if _, ok, err := s.hands.made(ctx, state, "rollback"); err != nil {
				return err
			} else if !ok {
				_, err := s.unmake(ctx, by, found)
				return err
			}
		}
		revision, ok, err := s.hands.made(ctx, state, "apply")
		if err != nil {
			return err
		}
		_, err = s.store.Update(ctx, state.Partner, state.ID, state.Revision, func(x *Suggestion) error {
			switch {
			case x.state.Status == Reverting:
				x.rolledBack(by, s.now())
			case ok:
				x.applied(by, s.now(), revision)
			default:
				x.undone(by, s.now(), "The program ended before the change was made; nothing was changed.")
			}
			return nil
		})
		return err
	})
}

// each calls f with all suggestions in some statuses. What fails is logged, and
// the others go on.
func (s *Service) each(ctx context.Context, status []Status, f func(*Suggestion) error) error {
	const many = 200
	after := uuid.Nil
	for {
		items, err := s.store.InStatus(ctx, status, after, many)
		if err != nil {
			return err
		}
		for _, found := range items {
			after = found.State().ID
			if err := f(found); err != nil {
				if ctx.Err() != nil {
					return err
				}
				slog.WarnContext(ctx, "suggestion not looked after", "suggestion", found.State().ID, "error", err)
			}
		}
		if len(items) < many {
			return nil
		}
	}
}

// optimizer is who acts when nobody has asked.
func optimizer(partner uuid.UUID) event.Origin {
	return event.Origin{Partner: partner, Kind: event.ActorOptimizer, ID: "optimizer", Name: "Optimizer", From: "optimizer"}
}
