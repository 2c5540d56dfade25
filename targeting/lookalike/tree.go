package lookalike

import "math"

// set holds bins: the ones that go left at a split.
type set [maxBins / 64]uint64

func (s *set) add(bin uint8)      { s[bin>>6] |= 1 << (bin & 63) }
func (s *set) has(bin uint8) bool { return s[bin>>6]>>(bin&63)&1 == 1 }

// node is a split, or a leaf when it has no feature.
type node struct {
	feature     int32 // -1: a leaf
	left, right int32
	goesLeft    set
	value       float64 // of a leaf: what it adds to the score
}

type tree []node

// leafOf is the value of the leaf in which a row of bins ends.
func (t tree) leafOf(bins [][]uint8, row int32) float64 {
	n := &t[0]
	for n.feature >= 0 {
		if n.goesLeft.has(bins[n.feature][row]) {
			n = &t[n.left]
		} else {
			n = &t[n.right]
		}
	}
	return n.value
}

// cell is what the people of a node in one bin add up to: the first and second
// derivative of the loss, and how many they are.
type cell struct {
	g, h float64
	n    int32
}

func (c *cell) add(o cell) { c.g, c.h, c.n = c.g+o.g, c.h+o.h, c.n+o.n }
func (c *cell) sub(o cell) { c.g, c.h, c.n = c.g-o.g, c.h-o.h, c.n-o.n }

// histogram has a cell for each bin of each feature.
type histogram [][maxBins]cell

// leaf is a node that may still be split.
type leaf struct {
	node     int32
	from, to int // its part of grower.rows
	sum      cell
	hist     histogram
	best     split
}

// grower grows trees over the same people. It keeps its memory between trees
// and is used by one goroutine.
type grower struct {
	shape
	bins     [][]uint8
	words    []bool // by feature: its bins have no order
	rows     []int32
	spare    []int32
	gs, hs   []float64 // gradients in the order of a leaf's rows
	features []int     // that this tree may split on
	free     []histogram
	tree     tree
	leaves   []leaf
}

// shape bounds a tree.
type shape struct {
	Leaves  int     // at most
	MinRows int     // people in a leaf, at least
	L2      float64 // penalty on the values of leaves
}

// grow fits a tree to the gradients g and curvatures h of the people in rows,
// and calls put with the value of each of them.
func (w *grower) grow(rows []int32, g, h []float64, rate float64, put func(row int32, value float64)) tree {
	w.rows = append(w.rows[:0], rows...)
	w.tree, w.leaves = make(tree, 1, 2*w.Leaves), w.leaves[:0]
	w.tree[0].feature = -1
	root := leaf{to: len(rows), hist: w.take()}
	w.fill(&root, g, h)
	w.search(&root)
	w.leaves = append(w.leaves, root)
	for len(w.leaves) < w.Leaves {
		best := 0
		for i := range w.leaves {
			if w.leaves[i].best.gain > w.leaves[best].best.gain {
				best = i
			}
		}
		if w.leaves[best].best.gain <= 0 {
			break
		}
		w.split(best, g, h)
	}
	for i := range w.leaves {
		l := &w.leaves[i]
		value := -rate * l.sum.g / (l.sum.h + w.L2)
		w.tree[l.node].value = value
		for _, row := range w.rows[l.from:l.to] {
			put(row, value)
		}
		w.free = append(w.free, l.hist)
	}
	return w.tree
}

// take returns a histogram of zeros.
func (w *grower) take() histogram {
	if n := len(w.free); n > 0 {
		h := w.free[n-1]
		w.free = w.free[:n-1]
		clear(h)
		return h
	}
	return make(histogram, len(w.bins))
}

// fill adds up a leaf's people.
func (w *grower) fill(l *leaf, g, h []float64) {
	rows := w.rows[l.from:l.to]
	w.gs, w.hs = w.gs[:0], w.hs[:0]
	l.sum = cell{n: int32(len(rows))}
	for _, row := range rows {
		w.gs, w.hs = append(w.gs, g[row]), append(w.hs, h[row])
		l.sum.g += g[row]
		l.sum.h += h[row]
	}
	for _, f := range w.features {
		bins, cells := w.bins[f], &l.hist[f]
		for i, row := range rows {
			c := &cells[bins[row]]
			c.g += w.gs[i]
			c.h += w.hs[i]
			c.n++
		}
	}
}

// split divides the leaf at place i. Only the smaller side is added up; the
// other is what remains of the parent.
func (w *grower) split(i int, g, h []float64) {
	parent := w.leaves[i]
	s := &parent.best
	at := int32(len(w.tree))
	n := &w.tree[parent.node]
	n.feature, n.goesLeft, n.left, n.right = int32(s.feature), s.left, at, at+1
	w.tree = append(w.tree, node{feature: -1}, node{feature: -1})
	middle := w.partition(parent.from, parent.to, w.bins[s.feature], &s.left)
	left := leaf{node: at, from: parent.from, to: middle}
	right := leaf{node: at + 1, from: middle, to: parent.to}
	small, large := &left, &right
	if left.to-left.from > right.to-right.from {
		small, large = large, small
	}
	small.hist, large.hist = w.take(), parent.hist
	w.fill(small, g, h)
	large.sum = parent.sum
	large.sum.sub(small.sum)
	for _, f := range w.features {
		for b := range large.hist[f] {
			large.hist[f][b].sub(small.hist[f][b])
		}
	}
	w.search(small)
	w.search(large)
	w.leaves[i] = left
	w.leaves = append(w.leaves, right)
}

// partition puts the rows that go left first, each side in its old order, so
// that memory is walked forwards, and returns where the right side begins.
func (w *grower) partition(from, to int, bins []uint8, left *set) int {
	w.spare = w.spare[:0]
	at := from
	for _, row := range w.rows[from:to] {
		if left.has(bins[row]) {
			w.rows[at] = row
			at++
		} else {
			w.spare = append(w.spare, row)
		}
	}
	copy(w.rows[at:to], w.spare)
	return at
}

// gain is how much a node with this sum lowers the loss (Chen and Guestrin
// 2016, equation 6, without the half).
func gain(c cell, l2 float64) float64 { return c.g * c.g / (c.h + l2) }

// minCurvature keeps a leaf of people who are all certain from a value without
// bound.
const minCurvature = 1e-3

func (w *grower) fits(c cell) bool {
	return int(c.n) >= w.MinRows && c.h >= minCurvature && !math.IsNaN(c.g)
}
