package lookalike

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
)

// Options are how a model is learned. The zero value of a field means its
// default.
type Options struct {
	Seed  uint64
	Folds int // each is held out by one booster; default 4
	// Workers is how many boosters are learned at once; 0 is one for each
	// processor.
	Workers int
}

func (o Options) orUsual() Options {
	if o.Folds == 0 {
		o.Folds = 4
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	return o
}

// stage is a run of trees of one shape, up to when the held-out fold gets no
// better.
type stage struct {
	shape shape
	rate  float64 // how much of each tree counts
	most  int     // trees
}

// The stages of a booster. Trees of a single split come first: columns add up
// and never interact, as in a logistic regression over bins, which is all that
// many tables hold and is learned best without anything else. What interacts
// is learned from what they leave over. The figures were chosen on generated
// people; docs/decisions/0028 says what else was tried.
var (
	mainEffects  = stage{shape{Leaves: 2, MinRows: 20, L2: 2}, 0.2, 600}
	interactions = stage{shape{Leaves: 16, MinRows: 20, L2: 5}, 0.05, 800}
)

const (
	patience     = 40  // trees without progress until a stage ends
	rowShare     = 0.8 // of the people that each tree sees
	featureShare = 0.6 // of the columns that each tree may split on
)

// people are binned rows with what is to be learned of them.
type people struct {
	bins  [][]uint8 // by feature and row
	words []bool    // by feature
	y     []float64 // by row: 1 belongs to the group, 0 does not
}

// booster is what each bin says by itself and, on top, a sum of trees.
type booster struct {
	base    float64            // log-odds of the group's share
	effects [][maxBins]float64 // by feature: the main effects
	trees   []tree             // what interacts
}

// score is the log-odds of a row of bins.
func (b *booster) score(bins [][]uint8, row int32) float64 {
	s := b.mainScore(bins, row)
	for _, t := range b.trees {
		s += t.leafOf(bins, row)
	}
	return s
}

// mainScore is the score without interactions.
func (b *booster) mainScore(bins [][]uint8, row int32) float64 {
	s := b.base
	for f := range b.effects {
		s += b.effects[f][bins[f][row]]
	}
	return s
}

// fold moves the trees, which have at most one split, into the effects of bins:
// a lookup for each column in place of one for each tree.
func (b *booster) fold(features int) {
	b.effects = make([][maxBins]float64, features)
	for _, t := range b.trees {
		root := &t[0]
		if root.feature < 0 {
			b.base += root.value
			continue
		}
		for bin := range maxBins {
			side := root.right
			if root.goesLeft.has(uint8(bin)) {
				side = root.left
			}
			b.effects[root.feature][bin] += t[side].value
		}
	}
	b.trees = nil
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// boost learns from the rows in train until the rows in held get no better.
func boost(ctx context.Context, p people, train, held []int32, random *rand.Rand) (booster, error) {
	l := newLearner(p, train, held, random)
	if err := l.run(ctx, mainEffects); err != nil {
		return booster{}, err
	}
	l.fold(len(p.bins))
	err := l.run(ctx, interactions)
	return l.booster, err
}

// learner is a booster while it learns.
type learner struct {
	booster
	people
	train, held []int32
	random      *rand.Rand
	grower      grower
	margin      []float64 // by row: the score so far
	g, h        []float64 // by row
	in, out     []int32   // of train: what the next tree sees and does not
}

func newLearner(p people, train, held []int32, random *rand.Rand) *learner {
	l := &learner{
		people: p, train: train, held: held, random: random, grower: grower{bins: p.bins, words: p.words},
		margin: make([]float64, len(p.y)), g: make([]float64, len(p.y)), h: make([]float64, len(p.y)),
	}
	positive := 0.5 // so that a share of 0 or 1 has log-odds
	for _, row := range train {
		positive += p.y[row]
	}
	share := positive / (float64(len(train)) + 1)
	l.base = math.Log(share / (1 - share))
	for i := range l.margin {
		l.margin[i] = l.base
	}
	return l
}

// run adds trees until the held-out fold gets no better, and takes those back
// that made it no better.
func (l *learner) run(ctx context.Context, s stage) error {
	l.grower.shape = s.shape.forPeople(len(l.train))
	best, from := l.loss(), len(l.trees)
	at := from
	for len(l.trees)-from < s.most && len(l.trees)-at < patience {
		if err := ctx.Err(); err != nil {
			return err
		}
		l.step(s.rate)
		if loss := l.loss(); loss < best {
			best, at = loss, len(l.trees)
		}
	}
	for _, t := range l.trees[at:] {
		l.take(t, -1, l.train, l.held)
	}
	l.trees = l.trees[:at]
	return nil
}

// forPeople asks for fewer people in a leaf where there are few at all.
func (s shape) forPeople(n int) shape {
	s.MinRows = min(s.MinRows, max(3, n/40))
	return s
}

// step adds a tree.
func (l *learner) step(rate float64) {
	l.sample()
	for _, row := range l.in {
		p := sigmoid(l.margin[row])
		l.g[row], l.h[row] = p-l.y[row], p*(1-p)
	}
	t := l.grower.grow(l.in, l.g, l.h, rate, func(row int32, value float64) { l.margin[row] += value })
	l.take(t, 1, l.out, l.held)
	l.trees = append(l.trees, t)
}

// take adds a tree to the scores of people, or takes it off them.
func (l *learner) take(t tree, times float64, groups ...[]int32) {
	for _, rows := range groups {
		for _, row := range rows {
			l.margin[row] += times * t.leafOf(l.bins, row)
		}
	}
}

// sample draws the people and columns of the next tree.
func (l *learner) sample() {
	l.in, l.out = l.in[:0], l.out[:0]
	for _, row := range l.train {
		if l.random.Float64() < rowShare {
			l.in = append(l.in, row)
		} else {
			l.out = append(l.out, row)
		}
	}
	n := max(1, int(math.Ceil(featureShare*float64(len(l.bins)))))
	l.grower.features = l.random.Perm(len(l.bins))[:n]
}

// loss is the mean logistic loss of the held-out people.
func (l *learner) loss() float64 {
	sum := 0.0
	for _, row := range l.held {
		sum += logLoss(l.margin[row], l.y[row])
	}
	return sum / float64(len(l.held))
}

// logLoss is -ln of the chance that a score gives to what is the case, computed
// so that no score overflows.
func logLoss(score, y float64) float64 {
	return max(score, 0) - score*y + math.Log1p(math.Exp(-math.Abs(score)))
}
