package cluster

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/hexabuilders/campaignd/fault"
)

var (
	ErrTooFew = fault.New(fault.Invalid, "too_few_people",
		"There are too few people to learn from.", "Give more people of the group and of the rest.")
	ErrNothing = fault.New(fault.Invalid, "nothing_to_learn",
		"No column tells people apart.", "Give columns whose values differ between people and repeat among them.")
)

// Limits and thresholds.
const (
	MinPeople = 50
	MinK      = 2
	MaxK      = 12
	// Stable is the mean Jaccard similarity from which on a cluster is found again
	// (Hennig 2007 calls 0.75 valid and under 0.6 not to be trusted).
	Stable = 0.75
	// MinShare is how large a cluster has to be, as a share of the people.
	MinShare = 0.02

	chosenOn  = 6000 // people that k is chosen on
	comparedN = 1200 // of them that silhouettes are measured on
	resamples = 8
)

// Options say what is looked for.
type Options struct {
	Seed     uint64
	Min, Max int                // clusters; 0 is MinK and 8
	Progress func(done, of int) // may be nil
}

// Candidate is a number of clusters that was tried.
type Candidate struct {
	K          int     `json:"k"`
	Silhouette float64 `json:"silhouette" doc:"Mean silhouette, -1 to 1; the higher, the clearer."`
	Stability  float64 `json:"stability" doc:"Mean Jaccard similarity with which its least stable cluster is found again in resamples, 0 to 1."`
	Smallest   float64 `json:"smallest" doc:"Share of its smallest cluster."`
	Chosen     bool    `json:"chosen"`
}

// Result is who belongs together.
type Result struct {
	Model      Model
	Of         []int // by person: a place in Clusters
	Clusters   []Cluster
	Candidates []Candidate
	// ByChance is the silhouette that shuffled columns reach with as many
	// clusters; Structured is false unless the real one is clearly higher.
	ByChance   float64
	Structured bool
	Stable     bool // every cluster is found again in resamples
	Criterion  string
}

// Criterion is how k is chosen, in a sentence.
const Criterion = "The highest mean silhouette among the numbers of clusters of which every cluster is found again in resamples " +
	"(mean Jaccard similarity of 0.75 or more) and has at least 2 % of the people."

// Find divides people. The errors are ErrTooFew and ErrNothing.
func Find(ctx context.Context, columns []Column, people int, o Options) (Result, error) {
	if people < MinPeople {
		return Result{}, ErrTooFew.With("There are %d people; %d are needed to find clusters.", people, MinPeople).WithExtra("minimum", MinPeople)
	}
	o.Min, o.Max = cmp.Or(o.Min, MinK), cmp.Or(o.Max, 8)
	random := rand.New(rand.NewPCG(o.Seed, 7))
	rows := draw(people, chosenOn, random)
	axes := fit(columns, rows)
	if len(axes) == 0 {
		return Result{}, ErrNothing
	}
	s := search{points: encode(columns, axes, rows), random: random}
	s.compared = draw(s.points.n, comparedN, random)
	r := Result{Criterion: Criterion}
	best, centres := -1, points{}
	for k := o.Min; k <= o.Max; k++ {
		if err := ctx.Err(); err != nil {
			return Result{}, err
		}
		c, found := s.try(k)
		r.Candidates = append(r.Candidates, c)
		if best < 0 || c.better(r.Candidates[best]) {
			best, centres = len(r.Candidates)-1, found
		}
		if o.Progress != nil {
			o.Progress(k-o.Min+1, o.Max-o.Min+2)
		}
	}
	chosen := &r.Candidates[best]
	chosen.Chosen = true
	r.ByChance = s.byChance(chosen.K, axes)
	r.Structured = chosen.Silhouette > r.ByChance+minStructure
	r.Stable = chosen.Stability >= Stable
	r.Model = newModel(axes, centres)
	r.Of = r.Model.Assign(columns, people)
	r.Clusters = profile(columns, r.Of, chosen.K)
	r.bySize()
	return r, nil
}

// Model tells to which cluster somebody belongs.
type Model struct {
	Axes    []Axis      `json:"axes"`
	Centres [][]float64 `json:"centres"` // by cluster
}

func newModel(axes []Axis, c points) Model {
	m := Model{Axes: axes}
	for k := range c.n {
		m.Centres = append(m.Centres, slices.Clone(c.of(k)))
	}
	return m
}

// Assign is the cluster of each person. Columns are found by their names; one
// that is missing says nothing.
func (m Model) Assign(columns []Column, people int) []int {
	p := encode(columns, m.Axes, everyRow(people))
	return sides(p, points{n: len(m.Centres), d: p.d, at: slices.Concat(m.Centres...)})
}

