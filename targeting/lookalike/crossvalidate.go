package lookalike

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"text/tabwriter"
	"time"
)

// Trial says how a method is measured on a file.
type Trial struct {
	Source
	Folds int // 2 to 20
	Now   func() time.Time
}

// Report is how well people of the group are told from the rest, by models that
// never saw the people they are judged on.
type Report struct {
	Rows      int       `json:"rows"`      // of the file, with a label
	Used      int       `json:"used"`      // all of them, or a sample of MaxRows
	Skipped   int       `json:"skipped"`   // rows that could not be read or have no label
	Group     int       `json:"positives"` // of those used
	Label     string    `json:"label"`
	Positive  string    `json:"positive"`
	Folds     []float64 `json:"fold_aucs"`
	AUC       float64   `json:"auc"` // mean over folds
	Spread    float64   `json:"auc_sd"`
	Lowest    float64   `json:"auc_min"`
	Highest   float64   `json:"auc_max"`
	Additive  float64   `json:"baseline_auc"` // the same without interactions of columns
	Held      Judgement `json:"held_out"`     // of all folds together
	Features  []Feature `json:"features"`
	Columns   []Column  `json:"columns"`
	Suspected []string  `json:"suspected_leaks"`
	Seconds   float64   `json:"seconds"`
}

const maxFolds = 20

// CrossValidate trains on all folds but one and judges the one, for each fold:
// bins, trees, when to stop and calibration come from the others alone. The
// errors are ErrFolds and those of ReadCSV and Train.
func CrossValidate(ctx context.Context, in io.Reader, t Trial) (Report, error) {
	if t.Folds < 2 || t.Folds > maxFolds {
		return Report{}, ErrFolds.With("%d folds make no cross-validation.", t.Folds)
	}
	start := t.Now()
	l, err := ReadCSV(ctx, in, t.Source)
	if err != nil {
		return Report{}, err
	}
	r := Report{Rows: l.Read, Used: l.Rows(), Skipped: l.Skipped, Label: l.Label, Positive: l.Value}
	o := Options{Seed: t.Seed}.orUsual()
	scores, chances, err := l.folds(ctx, t, o, &r)
	if err != nil {
		return r, err
	}
	r.Held = measure(scores, chances)
	r.spread()
	r.Seconds = t.Now().Sub(start).Seconds()
	return r, nil
}

// folds judges fold after fold and returns what was said about everybody. What
// is told about columns is of the last fold's model.
func (l Labelled) folds(ctx context.Context, t Trial, o Options, r *Report) (scores, chances []judged, err error) {
	y := make([]float64, l.Rows())
	for i, is := range l.Positive {
		if is {
			y[i] = 1
			r.Group++
		}
	}
	folds := foldsOf(y, everyRow(l.Rows()), t.Folds, rand.New(rand.NewPCG(t.Seed, 4)))
	for k, fold := range folds {
		rows := without(folds, k)
		m, lesson, err := train(ctx, l.Table, l.Positive, rows, o)
		if err != nil {
			return nil, nil, err
		}
		said, plain := m.scoreRows(l.Table, y, fold)
		r.Folds = append(r.Folds, auc(said).Value)
		r.Additive += auc(plain).Value / float64(len(folds))
		scores = append(scores, said...)
		for _, s := range said {
			chances = append(chances, judged{m.Chance(s.score), s.y, k})
		}
		if k == len(folds)-1 {
			facts := m.judge(lesson)
			r.Features, r.Columns, r.Suspected = facts.Features, facts.Columns, facts.Suspected
		}
	}
	return scores, chances, nil
}

// scoreRows scores some rows, as the model is and without interactions.
func (m *Model) scoreRows(t *Table, y []float64, rows []int32) (said, plain []judged) {
	bins := m.binner.apply(t)
	for _, row := range rows {
		said = append(said, judged{score: m.score(bins, row), y: y[row]})
		plain = append(plain, judged{score: m.mainScore(bins, row), y: y[row]})
	}
	return said, plain
}

func (r *Report) spread() {
	var s spread
	r.Lowest, r.Highest = math.Inf(1), math.Inf(-1)
	for _, auc := range r.Folds {
		s.add(auc, 1)
		r.Lowest, r.Highest = min(r.Lowest, auc), max(r.Highest, auc)
	}
	r.AUC, r.Spread = s.mean(), math.Sqrt(s.variance())
}

// WriteText prints the report for a person.
func (r Report) WriteText(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(out, "AUC\t%.4f ± %.4f\t(mean and standard deviation of %d folds, %.4f to %.4f)\n", r.AUC, r.Spread, len(r.Folds), r.Lowest, r.Highest)
	fmt.Fprintf(out, "without interactions\t%.4f\t(the same trees with a single split each)\n", r.Additive)
	fmt.Fprintf(out, "people\t%d\t(%d with %s = %s", r.Used, r.Group, r.Label, r.Positive)
	if r.Used < r.Rows {
		fmt.Fprintf(out, "; a sample of %d", r.Rows)
	}
	if r.Skipped > 0 {
		fmt.Fprintf(out, "; %d rows skipped: no label, or another number of cells", r.Skipped)
	}
	fmt.Fprintf(out, ")\nlog loss, Brier score\t%.4f, %.4f\t(chances are off by %.4f on average)\n", r.Held.LogLoss, r.Held.Brier, r.Held.Off)
	for _, l := range r.Held.Lift[:len(r.Held.Lift)-1] {
		fmt.Fprintf(out, "top %.0f %%\tlift %.2f\t(%.1f %% of the group)\n", 100*l.Share, l.Lift, 100*l.Found)
	}
	for _, f := range r.Features {
		fmt.Fprintf(out, "%s\t%+.4f\t(AUC lost without it; %.4f alone)\n", f.Name, f.Drop, f.Alone)
	}
	for _, c := range r.Columns {
		if c.Kind == LeftOut {
			fmt.Fprintf(out, "%s\tleft out\t(%s)\n", c.Name, c.Why)
		}
	}
	if len(r.Suspected) > 0 {
		fmt.Fprintf(out, "suspected\t%s\t(alone it tells the group: is it known before the label is?)\n", strings.Join(r.Suspected, ", "))
	}
	fmt.Fprintf(out, "time\t%.1f s\n", r.Seconds)
	return out.Flush()
}
