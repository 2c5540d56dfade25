package response

import (
	"math"
	"strconv"

	"github.com/hexabuilders/campaignd/fault"
)

var (
	ErrShort = fault.New(fault.Invalid, "history_too_short",
		"There are too few periods to learn a response from.", "Give more periods: at least 14, and 4 for each channel.")
	ErrNoVariation = fault.New(fault.Invalid, "spend_never_varied",
		"The spend of no channel varied, so the periods do not tell what another spend would bring.", "Give periods in which the spends differ.")
	ErrNoResult = fault.New(fault.Invalid, "no_results",
		"No period has a result.", "Give the result that the spend is to bring in the last column.")
	ErrBeyond = fault.New(fault.Invalid, "beyond_observed",
		"This is far more than was ever spent, and nothing tells what it would bring.", "Ask for at most what is named, and for more once that has been seen.")
)

// What a fit needs, and how much it takes.
const (
	LeastPeriods    = 14
	leastPerChannel = 4
	MaxChannels     = 50
	MaxPeriods      = 20_000
	leastVariation  = 0.03 // deviation over mean, of the channel that varies most
)

// History is what was spent and what came of it, period after period, oldest
// first and without gaps.
type History struct {
	Channels []string
	Spend    [][]float64 // by channel and period, in units of money, not negative
	Result   []float64   // by period, in any unit; NaN where it is not known
}

// Check says why nothing can be learned from h, or nil.
func (h History) Check() error {
	if len(h.Channels) == 0 || len(h.Channels) > MaxChannels || len(h.Spend) != len(h.Channels) {
		return wrong("channels", "out_of_range", "There must be at least one channel, each with its spend.", "1 to "+strconv.Itoa(MaxChannels))
	}
	n, known, sum := len(h.Result), 0, 0.0
	for _, y := range h.Result {
		if !math.IsNaN(y) {
			known, sum = known+1, sum+y
		}
		if math.IsInf(y, 0) || y < 0 {
			return wrong("result", "out_of_range", "A result is a finite amount, not below zero.", "0 or more")
		}
	}
	if need := max(LeastPeriods, leastPerChannel*len(h.Channels)); known < need {
		return ErrShort.With("%d periods have a result; %d are needed for %d channels.", known, need, len(h.Channels))
	}
	if n > MaxPeriods {
		return wrong("periods", "out_of_range", "There are too many periods.", "at most "+strconv.Itoa(MaxPeriods))
	}
	if sum == 0 {
		return ErrNoResult
	}
	return h.checkSpend(n)
}

func (h History) checkSpend(n int) error {
	varied := 0.0
	for c, spend := range h.Spend {
		if len(spend) != n {
			return wrong("spend", "out_of_range", "Every channel needs a spend for every period.", strconv.Itoa(n)+" amounts")
		}
		for _, x := range spend {
			if !(x >= 0) || math.IsInf(x, 0) {
				return wrong("spend."+h.Channels[c], "out_of_range", "A spend is a finite amount, not below zero.", "0 or more")
			}
		}
		if mean, deviation := moments(spend); mean > 0 {
			varied = max(varied, deviation/mean)
		}
	}
	if varied < leastVariation {
		return ErrNoVariation
	}
	return nil
}

func wrong(path, code, detail, allowed string) error {
	var fields fault.Fields
	fields.Add(path, code, detail, allowed)
	return fields.Err()
}

func moments(values []float64) (mean, deviation float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		deviation += (v - mean) * (v - mean) / n
	}
	return mean, math.Sqrt(deviation)
}