// minStructure is how much higher a silhouette has to be than by chance.
const minStructure = 0.05

// shuffles are taken to see how clear clusters look by chance; the clearest
// counts.
const shuffles = 5

func (c Candidate) sound() bool { return c.Stability >= Stable && c.Smallest >= MinShare }

// better prefers what is sound, then what is clearer.
func (c Candidate) better(than Candidate) bool {
	if c.sound() != than.sound() {
		return c.sound()
	}
	return c.Silhouette > than.Silhouette
}

// search tries numbers of clusters on the same people.
type search struct {
	points   points
	compared []int
	random   *rand.Rand
}

func (s *search) try(k int) (Candidate, points) {
	centres := kmeans(s.points, k, starts, s.random)
	of := sides(s.points, centres)
	counts := make([]float64, k)
	for _, at := range of {
		counts[at]++
	}
	c := Candidate{K: k, Silhouette: s.silhouette(s.points, of, k), Stability: s.stability(of, k)}
	c.Smallest = slices.Min(counts) / float64(len(of))
	return c, centres
}

func (s *search) silhouette(p points, of []int, k int) float64 {
	some := make([]int, len(s.compared))
	for i, at := range s.compared {
		some[i] = of[at]
	}
	return silhouette(p.pick(s.compared), some, k)
}

// stability clusters resamples and returns how well the least stable of the
// clusters is found again, on average.
func (s *search) stability(of []int, k int) float64 {
	found := make([]float64, k)
	for range resamples {
		rows := make([]int, s.points.n)
		for i := range rows {
			rows[i] = s.random.IntN(s.points.n)
		}
		sample := s.points.pick(rows)
		other := sides(sample, kmeans(sample, k, 2, s.random))
		again := make([]int, len(rows))
		for i, row := range rows {
			again[i] = of[row]
		}
		for at, similar := range jaccard(again, other, k) {
			found[at] += similar / resamples
		}
	}
	return slices.Min(found)
}

// jaccard is, for each cluster of the first division, its similarity to the one
// most like it in the second.
func jaccard(a, b []int, k int) []float64 {
	both := make([][]float64, k)
	inA, inB := make([]float64, k), make([]float64, k)
	for i := range both {
		both[i] = make([]float64, k)
	}
	for i := range a {
		both[a[i]][b[i]]++
		inA[a[i]]++
		inB[b[i]]++
	}
	best := make([]float64, k)
	for i := range best {
		for j := range k {
			if union := inA[i] + inB[j] - both[i][j]; union > 0 {
				best[i] = max(best[i], both[i][j]/union)
			}
		}
	}
	return best
}

// byChance is the highest silhouette of columns that were shuffled apart from
// each other.
func (s *search) byChance(k int, axes []Axis) float64 {
	highest := -1.0
	p := points{n: s.points.n, d: s.points.d, at: slices.Clone(s.points.at)}
	for range shuffles {
		from := 0
		for _, a := range axes {
			s.shuffle(p, from, from+max(1, len(a.Words)))
			from += max(1, len(a.Words))
		}
		highest = max(highest, s.silhouette(p, sides(p, kmeans(p, k, starts, s.random)), k))
	}
	return highest
}

// shuffle exchanges the coordinates of one column among the points.
func (s *search) shuffle(p points, from, to int) {
	s.random.Shuffle(p.n, func(i, j int) {
		x, y := p.of(i)[from:to], p.of(j)[from:to]
		for d := range x {
			x[d], y[d] = y[d], x[d]
		}
	})
}

// bySize numbers the clusters by how many they are.
func (r *Result) bySize() {
	order := make([]int, len(r.Clusters))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(r.Clusters[b].People, r.Clusters[a].People) })
	place := make([]int, len(order))
	sorted := make([]Cluster, len(order))
	for to, from := range order {
		place[from], sorted[to] = to, r.Clusters[from]
	}
	r.Clusters = sorted
	centres := make([][]float64, len(order))
	for to, from := range order {
		centres[to] = r.Model.Centres[from]
	}
	r.Model.Centres = centres
	for i, at := range r.Of {
		r.Of[i] = place[at]
	}
}

// draw is up to n of the rows, in order.
func draw(rows, n int, random *rand.Rand) []int {
	if rows <= n {
		return everyRow(rows)
	}
	some := random.Perm(rows)[:n]
	slices.Sort(some)
	return some
}

func everyRow(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// finite is v, or 0 when it is no number.
func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}
