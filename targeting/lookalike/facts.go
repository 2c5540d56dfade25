package lookalike

import (
	"cmp"
	"math"
	"slices"
)

// Facts are what a model rests on and how good it is on people it has not seen.
type Facts struct {
	People    int       `json:"people" doc:"Whom it was learned from."`
	Group     int       `json:"group" doc:"Of them, who belong to the seed."`
	Trees     int       `json:"trees" doc:"For what interacts; what columns say by themselves needs none."`
	Held      Judgement `json:"held_out"`
	Features  []Feature `json:"features" doc:"The ones that matter most first."`
	Columns   []Column  `json:"columns"`
	Suspected []string  `json:"suspected_leaks" doc:"Columns that tell the group almost by themselves: are they known before somebody belongs to it?"`
}

// Judgement is how good scores are on people who were not learned from.
type Judgement struct {
	AUC         Interval      `json:"auc"`
	LogLoss     float64       `json:"log_loss" doc:"Of the calibrated chances."`
	Brier       float64       `json:"brier" doc:"Mean squared distance of the chances."`
	Lift        []Lift        `json:"lift"`
	Calibration []Calibration `json:"calibration" doc:"By tenths of the chances."`
	Off         float64       `json:"calibration_error" doc:"Mean distance of chance and share."`
}

// Lift is how many times more of the group are among the highest scores than
// among everybody.
type Lift struct {
	Share float64 `json:"share" doc:"Of the people, the highest scores first, 0 to 1."`
	Lift  float64 `json:"lift"`
	Found float64 `json:"found" doc:"Share of the group that is among them."`
}

// judge measures the model by its held-out scores. The chances of a fold come
// from a calibration that did not see it.
func (m *Model) judge(l lesson) Facts {
	held := l.held
	f := Facts{People: len(held.judged), Columns: l.columns}
	for k := range m.boosters {
		f.Trees += len(m.boosters[k].trees)
	}
	chances := make([]judged, 0, len(held.judged))
	for k := range held.rows {
		rest := slices.DeleteFunc(slices.Clone(held.judged), func(j judged) bool { return j.fold == k })
		c := calibrate(rest)
		for _, j := range held.judged {
			if j.fold == k {
				chances = append(chances, judged{c.chance(j.score), j.y, k})
				f.Group += int(j.y)
			}
		}
	}
	f.Held = measure(held.judged, chances)
	f.Features = m.features(l)
	f.Suspected = suspects(f.Features)
	return f
}

// measure judges scores by how they rank and chances by how true they are.
func measure(scores, chances []judged) Judgement {
	j := Judgement{AUC: auc(scores), Lift: lifts(scores)}
	for _, c := range chances {
		j.LogLoss -= math.Log(1-math.Abs(c.y-c.score)) / float64(len(chances))
		j.Brier += (c.score - c.y) * (c.score - c.y) / float64(len(chances))
	}
	j.Calibration, j.Off = calibrations(chances)
	return j
}

// liftShares are where the lift curve is told: the ratios of a lookalike.
var liftShares = []float64{0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1}

func lifts(scores []judged) []Lift {
	down := slices.Clone(scores)
	slices.SortStableFunc(down, func(a, b judged) int { return cmp.Compare(b.score, a.score) })
	all := 0.0
	for _, p := range down {
		all += p.y
	}
	var curve []Lift
	found, at := 0.0, 0
	for _, share := range liftShares {
		n := max(1, int(share*float64(len(down))))
		for ; at < n; at++ {
			found += down[at].y
		}
		curve = append(curve, Lift{share, found / all / (float64(n) / float64(len(down))), found / all})
	}
	return curve
}
