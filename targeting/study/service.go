package study

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/cluster"
)

// Config is what the Service needs.
type Config struct {
	Store  Store
	Queue  Queue
	People People
	Now    func() time.Time
	NewID  func() uuid.UUID
}

// Service is the use cases of studies.
type Service struct {
	Config
	wake chan struct{} // tells this node's worker that there is work
}

// NewService puts the use cases on a store.
func NewService(c Config) *Service { return &Service{c, make(chan struct{}, 1)} }

func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// MinSeed is how many members a seed needs, and how many people there have to
// be besides: what platforms ask of a seed too (Meta).
const MinSeed = 100

// NewLookalike asks for an audience of people like a seed.
type NewLookalike struct {
	ID           uuid.UUID
	Seed         uuid.UUID  // the audience to start from
	Name         string     // "" is made of the seed's
	Percent      float64    // how many of the other people are taken, 1 to 20
	Attributes   []string   // to learn from; none: all that are known
	Panel        *uuid.UUID // refused: see wrong
	ValidateOnly bool
}

// LookLike makes the audience, which is processing until the study has filled
// it. The errors are audience.ErrNotFound, ErrSeedGuessed, ErrSeedTooSmall, ErrNobodyElse,
// fault.ErrInvalid and those of audience.Service.Create.
func (s *Service) LookLike(ctx context.Context, by event.Origin, in NewLookalike) (State, audience.State, error) {
	seed, members, err := s.People.Members(ctx, by.Partner, in.Seed)
	if err != nil {
		return State{}, audience.State{}, err
	}
	if seed.Kind == audience.Lookalike {
		return State{}, audience.State{}, ErrSeedGuessed
	}
	by.Partner = seed.Partner
	rest, err := s.besides(ctx, seed.Partner, members)
	if err != nil {
		return State{}, audience.State{}, err
	}
	names, err := s.check(ctx, seed.Partner, in.Attributes, in.wrong()...)
	if err != nil {
		return State{}, audience.State{}, err
	}
	if in.ID == uuid.Nil {
		in.ID = s.NewID()
	}
	study := s.begin(by, in.ID, Lookalike, cmp.Or(in.Name, fmt.Sprintf("Like %s, %g %%", seed.Name, in.Percent)))
	study.Audience, study.Order.Percent, study.Order.Attributes = seed.ID, in.Percent, names
	made, err := s.People.Compute(ctx, by, audience.New{
		ID: in.ID, Name: study.Name, Kind: audience.Lookalike, Basis: seed.Basis, BasisNote: seed.BasisNote, ValidateOnly: in.ValidateOnly,
		Source: &audience.Source{ID: seed.ID, Detail: fmt.Sprintf("%g %% of %d people", in.Percent, rest.GetCardinality())},
	})
	if err != nil || in.ValidateOnly {
		return study, made, err
	}
	if err := s.Store.Insert(ctx, study); err != nil {
		return study, made, err
	}
	s.nudge()
	return study, made, nil
}

// wrong is what is refused whatever the people are. A panel cannot be the rest:
// its rows come from another file than the seed, so that a model would learn
// which file a row is from, and they name nobody who could be a member.
func (n NewLookalike) wrong() (wrong fault.Fields) {
	if !(n.Percent >= 1 && n.Percent <= 20) { // also for NaN
		wrong.Add("ratio", "out_of_range", "So many people would not be alike.", "1 to 20 percent, or 0.01 to 0.20")
	}
	if n.Panel != nil {
		wrong.Add("panel_id", "panel_not_comparable", "A model would learn which file a row is from, not what the seed is like; and a panel names nobody who could be a member.",
			"leave it out: the seed is compared with your people in other audiences")
	}
	return wrong
}

// besides are the partner's people without the seed, when both are enough.
func (s *Service) besides(ctx context.Context, partner uuid.UUID, seed *roaring.Bitmap) (*roaring.Bitmap, error) {
	if n := seed.GetCardinality(); n < MinSeed {
		return nil, ErrSeedTooSmall.With("The seed has %d members; %d are needed.", n, MinSeed).WithExtra("minimum", MinSeed).WithExtra("members", n)
	}
	everyone, err := s.People.Everyone(ctx, partner)
	if err != nil {
		return nil, err
	}
	rest := roaring.AndNot(everyone, seed)
	if n := rest.GetCardinality(); n < MinSeed {
		return nil, ErrNobodyElse.With("There are %d people besides the seed; %d are needed.", n, MinSeed).WithExtra("minimum", MinSeed).WithExtra("people", n)
	}
	return rest, nil
}

