package reach

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/panel"
)

// Panels is where people can be counted; panel.Service.
type Panels interface {
	Index(ctx context.Context, partner, id uuid.UUID) (*panel.Index, error)
	Automatic(ctx context.Context, partner uuid.UUID, countries []string) (*panel.Index, error)
}

// FactorStore keeps partners' own shares.
type FactorStore interface {
	// Factors are a partner's own shares; NoFactors when it has set none.
	Factors(ctx context.Context, partner uuid.UUID) (*Factors, error)
	// UpdateFactors changes them in one transaction with the events; ErrStale when
	// revision is neither 0 nor the current one.
	UpdateFactors(ctx context.Context, partner uuid.UUID, revision int64, change func(*Factors) error) (*Factors, error)
}

var (
	// ErrStale refuses a change of factors that are no longer current.
	ErrStale = fault.New(fault.Stale, "stale_revision", "Somebody changed the factors since they were read.",
		"Read them again, look at what changed, and send the change with the new ETag.")
	// ErrNoPanel refuses attributes where no panel knows them.
	ErrNoPanel = fault.New(fault.Invalid, "panel_required", "Attributes are counted in a panel, and none of yours covers these countries.",
		"Name a panel with panel_id, or load one: POST /api/v1/panels.")
)

// Config is what the Service needs.
type Config struct {
	Defaults  Defaults
	Providers []Provider // asked in this order, the defaults last
	Panels    Panels
	Audiences Audiences // nil: the size of no audience is known
	Factors   FactorStore
	Record    Record
	Delivery  Delivery
	Now       func() time.Time
}

// Service is the use cases of reach.
type Service struct{ Config }

// NewService puts the use cases on their ports.
func NewService(c Config) *Service { return &Service{c} }

func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// Request asks how many people can be reached.
type Request struct {
	Configuration     targeting.Configuration
	Panel             uuid.UUID // uuid.Nil: the newest automatic panel of the countries, if there is one
	Attributes        map[string]panel.Match
	ExcludeAttributes map[string]panel.Match
	Unpanelled        bool   // from the population alone, whatever panels there are
	Language          string // of the reader: "es", or else English
}

func (r Request) question() panel.Question {
	return panel.Question{Configuration: r.Configuration, Attributes: r.Attributes, ExcludeAttributes: r.ExcludeAttributes}
}

// Estimate estimates for a partner. The errors are fault.ErrInvalid, those of
// the panel that is named, and ErrNoPanel.
func (s *Service) Estimate(ctx context.Context, partner uuid.UUID, r Request) (Estimate, error) {
	found, missing, err := s.audiences(ctx, partner, r.Configuration)
	if err != nil {
		return Estimate{}, err
	}
	if err := append(r.wrong(), missing...).Err(); err != nil {
		return Estimate{}, err
	}
	e, silent, err := s.estimator(ctx, partner, r.Configuration, found)
	if err == nil {
		e.speak(tongue(r.Language))
	}
	if err == nil && partner != uuid.Nil {
		e.lessons, err = s.lessons(ctx, partner)
	}
	if err != nil {
		return Estimate{}, err
	}
	out, err := s.estimate(ctx, e, partner, r)
	for _, provider := range silent {
		out.Assumptions = append(out.Assumptions, e.say("The data provider %s does not answer: defaults stand in for its shares.", provider))
	}
	return out, err
}

// Model is the population model for some configurations of a partner, with its
// shares and the audiences that they name read once: what several share has to
// be estimated in the same way as each of them, so panels and what past
// estimates have taught are left aside. The error is fault.ErrInvalid; its paths begin at "configurations[0]".
func (s *Service) Model(ctx context.Context, partner uuid.UUID, all []targeting.Configuration) (*Estimator, error) {
	own, err := s.ownShares(ctx, partner)
	if err != nil {
		return nil, err
	}
	model := New(s.Defaults, s.Now)
	model.kept, model.shares.own, model.shares.supplied = kept{}, own, map[key]Assumed{}
	var wrong fault.Fields
	for i, c := range all {
		found, missing, err := s.audiences(ctx, partner, c)
		if err != nil {
			return nil, err
		}
		for _, f := range append(Request{Configuration: c}.wrong(), missing...) {
			f.Path = fmt.Sprintf("configurations[%d].%s", i, f.Path)
			wrong = append(wrong, f)
		}
		supplied, _ := s.supplied(ctx, c, own, found)
		maps.Copy(model.kept, found)
		maps.Copy(model.shares.supplied, supplied)
	}
	return model, wrong.Err()
}

