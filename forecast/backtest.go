package forecast

import "math"

// Backtest is how the same combination would have done in the past: at each
// origin it knew only what came before, and its weights came from the other
// origins.
type Backtest struct {
	SMAPE   float64 `json:"smape"` // percent, 0 to 200
	MASE    float64 `json:"mase"`  // below 1: better than repeating the last season
	OWA     float64 `json:"owa"`   // below 1: better than Naive2
	MAE     float64 `json:"mae"`   // in the units of the series
	Origins int     `json:"origins"`
	Horizon int     `json:"horizon"` // steps judged at each origin
}

// How many origins a rehearsal has at most, which bounds its time. With a
// season they lie whole seasons apart and eight see every weekday of hourly
// values; without one they overlap, and more of them are needed to tell luck.
// A method joins when it can play at fewOrigins of them.
const (
	plainOrigins    = 14
	seasonalOrigins = 8
	fewOrigins      = 4
)

// trial is the record of a rehearsal.
type trial struct {
	acts    []act
	season  int
	horizon int
	scale   float64 // of MASE, over the whole series
	usable  []bool  // per method: it had enough history at every origin
}

// act is one origin: what came, what each method had said, and its errors.
type act struct {
	actual []float64 // NaN where the series has a gap
	paths  [][]float64
	naive2 []float64
	smape  []float64
	mae    []float64
	blend  []float64 // the combination, weighted by the other acts
}

// rehearse lets every method forecast from several moments of the
// past. y is the prepared series, the end of which lies `trailing` before the
// end of raw; errors count only where raw has a value.
func rehearse(raw, y []float64, trailing int, methods []method, season int, opts Options) trial {
	actual := raw[len(raw)-trailing-len(y) : len(raw)-trailing]
	horizon := max(1, min(opts.Horizon, len(y)/3))
	t := trial{season: season, horizon: horizon, scale: Scale(y, min(season, max(1, len(y)-1)))}
	origins := playable(originsFor(len(y), horizon, season), methods)
	t.usable = usable(methods, y, origins)
	for _, origin := range origins {
		a := act{actual: actual[origin : origin+horizon], naive2: Naive2(y[:origin], season, horizon)}
		for i, m := range methods {
			path := a.naive2
			if t.usable[i] {
				path = run(m, y[:origin], horizon)
			}
			a.paths = append(a.paths, path)
			a.smape = append(a.smape, SMAPE(a.actual, path))
			a.mae = append(a.mae, MAE(a.actual, path))
		}
		if !math.IsNaN(a.mae[0]) {
			t.acts = append(t.acts, a)
		}
	}
	for k := range t.acts {
		t.acts[k].blend = t.blended(k)
	}
	return t
}

// originsFor places the origins whole seasons before the end, so that step i
// of every act has the phase of step i of the forecast to come.
func originsFor(n, horizon, season int) []int {
	step, most := season, seasonalOrigins
	if season == 1 {
		step, most = max(1, horizon/2), plainOrigins
	}
	least := max(min(2*season+1, n-horizon), n/3, 3)
	var origins []int
	for origin := n - horizon; origin >= least && len(origins) < most; origin -= step {
		origins = append(origins, origin)
	}
	return origins
}

// playable leaves out the earliest origins when they alone would shut out a
// method that needs a long history.
func playable(origins []int, methods []method) []int {
	if len(origins) <= fewOrigins {
		return origins
	}
	need := 0
	for _, m := range methods {
		if m.needs <= origins[fewOrigins-1] {
			need = max(need, m.needs)
		}
	}
	for origins[len(origins)-1] < need {
		origins = origins[:len(origins)-1]
	}
	return origins
}

// usable methods have the history they need at the earliest origin; without
// any rehearsal, now.
func usable(methods []method, y []float64, origins []int) []bool {
	known := len(y)
	if len(origins) > 0 {
		known = origins[len(origins)-1]
	}
	out := make([]bool, len(methods))
	for i, m := range methods {
		out[i] = known >= m.needs
	}
	return out
}

// summary judges the combination act by act, each with the weights that the
// other acts would have given.
func (t *trial) summary() Backtest {
	b := Backtest{Origins: len(t.acts), Horizon: t.horizon}
	if len(t.acts) == 0 {
		return b
	}
	var naiveSMAPE, naiveMAE float64
	for _, a := range t.acts {
		path := a.blend
		b.SMAPE += SMAPE(a.actual, path) / float64(len(t.acts))
		b.MAE += MAE(a.actual, path) / float64(len(t.acts))
		naiveSMAPE += SMAPE(a.actual, a.naive2) / float64(len(t.acts))
		naiveMAE += MAE(a.actual, a.naive2) / float64(len(t.acts))
	}
	b.MASE = ratio(b.MAE, t.scale)
	b.OWA = (ratio(b.SMAPE, naiveSMAPE) + ratio(b.MAE, naiveMAE)) / 2
	return b
}

// blended is what the combination would have said at act k.
func (t *trial) blended(k int) []float64 {
	except := k
	if len(t.acts) == 1 {
		except = -1
	}
	return blend(t.acts[k].paths, t.weights(except), t.horizon)
}

// worthless is the ratio of any error to none: large, and still a number.
const worthless = 100

// ratio of an error to another: two perfect methods are equal.
func ratio(a, b float64) float64 {
	switch {
	case a == 0 && (b == 0 || math.IsNaN(b)):
		return 1
	case b == 0 || math.IsNaN(b) || a > worthless*b:
		return worthless
	}
	return a / b
}
