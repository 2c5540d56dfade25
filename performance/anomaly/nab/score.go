package nab

import (
	"cmp"
	"math"
	"slices"
)

// Profile weighs what a detection, a false alarm and a missed window count.
type Profile struct {
	Name string  `json:"name"`
	TP   float64 `json:"tp"`
	FP   float64 `json:"fp"`
	FN   float64 `json:"fn"`
}

// Profiles are the three that the benchmark publishes.
func Profiles() []Profile {
	return []Profile{
		{Name: "standard", TP: 1, FP: 0.11, FN: 1},
		{Name: "reward_low_FP_rate", TP: 1, FP: 0.22, FN: 1},
		{Name: "reward_low_FN_rate", TP: 1, FP: 0.11, FN: 2},
	}
}

// sigma falls from almost 1 well before 0 to almost -1 well after it.
func sigma(y float64) float64 {
	if y > 3 {
		return -1
	}
	return 2/(1+math.Exp(5*y)) - 1
}

// worth is what one detected row counts, and the window it lies in or -1.
func (p Profile) worth(windows []window, row int) (float64, int) {
	before := -1 // the last window that ended
	for k, w := range windows {
		if row >= w.first && row <= w.last {
			return p.TP * sigma(-float64(w.last-row+1)/float64(w.rows())) / sigma(-1), k
		}
		if w.last < row {
			before = k
		}
	}
	if before < 0 {
		return -p.FP, -1
	}
	w := windows[before]
	return p.FP * sigma(float64(row-w.last)/float64(max(w.rows()-1, 1))), -1
}

// raw is the score of one series whose detected rows are given.
func (p Profile) raw(s series, detected []int) float64 {
	best := make([]float64, len(s.windows))
	for k := range best {
		best[k] = -p.FN
	}
	sum := 0.0
	for _, row := range detected {
		if row < s.probation() {
			continue
		}
		if worth, k := p.worth(s.windows, row); k >= 0 {
			best[k] = max(best[k], worth)
		} else {
			sum += worth
		}
	}
	for _, b := range best {
		sum += b
	}
	return sum
}

// normalised puts a raw score of k windows on the scale where never detecting
// is 0. Without windows there is no such scale, and the answer is nil.
func (p Profile) normalised(raw float64, k int) *float64 {
	if k == 0 {
		return nil
	}
	n := float64(k)
	score := 100 * (raw + n*p.FN) / (n + n*p.FN)
	return &score
}

// scored is a series with the detector's score of each row.
type scored struct {
	series
	scores []float64
}

// detections are the rows at or above the threshold, probation left out.
func (s scored) detections(threshold float64) []int {
	var rows []int
	for i := s.probation(); i < len(s.scores); i++ {
		if s.scores[i] >= threshold {
			rows = append(rows, i)
		}
	}
	return rows
}

// bestThreshold finds the threshold with the highest score on this corpus. It
// is information only: it looks at the labels. It goes through all rows from
// the highest score down and adds each once, so it is one sort of the corpus.
func (p Profile) bestThreshold(all []scored) (threshold, raw float64) {
	type candidate struct {
		score, worth float64
		window       int // over the whole corpus, -1 outside
	}
	var rows []candidate
	var best []float64 // by window
	for _, s := range all {
		for i := s.probation(); i < len(s.scores); i++ {
			worth, k := p.worth(s.windows, i)
			if k >= 0 {
				k += len(best)
			}
			rows = append(rows, candidate{s.scores[i], worth, k})
		}
		best = append(best, slices.Repeat([]float64{-p.FN}, len(s.windows))...)
	}
	slices.SortFunc(rows, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	now := -p.FN * float64(len(best))
	threshold, raw = math.Inf(1), now
	for i, r := range rows {
		switch {
		case r.window < 0:
			now += r.worth
		case r.worth > best[r.window]:
			now += r.worth - best[r.window]
			best[r.window] = r.worth
		}
		if last := i+1 == len(rows) || rows[i+1].score != r.score; last && now > raw {
			threshold, raw = r.score, now
		}
	}
	return threshold, raw
}