// check refuses attributes that nobody has, with the other wrong fields, and
// answers with those to learn from.
func (s *Service) check(ctx context.Context, partner uuid.UUID, asked []string, wrong ...fault.Field) ([]string, error) {
	known, err := s.People.Attributes(ctx, partner)
	if err != nil {
		return nil, err
	}
	for i, name := range asked {
		if !slices.Contains(known, name) {
			wrong = append(wrong, fault.Field{Path: fmt.Sprintf("attributes[%d]", i), Code: "unknown_attribute", Detail: "Nobody has this attribute.", Allow: strings.Join(known, ", ")})
		}
	}
	if err := fault.Fields(wrong).Err(); err != nil {
		return nil, err
	}
	if len(asked) > 0 {
		return asked, nil
	}
	return known, nil
}

// NewClusters asks for clusters of people.
type NewClusters struct {
	ID           uuid.UUID
	Name         string
	Audience     uuid.UUID // whose members; uuid.Nil: everybody
	Attributes   []string
	Most         int // clusters; 0 is 8
	ValidateOnly bool
}

// Divide asks for clusters. The errors are audience.ErrNotFound,
// cluster.ErrTooFew and fault.ErrInvalid.
func (s *Service) Divide(ctx context.Context, by event.Origin, in NewClusters) (State, error) {
	people, partner, err := s.whom(ctx, by.Partner, in.Audience)
	if err != nil {
		return State{}, err
	}
	by.Partner = partner
	var wrong []fault.Field
	if in.Most != 0 && (in.Most < cluster.MinK || in.Most > cluster.MaxK) {
		wrong = append(wrong, fault.Field{Path: "max_clusters", Code: "out_of_range", Detail: "So many clusters cannot be told apart.", Allow: "2 to 12"})
	}
	names, err := s.check(ctx, partner, in.Attributes, wrong...)
	if err != nil {
		return State{}, err
	}
	if n := people.GetCardinality(); n < cluster.MinPeople {
		return State{}, cluster.ErrTooFew.With("There are %d people; %d are needed to find clusters.", n, cluster.MinPeople).WithExtra("minimum", cluster.MinPeople)
	}
	if in.ID == uuid.Nil {
		in.ID = s.NewID()
	}
	study := s.begin(by, in.ID, Clusters, cmp.Or(in.Name, "Clusters of "+s.now().Format(time.DateOnly)))
	study.Audience, study.Order.Attributes, study.Order.Most = in.Audience, names, in.Most
	if in.ValidateOnly {
		return study, nil
	}
	if err := s.Store.Insert(ctx, study); err != nil {
		return study, err
	}
	s.nudge()
	return study, nil
}

// whom are the members of an audience, or everybody.
func (s *Service) whom(ctx context.Context, partner, id uuid.UUID) (*roaring.Bitmap, uuid.UUID, error) {
	if id == uuid.Nil {
		people, err := s.People.Everyone(ctx, partner)
		return people, partner, err
	}
	of, people, err := s.People.Members(ctx, partner, id)
	return people, of.Partner, err
}

// begin is a study that waits. Its random draws follow from its id, so that a
// worker that takes it over draws the same.
func (s *Service) begin(by event.Origin, id uuid.UUID, kind Kind, name string) State {
	sum := fnv.New64a()
	_, _ = sum.Write(id[:])
	return State{
		ID: id, Partner: by.Partner, Kind: kind, Status: Queued, By: by, Name: name,
		Order: Order{Seed: sum.Sum64()}, Progress: Progress{Stage: "waiting"}, CreatedAt: s.now(),
	}
}

// Get is a study of a kind, or ErrNotFound.
func (s *Service) Get(ctx context.Context, partner, id uuid.UUID, kind Kind) (State, error) {
	found, err := s.Store.Get(ctx, partner, id)
	if err == nil && found.Kind != kind {
		err = ErrNotFound
	}
	return found, err
}

const lookAgain = 50 * time.Millisecond

// Await is Get once the study is over, or as it is when the time has passed.
// What is over within a moment need not be asked for twice.
func (s *Service) Await(ctx context.Context, partner, id uuid.UUID, kind Kind, most time.Duration) (State, error) {
	enough := time.NewTimer(most)
	defer enough.Stop()
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	for {
		found, err := s.Get(ctx, partner, id, kind)
		if err != nil || found.Over() {
			return found, err
		}
		select {
		case <-ctx.Done():
			return found, nil
		case <-enough.C:
			return found, nil
		case <-again.C:
		}
	}
}

// List is a page of the partner's clusterings, the newest first.
func (s *Service) List(ctx context.Context, partner uuid.UUID, limit int, cursor string) ([]State, string, error) {
	return s.Store.List(ctx, partner, Clusters, limit, cursor)
}

// Delete forgets a clustering; audiences made of it stay.
func (s *Service) Delete(ctx context.Context, partner, id uuid.UUID) error {
	if _, err := s.Get(ctx, partner, id, Clusters); err != nil {
		return err
	}
	return s.Store.Delete(ctx, partner, id)
}

func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
