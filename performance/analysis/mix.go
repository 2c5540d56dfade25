package analysis

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// GroupEffect is what one channel (or value of another dimension) did to a
// KPI's change. Its parts, in micros of the KPI, and those of all the other
// groups add up to the change exactly.
type GroupEffect struct {
	Group string
	// Mix is what came from more or less of the group's share, Rate from its own
	// KPI having moved, Alone from a group that has the KPI's denominator in one
	// period only, where the two cannot be told apart.
	Mix, Rate, Alone int64
	Before, After    Value // the group's own KPI
}

// Total is the group's whole contribution.
func (g GroupEffect) Total() int64 { return g.Mix + g.Rate + g.Alone }

// groupEffects divides a KPI's change over groups. With w the group's share of
// the denominator and r its own KPI, the KPI is Σ w r and its change
//
//	Σ Δw (mean r - mean R) + Σ mean w Δr
//
// (the shift-share identity; as Σ Δw is 0, the overall mean R changes nothing in
// the sum, and lets the growth of a group that is cheaper than the rest lower a
// cost). A group without a denominator in one period has no rate there: what it
// did, its amount over all the denominator included, is Alone.
func groupEffects(f *figure, before, after *sample, change int64) []GroupEffect {
	names := slices.Sorted(maps.Keys(before.groups))
	for _, name := range slices.Sorted(maps.Keys(after.groups)) {
		if _, ok := before.groups[name]; !ok {
			names = append(names, name)
		}
	}
	_, underBefore := f.parts(&before.total.Metrics, 1)
	_, underAfter := f.parts(&after.total.Metrics, 1)
	xb, _ := f.parts(&before.total.Metrics, 1)
	xa, _ := f.parts(&after.total.Metrics, 1)
	mean := (xb/underBefore + xa/underAfter) / 2
	effects := make([]GroupEffect, len(names))
	shares := make([]float64, 0, 3*len(names))
	for i, name := range names {
		b, a := before.groups[name], after.groups[name]
		effects[i] = GroupEffect{Group: name, Before: f.of(&performance.Totals{Metrics: b, Currency: before.total.Currency}),
			After: f.of(&performance.Totals{Metrics: a, Currency: before.total.Currency})}
		bx, by := f.parts(&b, 1)
		ax, ay := f.parts(&a, 1)
		wb, wa := by/underBefore, ay/underAfter
		var mix, rate, alone float64
		if by > 0 && ay > 0 {
			mix = (wa - wb) * ((bx/by+ax/ay)/2 - mean)
			rate = (wa + wb) / 2 * (ax/ay - bx/by)
		} else {
			alone = ax/underAfter - bx/underBefore - (wa-wb)*mean
		}
		shares = append(shares, mix, rate, alone)
	}
	for i := range shares {
		shares[i] *= f.scale() * float64(money.Unit)
	}
	fill(effects, shares, change)
	slices.SortStableFunc(effects, func(x, y GroupEffect) int {
		return cmp.Compare(math.Abs(float64(y.Total())), math.Abs(float64(x.Total())))
	})
	return effects
}

// fill places the shares; one that is zero stays zero.
func fill(effects []GroupEffect, shares []float64, change int64) {
	var moved []float64
	var to []*int64
	for i := range effects {
		for k, p := range []*int64{&effects[i].Mix, &effects[i].Rate, &effects[i].Alone} {
			if s := shares[3*i+k]; s != 0 {
				moved, to = append(moved, s), append(to, p)
			}
		}
	}
	for i, c := range place(change, moved) {
		*to[i] = c
	}
}
