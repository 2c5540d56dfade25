package study

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/cluster"
)

// mostDivided is how many people clusters are found among; more are drawn from
// at random, and told apart by the model when they are asked for.
const mostDivided = 100_000

// divide finds the clusters.
func (j *job) divide(ctx context.Context) error {
	people, _, err := j.service.whom(ctx, j.Partner, j.Audience)
	if err != nil {
		return err
	}
	some := draw(people, mostDivided, rand.New(rand.NewPCG(j.Order.Seed, 1)))
	g := newGatherer(&frame{attributes: j.Order.Attributes, today: audience.DayOf(j.service.Now())})
	total := int64(some.GetCardinality())
	err = j.service.People.Each(ctx, j.Partner, some, g.want(), func(p audience.Person) error {
		if g.add(p); len(g.people)%scoredAt == 0 {
			j.at("reading", int64(len(g.people)), total)
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	found, err := cluster.Find(ctx, g.columns(), len(g.people), cluster.Options{
		Seed: j.Order.Seed, Max: j.Order.Most, Progress: func(done, of int) { j.at("learning", int64(done), int64(of)) },
	})
	if err != nil {
		return err
	}
	j.Division = &Division{
		People: int64(len(g.people)), Clusters: found.Clusters, Candidates: found.Candidates, Criterion: found.Criterion,
		ByChance: found.ByChance, Structured: found.Structured, Stable: found.Stable, Model: found.Model, Columns: []string{},
	}
	for _, axis := range found.Model.Axes {
		j.Division.Columns = append(j.Division.Columns, axis.Column)
	}
	return nil
}

// Adopt asks for the audience of one cluster.
type Adopt struct {
	ID           uuid.UUID
	Study        uuid.UUID
	Cluster      int // a place in the clusters
	Name         string
	ValidateOnly bool
}

// Adopt makes an audience of the people who are in a cluster now, whoever has
// come since. The errors are ErrNotFound, ErrNotReady, fault.ErrInvalid and
// those of audience.Service.Derive.
func (s *Service) Adopt(ctx context.Context, by event.Origin, in Adopt) (audience.State, error) {
	study, err := s.Get(ctx, by.Partner, in.Study, Clusters)
	if err != nil {
		return audience.State{}, err
	}
	if study.Status != Ready {
		return audience.State{}, ErrNotReady.With("Computing the clusters is %s.", study.Status).WithExtra("state", study.Status)
	}
	if in.Cluster < 0 || in.Cluster >= len(study.Division.Clusters) {
		return audience.State{}, fault.ErrInvalid.WithFields(fault.Field{
			Path: "cluster", Code: "out_of_range", Detail: "There is no cluster of this number.", Allow: fmt.Sprintf("0 to %d", len(study.Division.Clusters)-1),
		})
	}
	by.Partner = study.Partner
	members, err := s.membersOf(ctx, study, in.Cluster)
	if err != nil {
		return audience.State{}, err
	}
	if in.ID == uuid.Nil {
		in.ID = s.NewID()
	}
	return s.People.Derive(ctx, by, audience.New{
		ID: in.ID, Name: cmp.Or(in.Name, clusterName(study, in.Cluster)), Kind: audience.Cluster, ValidateOnly: in.ValidateOnly,
		Source: &audience.Source{ID: study.ID, Detail: "cluster " + study.Division.Clusters[in.Cluster].Name},
	}, members)
}

// membersOf works out who is in a cluster, some thousands at once.
func (s *Service) membersOf(ctx context.Context, study State, at int) (*roaring.Bitmap, error) {
	people, _, err := s.whom(ctx, study.Partner, study.Audience)
	if err != nil {
		return nil, err
	}
	members := roaring.New()
	f := &frame{attributes: study.Order.Attributes, today: audience.DayOf(s.Now())}
	g := newGatherer(f)
	flush := func() {
		for i, cluster := range study.Division.Model.Assign(g.asModelled(study.Division.Model), len(g.people)) {
			if cluster == at {
				members.Add(g.people[i])
			}
		}
		g = newGatherer(f)
	}
	err = s.People.Each(ctx, study.Partner, people, f.want(), func(p audience.Person) error {
		if g.add(p); len(g.people) == scoredAt {
			flush()
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	flush()
	return members, nil
}
