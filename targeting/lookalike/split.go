package lookalike

import (
	"cmp"
	"slices"
)

// split is the best way found to divide a leaf; its gain is 0 when there is
// none.
type split struct {
	gain    float64
	feature int
	left    set
}

// search finds the best split of a leaf.
func (w *grower) search(l *leaf) {
	l.best = split{}
	if int(l.sum.n) < 2*w.MinRows {
		return
	}
	for _, f := range w.features {
		if w.words[f] {
			w.searchWords(l, f)
		} else {
			w.searchNumbers(l, f)
		}
	}
}

// searchNumbers tries every cut, with the people whose value is not known on
// either side.
func (w *grower) searchNumbers(l *leaf, f int) {
	cells := &l.hist[f]
	unknown := cells[unknownBin]
	var below cell
	for b := firstBin; b < maxBins-1; b++ {
		if cells[b].n == 0 {
			continue
		}
		below.add(cells[b])
		if w.try(l, f, below, w.L2) {
			l.best.left = upTo(b, false)
		}
		if unknown.n > 0 {
			with := below
			with.add(unknown)
			if w.try(l, f, with, w.L2) {
				l.best.left = upTo(b, true)
			}
		}
		if below.n+unknown.n == l.sum.n {
			break
		}
	}
}

func upTo(last int, unknown bool) set {
	var s set
	for b := firstBin; b <= last; b++ {
		s.add(uint8(b))
	}
	if unknown {
		s.add(unknownBin)
	}
	return s
}

const (
	// wordsL2 is added to the penalty where bins have no order, since the best
	// of many subsets always looks better than it is (LightGBM's cat_l2).
	wordsL2 = 10
	// fewWords is how many people a word needs to be placed by its own mean.
	fewWords = 10
)

// searchWords sorts the words by their mean gradient and tries every prefix:
// the best subset is one of them (Fisher 1958).
func (w *grower) searchWords(l *leaf, f int) {
	cells := &l.hist[f]
	var order [maxBins]uint8
	var rank [maxBins]float64
	n := 0
	// A word that few have is drawn to the mean of the leaf.
	g, h := fewWords*l.sum.g/float64(l.sum.n), fewWords*l.sum.h/float64(l.sum.n)
	for b := range maxBins {
		if c := cells[b]; c.n > 0 {
			order[n], rank[b] = uint8(b), (c.g+g)/(c.h+h)
			n++
		}
	}
	slices.SortFunc(order[:n], func(a, b uint8) int { return cmp.Or(cmp.Compare(rank[a], rank[b]), cmp.Compare(a, b)) })
	var left cell
	var prefix set
	for i := range n - 1 {
		left.add(cells[order[i]])
		prefix.add(order[i])
		if w.try(l, f, left, w.L2+wordsL2) {
			l.best.left = prefix
		}
	}
}

// try keeps a split when it is better than the best so far.
func (w *grower) try(l *leaf, f int, left cell, l2 float64) bool {
	right := l.sum
	right.sub(left)
	if !w.fits(left) || !w.fits(right) {
		return false
	}
	// Rounding in sums of thousands must not look like a gain.
	g := gain(left, l2) + gain(right, l2) - gain(l.sum, l2)
	if g <= l.best.gain+1e-9 {
		return false
	}
	l.best.gain, l.best.feature = g, f
	return true
}
