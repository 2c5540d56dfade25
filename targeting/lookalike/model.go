package lookalike

import (
	"context"
	"math/rand/v2"

	"golang.org/x/sync/errgroup"
)

// MinGroup is how many people of each kind a model needs: ten for each fold
// that holds some of them out.
const MinGroup = 20

// Model ranks people by how much they are like the group it learned.
type Model struct {
	binner   binner
	boosters []booster
	chances  calibration
	facts    Facts
	held     []float64 // by row of the table it was trained on
}

// Facts are what a model rests on and how good it is.
func (m *Model) Facts() Facts { return m.facts }

// Train learns what sets the people apart for whom positive is true. It ends
// early with the context. The errors are
// ErrTooFew and ErrNothingToLearn.
func Train(ctx context.Context, t *Table, positive []bool, o Options) (*Model, error) {
	m, l, err := train(ctx, t, positive, everyRow(t.rows), o.orUsual())
	if err != nil {
		return nil, err
	}
	m.facts = m.judge(l)
	m.held = make([]float64, t.rows)
	at := 0
	for _, fold := range l.held.rows {
		for _, row := range fold {
			m.held[row] = l.held.judged[at].score
			at++
		}
	}
	return m, nil
}

func everyRow(n int) []int32 {
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = int32(i)
	}
	return rows
}

// lesson is what a model was learned from.
type lesson struct {
	people  people
	columns []Column
	held    heldOut
	seed    uint64
}

// train learns from some of the rows, given in order. It leaves the facts to
// judge, which takes its time.
func train(ctx context.Context, t *Table, positive []bool, rows []int32, o Options) (*Model, lesson, error) {
	of := 0
	for _, row := range rows {
		if positive[row] {
			of++
		}
	}
	if rest := len(rows) - of; of < MinGroup || rest < MinGroup {
		return nil, lesson{}, ErrTooFew.With("There are %d people of the group and %d of the rest; %d of each are needed.", of, rest, MinGroup).
			WithExtra("minimum", MinGroup).WithExtra("group", of).WithExtra("rest", rest)
	}
	binner, columns := fitBins(t, rows)
	if len(binner) == 0 {
		return nil, lesson{}, ErrNothingToLearn.WithExtra("columns", columns)
	}
	m := &Model{binner: binner}
	p := people{bins: binner.apply(t), words: make([]bool, len(binner)), y: make([]float64, t.rows)}
	for i := range binner {
		p.words[i] = binner[i].kind == Words
	}
	for i, is := range positive {
		if is {
			p.y[i] = 1
		}
	}
	held, err := m.learn(ctx, p, rows, o)
	if err != nil {
		return nil, lesson{}, err
	}
	m.chances = calibrate(held.judged)
	return m, lesson{p, columns, held, o.Seed}, nil
}

// heldOut are the scores of people by the booster that did not see them.
type heldOut struct {
	judged []judged
	rows   [][]int32 // by fold
}

// judged is a score beside the truth.
type judged struct {
	score float64
	y     float64
	fold  int
}

// learn fits a booster for each fold and returns what it says of the fold.
func (m *Model) learn(ctx context.Context, p people, rows []int32, o Options) (heldOut, error) {
	folds := foldsOf(p.y, rows, o.Folds, rand.New(rand.NewPCG(o.Seed, 2)))
	m.boosters = make([]booster, len(folds))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(o.Workers)
	for k := range folds {
		group.Go(func() (err error) {
			m.boosters[k], err = boost(ctx, p, without(folds, k), folds[k], rand.New(rand.NewPCG(o.Seed, uint64(k)+10)))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return heldOut{}, err
	}
	held := heldOut{rows: folds}
	for k, fold := range folds {
		for _, row := range fold {
			held.judged = append(held.judged, judged{m.boosters[k].score(p.bins, row), p.y[row], k})
		}
	}
	return held, nil
}

// Scores of people: the higher, the more like the group. The table has the
// columns that the model was trained on, in the same order.
func (m *Model) Scores(t *Table) []float64 {
	bins := m.binner.apply(t)
	scores := make([]float64, t.rows)
	for i := range scores {
		scores[i] = m.score(bins, int32(i))
	}
	return scores
}

func (m *Model) score(bins [][]uint8, row int32) float64 {
	sum := 0.0
	for k := range m.boosters {
		sum += m.boosters[k].score(bins, row)
	}
	return sum / float64(len(m.boosters))
}

// mainScore is the score without interactions.
func (m *Model) mainScore(bins [][]uint8, row int32) float64 {
	sum := 0.0
	for k := range m.boosters {
		sum += m.boosters[k].mainScore(bins, row)
	}
	return sum / float64(len(m.boosters))
}

// HeldScores are the scores of the people it was trained on, in their order,
// each by the booster that had not seen them: a model ranks too high whom it was
// told belongs, and too low whom it was told does not.
func (m *Model) HeldScores() []float64 { return m.held }

// Chance is how likely somebody with this score belongs to the group, 0 to 1,
// among people mixed as those it was trained on.
func (m *Model) Chance(score float64) float64 { return m.chances.chance(score) }
