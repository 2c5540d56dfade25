package forecast

import "math"

// method is one way to continue a series. It is given at least `needs` values,
// and may return anything that is not finite: run keeps it in bounds.
type method struct {
	name  string
	needs int
	next  func(y []float64, h int) []float64
}

// methodsFor lists who competes for a series: the order is fixed, so that ties
// are settled the same way every time.
func methodsFor(y []float64, season, cycle int) []method {
	methods := []method{{"naive", 1, Naive}}
	if season > 1 {
		methods = append(methods, seasonalMethods(y, season)...)
	} else {
		methods = append(methods, plainMethods()...)
	}
	if cycle > 0 {
		methods = append(methods, cycleMethods(y, season, cycle)...)
	}
	return methods
}

func plainMethods() []method {
	return []method{
		{"ses", 4, ses},
		{"holt", 6, holt},
		{"damped", 6, damped},
		{"theta", 4, theta},
		{"dynamic_theta", 6, dynamicOptimisedTheta},
		{"drift", 2, drift},
		{"autoregression", 40, func(y []float64, h int) []float64 { return recursive(y, 1, 0, h) }},
		{"direct_regression", 50, func(y []float64, h int) []float64 { return direct(y, 1, 0, h) }},
	}
}

func seasonalMethods(y []float64, m int) []method {
	methods := []method{
		{"seasonal_naive", m, func(y []float64, h int) []float64 { return SeasonalNaive(y, m, h) }},
		{"theta", 2*m + 1, func(y []float64, h int) []float64 { return overNaive2(y, m, h, theta) }},
		{"season_ar", 4 * m, func(y []float64, h int) []float64 { return singleSeasonal(y, m, h) }},
		{"autoregression", 6*m + 20, func(y []float64, h int) []float64 { return recursive(y, m, 0, h) }},
		{"direct_regression", 8 * m, func(y []float64, h int) []float64 { return direct(y, m, 0, h) }},
		{"profile", 2 * m, func(y []float64, h int) []float64 { return profile(y, m, m, h) }},
	}
	if positive(y) {
		methods = append(methods,
			method{"log_direct_regression", 8 * m, inLogs(func(y []float64, h int) []float64 { return direct(y, m, 0, h) })})
	}
	if m < longSeason {
		methods = append(methods, shortSeasonMethods(y, m)...)
	}
	return methods
}

// longSeason is from where on Holt-Winters has too many figures to move and
// never earned a weight, while it took a third of the time.
const longSeason = 24

func shortSeasonMethods(y []float64, m int) []method {
	methods := []method{
		{"damped_additive", 2*m + 1, func(y []float64, h int) []float64 { return withoutSeason(y, m, h, damped) }},
		{"ets_additive", 2*m + 1, func(y []float64, h int) []float64 { return seasonalSmoothing(y, m, h, false) }},
	}
	if positive(y) {
		methods = append(methods, method{"ets_multiplicative", 2*m + 1,
			func(y []float64, h int) []float64 { return seasonalSmoothing(y, m, h, true) }})
	}
	return methods
}

func cycleMethods(y []float64, m, c int) []method {
	twice := 2*c + 2*m
	regression := func(y []float64, h int) []float64 { return direct(y, m, c, h) }
	methods := []method{
		{"cycle_naive", c, func(y []float64, h int) []float64 { return SeasonalNaive(y, c, h) }},
		{"cycle_regression", twice + 60, regression},
		{"cycle_autoregression", twice + 60, func(y []float64, h int) []float64 { return recursive(y, m, c, h) }},
	}
	if m == 1 {
		return append(methods, method{"cycle_damped", 2*c + 1,
			func(y []float64, h int) []float64 { return withoutSeason(y, c, h, damped) }})
	}
	near := func(y []float64, h int) []float64 { return doubleSeasonal(y, m, c, h, (*doubleSeason).squared) }
	far := func(y []float64, h int) []float64 { return doubleSeasonal(y, m, c, h, (*doubleSeason).distant) }
	methods = append(methods,
		method{"cycle_profile", 2 * c, func(y []float64, h int) []float64 { return profile(y, m, c, h) }},
		method{"double_season", twice, far})
	if positive(y) {
		methods = append(methods,
			method{"log_double_season", twice, inLogs(far)},
			method{"log_double_season_near", twice, inLogs(near)},
			method{"log_cycle_regression", twice + 60, inLogs(regression)})
	}
	return methods
}

// positive series are those whose logarithm tells something: no zeros, and no
// value a thousandth of the mean that would outweigh all others.
func positive(y []float64) bool {
	low, _ := extremes(y)
	return low > 0 && low > mean(y)/1000
}

// inLogs runs a method on the logarithms: seasons that multiply then add.
func inLogs(inner func([]float64, int) []float64) func([]float64, int) []float64 {
	return func(y []float64, h int) []float64 {
		logs := make([]float64, len(y))
		for t, v := range y {
			logs[t] = math.Log(v)
		}
		path := inner(logs, h)
		for i := range path {
			path[i] = math.Exp(path[i])
		}
		return path
	}
}

// overNaive2 runs a method on the series without its multiplicative season, as
// the M4 benchmarks do.
func overNaive2(y []float64, season, h int, inner func([]float64, int) []float64) []float64 {
	flat, figures := deseasonalise(y, season)
	return reseasonalise(inner(flat, h), figures, len(y))
}

// run calls a method and keeps what it says near what was ever seen: a path
// that is not finite, or leaves the range of the series by more than three
// times that range, is a method that broke, and the naive one answers instead.
func run(m method, y []float64, h int) []float64 {
	if len(y) < m.needs {
		return Naive(y, h)
	}
	path := m.next(y, h)
	low, high := extremes(y)
	room := 3*(high-low) + 1e-12*math.Max(math.Abs(low), math.Abs(high))
	for _, v := range path {
		if !(v >= low-room && v <= high+room) {
			return Naive(y, h)
		}
	}
	return path
}

// cycleOf finds the longer season: the one asked for when the history holds it
// twice, or else the week of hours and the year of weeks when they show.
func cycleOf(y []float64, season, asked int) int {
	switch {
	case asked < 0 || asked > 0 && len(y) < 2*asked+season:
		return 0
	case asked > 0:
		return asked
	}
	candidates := map[int][]int{1: {52, 12, 7}, 24: {168}, 48: {336}, 7: {364}}[season]
	for _, c := range candidates {
		if season > 1 && len(y) >= 2*c+2*season || season == 1 && len(y) >= 3*c+13 && c > 0 && Seasonal(changes(y), c) {
			return c
		}
	}
	return 0
}

// changes are the first differences, in which a trend does not pass for a season.
func changes(y []float64) []float64 {
	out := make([]float64, len(y)-1)
	for t := range out {
		out[t] = y[t+1] - y[t]
	}
	return out
}
