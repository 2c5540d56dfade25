package mix

import (
	"fmt"
	"io"
	"math"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization/allocate"
	"github.com/hexabuilders/campaignd/optimization/response"
)

// ErrTotal refuses to divide nothing.
var ErrTotal = fault.New(fault.Invalid, "invalid_total", "There is nothing to divide.", "Give a total of more than 0.")

// Recommendation is how to divide a total among channels in each period.
type Recommendation struct {
	Split    map[string]Amount `json:"split"`
	Expected float64           `json:"expected"` // result of a period, with what comes without spend
	Interval [2]float64        `json:"interval"` // 80 %, of the expectation
	// Gain is beside a division in the proportions of the history.
	Gain     response.Band `json:"gain"`
	Channels []Recommended `json:"channels"`
	Periods  int           `json:"periods"`
	Total    Amount        `json:"total"`
}

// Recommended is why a channel gets what it gets.
type Recommended struct {
	Channel  string         `json:"channel"`
	Amount   Amount         `json:"amount"`
	Usual    float64        `json:"usual"`     // mean spend of a period until now
	NextCost *float64       `json:"next_cost"` // of one result more, at the amount; null: none is expected
	Curve    response.Shape `json:"curve"`
}

// Amount is money in micros, shown as a decimal number.
type Amount int64

// MarshalJSON implements json.Marshaler: an exact decimal number.
func (a Amount) MarshalJSON() ([]byte, error) { return []byte(money.FormatMicros(int64(a))), nil }

// Recommend fits the history and divides the total of a period. The errors are
// those of response.Fit and allocate.Divide: a total beyond what the curves
// answer for is refused.
func Recommend(f File, total, seed int64) (*Recommendation, error) {
	if total <= 0 {
		return nil, ErrTotal
	}
	model, err := response.Fit(f.History, response.Options{Seed: uint64(seed), Carry: f.Daily})
	if err != nil {
		return nil, err
	}
	parts := make([]allocate.Part, len(f.Channels))
	usual, all := make([]float64, len(parts)), 0.0
	for c, name := range f.Channels {
		parts[c] = allocate.Part{Name: name, Result: Counted(model, c), Ceiling: min(total, micros(model.Reach(c)))}
		for _, x := range f.Spend[c] {
			usual[c] += x / float64(len(f.Result))
		}
		all += usual[c]
	}
	amounts, err := allocate.Divide(total, parts)
	if err != nil {
		return nil, err
	}
	r := &Recommendation{Split: map[string]Amount{}, Periods: len(f.Result), Total: Amount(total)}
	split, as := make([]float64, len(amounts)), make([]float64, len(amounts))
	for c, amount := range amounts {
		split[c] = units(amount)
		as[c] = usual[c] / all * units(total)
		r.Split[f.Channels[c]] = Amount(amount)
		r.Channels = append(r.Channels, Recommended{f.Channels[c], Amount(amount), usual[c], nextCost(model.Marginal(c, split[c]).Mean), model.Shape(c)})
	}
	expected, err := model.Expected(split)
	if err != nil {
		return nil, err
	}
	r.Expected, r.Interval = expected.Mean, [2]float64{expected.Low, expected.High}
	r.Gain, err = model.Gain(as, split)
	return r, err
}

// Counted is a channel's response, on its cautious side, as a function of micros.
// Values are remembered: dividing asks for the same ones again and again.
func Counted(m *response.Model, channel int) func(int64) float64 {
	known := map[int64]float64{}
	return func(micros int64) float64 {
		v, ok := known[micros]
		if !ok {
			v = m.Cautious(channel, units(micros))
			known[micros] = v
		}
		return v
	}
}

func nextCost(marginal float64) *float64 {
	if !(marginal > 1e-12) {
		return nil
	}
	cost := 1 / marginal
	return &cost
}

func units(micros int64) float64 { return float64(micros) / money.Unit }

func micros(units float64) int64 {
	return int64(min(math.Floor(units*money.Unit), math.MaxInt64/4))
}

// WriteText prints a recommendation for a person.
func (r *Recommendation) WriteText(w io.Writer) error {
	text := fmt.Sprintf("Dividing %s in each period, learned from %d periods:\n\n%-20s %14s %14s %14s\n", money.FormatMicros(int64(r.Total)), r.Periods, "channel", "amount", "until now", "next result at")
	for _, c := range r.Channels {
		next := "none expected"
		if c.NextCost != nil {
			next = fmt.Sprintf("%.2f", *c.NextCost)
		}
		text += fmt.Sprintf("%-20s %14s %14.2f %14s\n", c.Channel, money.FormatMicros(int64(c.Amount)), c.Usual, next)
	}
	text += fmt.Sprintf("\nexpected %.2f (80 %%: %.2f to %.2f), %+.2f beside the proportions until now (80 %%: %+.2f to %+.2f)\n",
		r.Expected, r.Interval[0], r.Interval[1], r.Gain.Mean, r.Gain.Low, r.Gain.High)
	_, err := io.WriteString(w, text)
	return err
}
