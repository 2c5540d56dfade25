package allocate

import (
	"math"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// ErrBounds refuses a total that the bounds leave no division for.
var ErrBounds = fault.New(fault.Invalid, "bounds_exclude_total",
	"No division of the total lies within the bounds.", "Ask for a total between what is named, or widen the bounds.")

// ErrNotFinite refuses to divide by a curve that is broken.
var ErrNotFinite = fault.New(fault.Invalid, "model_not_finite",
	"The model answers with something that is not a finite number, so nothing is divided.", "Check the periods that it has learned from.")

// Part is something that money can be given to. Amounts are micros.
type Part struct {
	Name    string
	Result  func(micros int64) float64 // what an amount brings; finite
	Floor   int64
	Ceiling int64
}

// Limits are what a partner or a plan allows of a division.
type Limits struct {
	Floor, Ceiling        int64   // of each part; a ceiling of 0 is none
	LeastShare, MostShare float64 // of the total, 0 to 1; a most of 0 is none
	Step                  float64 // of what a part has now, 0 to 1; 0 is without limit
}

// Bound is the range of a part that has now an amount of a total.
func (l Limits) Bound(now, total int64) (floor, ceiling int64) {
	floor, ceiling = l.Floor, total
	if l.Ceiling > 0 {
		ceiling = min(ceiling, l.Ceiling)
	}
	floor = max(floor, int64(math.Ceil(l.LeastShare*float64(total))))
	if l.MostShare > 0 {
		ceiling = min(ceiling, int64(l.MostShare*float64(total)))
	}
	if l.Step > 0 {
		step := int64(l.Step * float64(now))
		// A part outside its bounds comes back to them step by step.
		floor = min(max(floor, now-step), now+step)
		ceiling = max(min(ceiling, now+step), now-step)
	}
	return max(0, floor), max(0, ceiling)
}

// grid is into how many steps the total is cut at first.
const grid = 400

// finest is the smallest amount that is moved: a hundredth of a unit.
const finest = money.Unit / 100

// Divide gives each part its amount. The error is ErrBounds.
func Divide(total int64, parts []Part) ([]int64, error) {
	least, most := int64(0), int64(0)
	for _, p := range parts {
		if p.Floor > p.Ceiling {
			return nil, ErrBounds.With("The floor of %q is above its ceiling.", p.Name)
		}
		least += p.Floor
		most += min(p.Ceiling, math.MaxInt64/int64(2*len(parts)))
	}
	if total < least || total > most || len(parts) == 0 {
		return nil, ErrBounds.With("The bounds allow from %s to %s in all.", money.FormatMicros(least), money.FormatMicros(most)).
			WithExtra("least", money.FormatMicros(least)).WithExtra("most", money.FormatMicros(most))
	}
	step := max(1, (total-least)/grid)
	start, err := onGrid(total-least, step, parts)
	if err != nil {
		return nil, err
	}
	d := division{parts: parts, amounts: start, left: total - least}
	for i, p := range parts {
		d.left -= d.amounts[i]
		d.amounts[i] += p.Floor
	}
	for ; step >= min(finest, max(1, total/1_000_000)); step /= 2 {
		d.spread(step)
		d.balance(step)
	}
	d.spread(1)
	return d.amounts, nil
}

// onGrid is the best division in whole steps above the floors, by dynamic
// programming over the parts: best[k] is the most that the parts so far bring
// with k steps.
func onGrid(free, step int64, parts []Part) ([]int64, error) {
	n := int(free / step)
	best := make([]float64, n+1)
	choice := make([][]int32, len(parts))
	for i, p := range parts {
		room := int(min(int64(n), (p.Ceiling-p.Floor)/step))
		results := make([]float64, room+1)
		for k := range results {
			results[k] = p.Result(p.Floor + int64(k)*step)
			if math.IsNaN(results[k]) || math.IsInf(results[k], 0) {
				return nil, ErrNotFinite.With("The curve of %q has no finite value at %s.", p.Name, money.FormatMicros(p.Floor+int64(k)*step))
			}
		}
		next := make([]float64, n+1)
		choice[i] = make([]int32, n+1)
		for k := range next {
			next[k] = math.Inf(-1)
			for take := range min(k, room) + 1 {
				if v := best[k-take] + results[take]; v > next[k] {
					next[k], choice[i][k] = v, int32(take)
				}
			}
		}
		best = next
	}
	amounts, left := make([]int64, len(parts)), n
	for i := len(parts) - 1; i >= 0; i-- {
		take := int(choice[i][left])
		amounts[i] = int64(take) * step
		left -= take
	}
	return amounts, nil
}

// division is on its way: what the parts have, and what is not given yet.
type division struct {
	parts   []Part
	amounts []int64
	left    int64
}

// spread gives what is left to where the next step brings most.
func (d *division) spread(step int64) {
	for d.left > 0 {
		to, _ := d.best(step)
		if to < 0 {
			return
		}
		amount := min(step, d.left)
		if step == 1 { // the rest, too small to matter to whom
			amount = min(d.left, d.parts[to].Ceiling-d.amounts[to])
		}
		if d.amounts[to]+amount > d.parts[to].Ceiling {
			return
		}
		d.amounts[to] += amount
		d.left -= amount
	}
}

// balance moves steps from where they bring least to where they bring most,
// until nothing is gained.
func (d *division) balance(step int64) {
	for range 4 * grid {
		to, gain := d.best(step)
		from, loss := d.worst(step, to)
		if to < 0 || from < 0 || !(gain > loss) {
			return
		}
		d.amounts[from] -= step
		d.amounts[to] += step
	}
}

// best is the part that gains most by a step, -1 when none has room.
func (d *division) best(step int64) (part int, gain float64) {
	part, gain = -1, math.Inf(-1)
	for i, p := range d.parts {
		if d.amounts[i]+step > p.Ceiling {
			continue
		}
		if g := p.Result(d.amounts[i]+step) - p.Result(d.amounts[i]); g > gain {
			part, gain = i, g
		}
	}
	return part, gain
}

// worst is the part that loses least by a step.
func (d *division) worst(step int64, but int) (part int, loss float64) {
	part, loss = -1, math.Inf(1)
	for i, p := range d.parts {
		if i == but || d.amounts[i]-step < p.Floor {
			continue
		}
		if l := p.Result(d.amounts[i]) - p.Result(d.amounts[i]-step); l < loss {
			part, loss = i, l
		}
	}
	return part, loss
}