func (r Request) wrong() (wrong fault.Fields) {
	check := r.Configuration.Validate
	if r.Panel != uuid.Nil || len(r.Attributes)+len(r.ExcludeAttributes) > 0 {
		check = r.Configuration.ValidateWithin
		if r.Unpanelled {
			wrong.Add("method", "not_allowed", "The population knows neither panels nor attributes.", "auto, or neither panel_id nor attributes")
		}
	}
	if e := fault.As(check()); e != nil {
		wrong = append(wrong, e.Fields...)
	}
	return wrong
}

func (s *Service) estimate(ctx context.Context, e *Estimator, partner uuid.UUID, r Request) (Estimate, error) {
	if r.Panel != uuid.Nil {
		ix, err := s.Panels.Index(ctx, partner, r.Panel)
		if err != nil {
			return Estimate{}, err
		}
		return e.count(ix, r.question(), false)
	}
	if r.Unpanelled || partner == uuid.Nil {
		return e.Estimate(r.Configuration)
	}
	ix, err := s.Panels.Automatic(ctx, partner, countriesOf(r.Configuration))
	switch {
	case len(r.Attributes)+len(r.ExcludeAttributes) > 0:
		if err == nil && ix == nil {
			err = ErrNoPanel
		}
		if err != nil {
			return Estimate{}, err
		}
		return e.count(ix, r.question(), true)
	case err != nil: // nobody asked for the panel, and there is another way
		slog.WarnContext(ctx, "panel not used", "partner", partner, "error", err)
		return e.Estimate(r.Configuration)
	case ix == nil:
		return e.Estimate(r.Configuration)
	}
	return e.count(ix, r.question(), true)
}

// estimator has the shares that hold for a partner's configuration.
func (s *Service) estimator(ctx context.Context, partner uuid.UUID, c targeting.Configuration, found kept) (*Estimator, []string, error) {
	own, err := s.ownShares(ctx, partner)
	if err != nil {
		return nil, nil, err
	}
	e := New(s.Defaults, s.Now)
	supplied, silent := s.supplied(ctx, c, own, found)
	e.shares.own, e.shares.supplied, e.kept = own, supplied, found
	return e, silent, nil
}

// ownShares are those that the partner has set; none without a partner.
func (s *Service) ownShares(ctx context.Context, partner uuid.UUID) (map[key]Assumed, error) {
	own := map[key]Assumed{}
	if partner == uuid.Nil {
		return own, nil
	}
	factors, err := s.Factors.Factors(ctx, partner)
	if err != nil {
		return nil, err
	}
	for _, a := range factors.state.Factors {
		own[key{a.Criterion, a.Value}] = a
	}
	return own, nil
}

// supplied is what the providers know beside the partner's own, the defaults last.
func (s *Service) supplied(ctx context.Context, c targeting.Configuration, own map[key]Assumed, found kept) (map[key]Assumed, []string) {
	return supply(ctx, append(s.Providers[:len(s.Providers):len(s.Providers)], File{s.Defaults}), c, own, found)
}

func (s *Service) lessons(ctx context.Context, partner uuid.UUID) ([]Lesson, error) {
	past, err := s.Record.Latest(ctx, partner, calibrated)
	return lessons(past), err
}

// DefaultFactors are the shares that hold where a partner has set none.
func (s *Service) DefaultFactors() []Assumed { return s.Defaults.List() }

// OwnFactors are the shares that a partner has set itself.
func (s *Service) OwnFactors(ctx context.Context, partner uuid.UUID) (FactorsState, error) {
	f, err := s.Factors.Factors(ctx, partner)
	if err != nil {
		return FactorsState{}, err
	}
	return f.State(), nil
}

// SetFactors replaces a partner's own shares; its errors are ErrStale and
// fault.ErrInvalid.
func (s *Service) SetFactors(ctx context.Context, by event.Origin, revision int64, all []Assumed, validateOnly bool) (FactorsState, error) {
	change := func(f *Factors) error { return f.Replace(by, s.now(), all) }
	if validateOnly {
		f, err := s.Factors.Factors(ctx, by.Partner)
		if err == nil && revision != 0 && revision != f.state.Revision {
			err = ErrStale
		}
		if err == nil {
			err = change(f)
		}
		if err != nil {
			return FactorsState{}, err
		}
		return f.State(), nil
	}
	f, err := s.Factors.UpdateFactors(ctx, by.Partner, revision, change)
	if err != nil {
		return FactorsState{}, err
	}
	return f.State(), nil
}
