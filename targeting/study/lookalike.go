package study

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/lookalike"
)

// How many people a model learns from: all of a usual seed, and enough of the
// rest for its shape.
const (
	mostSeed = 50_000
	mostRest = 100_000
	scoredAt = 8_192 // people at once
)

const alikeNote = "Members of the seed are not in the audience. Among the rest are people who could as well be in the seed, so the model is rather better than its AUC says. " +
	"People whom the model learned from were ranked by a part of it that had not seen them."

// scored is one of the rest with their score.
type scored struct {
	person uint32
	score  float32
}

// lookalike learns what sets the seed apart, ranks the rest, and fills the
// audience.
func (j *job) lookalike(ctx context.Context) error {
	people := j.service.People
	_, seed, err := people.Members(ctx, j.Partner, j.Audience)
	if err != nil {
		return err
	}
	rest, err := j.service.besides(ctx, j.Partner, seed)
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(j.Order.Seed, 1))
	f := &frame{attributes: j.Order.Attributes, today: audience.DayOf(j.service.Now())}
	l, err := j.learn(ctx, f, draw(seed, mostSeed, random), draw(rest, mostRest, random))
	if err != nil {
		return err
	}
	all, err := j.score(ctx, f, l, rest)
	if err != nil {
		return err
	}
	n := max(1, int(j.Order.Percent/100*float64(len(all))))
	best := roaring.New()
	for _, s := range all[:n] {
		best.Add(s.person)
	}
	j.Alike = &Alike{
		Facts: l.model.Facts(), SeedSize: int64(seed.GetCardinality()), Rest: int64(len(all)), Percent: j.Order.Percent,
		Cut: l.model.Chance(float64(all[n-1].score)), Note: alikeNote,
	}
	j.at("keeping", 0, 1)
	j.Alike.Selected, err = j.fill(ctx, best)
	return err
}

// fill gives the audience its members and returns how many they are: whoever
// was erased meanwhile is not among them. An audience that was deleted meanwhile
// stays so, and a worker that was taken for dead keeps nothing: the one that has
// the study now may have filled the audience already.
func (j *job) fill(ctx context.Context, members *roaring.Bitmap) (int64, error) {
	if err := j.renew(ctx); err != nil {
		return 0, err
	}
	made, err := j.service.People.Refill(ctx, j.By, j.ID, audience.Lookalike, members)
	return made.Size, err
}

// learned is a model with the scores of the rest it learned from.
type learned struct {
	model *lookalike.Model
	held  map[uint32]float64 // by person: their score by a part that had not seen them
}

func (j *job) learn(ctx context.Context, f *frame, seed, rest *roaring.Bitmap) (learned, error) {
	table := lookalike.NewTable(f.names())
	var positive []bool
	var who []uint32
	total := int64(seed.GetCardinality() + rest.GetCardinality())
	for _, group := range []*roaring.Bitmap{seed, rest} {
		err := j.service.People.Each(ctx, j.Partner, group, f.want(), func(p audience.Person) error {
			table.Add(f.texts(p))
			positive, who = append(positive, group == seed), append(who, p.Number)
			if len(who)%scoredAt == 0 {
				j.at("reading", int64(len(who)), total)
			}
			return nil
		})
		if err != nil {
			return learned{}, err
		}
	}
	j.at("learning", 0, 1)
	model, err := lookalike.Train(ctx, table, positive, lookalike.Options{Seed: j.Order.Seed, Workers: 1})
	if err != nil {
		return learned{}, err
	}
	l := learned{model, map[uint32]float64{}}
	for i, score := range model.HeldScores() {
		if !positive[i] {
			l.held[who[i]] = score
		}
	}
	return l, nil
}

// score ranks the rest, the most alike first.
func (j *job) score(ctx context.Context, f *frame, l learned, rest *roaring.Bitmap) ([]scored, error) {
	total := rest.GetCardinality()
	all := make([]scored, 0, total)
	table := lookalike.NewTable(f.names())
	flush := func() {
		from := len(all) - table.Rows()
		for i, score := range l.model.Scores(table) {
			if held, ok := l.held[all[from+i].person]; ok {
				score = held
			}
			all[from+i].score = float32(score)
		}
		table = lookalike.NewTable(f.names())
		j.at("scoring", int64(len(all)), int64(total))
	}
	err := j.service.People.Each(ctx, j.Partner, rest, f.want(), func(p audience.Person) error {
		table.Add(f.texts(p))
		if all = append(all, scored{person: p.Number}); table.Rows() == scoredAt {
			flush()
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	flush()
	if len(all) == 0 {
		return nil, ErrNobodyElse
	}
	slices.SortFunc(all, func(a, b scored) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.person, b.person)) })
	return all, nil
}

// draw is up to n of some people, each with the same chance (Knuth's selection
// sampling).
func draw(people *roaring.Bitmap, n int, random *rand.Rand) *roaring.Bitmap {
	left, wanted := float64(people.GetCardinality()), float64(n)
	if left <= wanted {
		return people
	}
	some := roaring.New()
	for each := people.Iterator(); each.HasNext() && wanted > 0; left-- {
		person := each.Next()
		if random.Float64()*left < wanted {
			some.Add(person)
			wanted--
		}
	}
	return some
}

// clusterName is how the audience of a cluster is called unless it is named.
func clusterName(study State, at int) string {
	return fmt.Sprintf("%s (%s)", study.Division.Clusters[at].Name, study.Name)
}
