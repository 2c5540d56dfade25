package reach

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/targeting"
)

// Delivered is what a campaign had reached when it was over.
type Delivered struct {
	At      time.Time `json:"at"`
	Reached int64     `json:"reached"`           // people, as the platforms last reported; 0 when none has
	Implied int64     `json:"implied,omitempty"` // how many people there are, by its delivery; 0 where it does not tell
}

// Lesson is what finished campaigns of one kind say of estimates: those of a
// partner on the same networks that were estimated by the same method, since an
// error of one has little to do with that of another.
type Lesson struct {
	Networks  []targeting.Platform // empty: campaigns that name none
	Method    Method
	Campaigns int
	From      []uuid.UUID // these campaigns, the one estimated last first
	Factor    float64     // people there were for each that was estimated, 1/MaxLesson to MaxLesson
	Spread    float64     // deviation of the logarithms of that
	Unlearned float64     // of the logarithm: what the factor leaves unexplained of the mean
}

const (
	// LeastLessons are the campaigns below which nothing is learned: fewer would
	// teach chance.
	LeastLessons = 5
	// MaxLesson bounds what is learned: an estimate that is further off has a
	// cause that no factor mends.
	MaxLesson = 3.0
)

// usualError is the deviation of the logarithm of estimates that are neither
// too high nor too low on the whole: half or twice is no wonder. The mean of a
// few campaigns is drawn towards 0 by it.
var usualError = math.Log(2)

// settling is how long after the end of a campaign what it reached is looked at
// again: platforms report late and correct what they have reported, and lists of
// delivery are loaded by hand when a campaign is long over.
const settling = 30 * 24 * time.Hour

// Settle keeps what a campaign reached beside its estimate, once it is over.
// One whose targeting was refined teaches nothing: its reach is that of several
// targetings.
func (s *Service) Settle(ctx context.Context, partner, campaign uuid.UUID, at time.Time) error {
	kept, err := s.Record.Of(ctx, partner, campaign)
	if err != nil || len(kept) != 1 {
		return err
	}
	return s.settle(ctx, kept[0], at)
}

func (s *Service) settle(ctx context.Context, one Stored, at time.Time) error {
	days, err := s.Delivery.Days(ctx, one.Partner, one.Campaign)
	if err != nil {
		return err
	}
	last := lastReported(days)
	now := Delivered{At: at, Reached: last.Reach, Implied: impliedBy(last)}
	if one.Outcome != nil && *one.Outcome == now {
		return nil
	}
	one.Outcome = &now
	return s.Record.Settle(ctx, one)
}

// Resettle looks again at what the campaigns reached that were over a short
// while ago.
func (s *Service) Resettle(ctx context.Context) error {
	partners, err := s.Record.Partners(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, partner := range partners {
		past, err := s.Record.Latest(ctx, partner, calibrated)
		failed = append(failed, err)
		for _, one := range past {
			if one.Outcome != nil && s.now().Sub(one.Outcome.At) < settling {
				failed = append(failed, s.settle(ctx, one, one.Outcome.At))
			}
		}
	}
	return errors.Join(failed...)
}

// lastReported is the last day with a reach; zero without one.
func lastReported(days []Day) Day {
	for _, d := range slices.Backward(days) {
		if d.Reach > 0 {
			return d
		}
	}
	return Day{}
}

// lessons are what the partner's finished campaigns teach.
func lessons(past []Stored) []Lesson {
	type kind struct {
		networks string
		method   Method
	}
	logs, from, order := map[kind][]float64{}, map[kind][]uuid.UUID{}, []kind(nil)
	for _, p := range past {
		raw := cmp.Or(p.Unlearned, p.Mid)
		if p.Outcome == nil || p.Outcome.Implied <= 0 || raw <= 0 {
			continue
		}
		k := kind{join(p.Networks), p.Method}
		if logs[k] == nil {
			order = append(order, k)
		}
		logs[k] = append(logs[k], math.Log(float64(p.Outcome.Implied)/float64(raw)))
		from[k] = append(from[k], p.Campaign)
	}
	var all []Lesson
	for _, k := range order {
		if l, ok := learn(logs[k]); ok {
			l.Method, l.From = k.method, from[k]
			for name := range strings.FieldsSeq(k.networks) {
				l.Networks = append(l.Networks, targeting.Platform(name))
			}
			all = append(all, l)
		}
	}
	return all
}

// learn is the lesson of the logarithms of implied over estimated: their mean,
// drawn towards 0 as the posterior of a normal one around it, and bounded.
func learn(logs []float64) (Lesson, bool) {
	n := float64(len(logs))
	if len(logs) < LeastLessons {
		return Lesson{}, false
	}
	mean, squares := 0.0, 0.0
	for _, x := range logs {
		mean += x / n
	}
	for _, x := range logs {
		squares += (x - mean) * (x - mean)
	}
	variance := squares / (n - 1)
	shift := mean * n / (n + variance/(usualError*usualError))
	shift = math.Min(math.Max(shift, -math.Log(MaxLesson)), math.Log(MaxLesson))
	return Lesson{Campaigns: len(logs), Factor: math.Exp(shift), Spread: math.Sqrt(variance), Unlearned: math.Abs(mean - shift)}, true
}

// lesson is the one that holds for an estimate.
func (e *Estimator) lesson(c targeting.Configuration, m Method) (Lesson, bool) {
	for _, l := range e.lessons {
		if l.Method == m && join(l.Networks) == join(networksOf(c)) {
			return l, true
		}
	}
	return Lesson{}, false
}

// learned corrects an estimate by what past ones turned out to be. Its range is
// never narrower for it: it holds the spread of the campaigns where that is
// wider, the error of their mean, and what the bound of the factor leaves.
func (e *Estimator) learned(out *Estimate, c targeting.Configuration) {
	l, ok := e.lesson(c, out.Method)
	if !ok || out.Mid <= 0 {
		return
	}
	out.Unlearned = out.Mid
	most := math.Max(float64(out.Population), float64(out.Mid))
	mid := math.Min(float64(out.Mid)*l.Factor, most)
	more := l.Spread*l.Spread/float64(l.Campaigns) + l.Unlearned*l.Unlearned
	apart := func(width float64) float64 {
		width = math.Max(width/z90, l.Spread)
		return math.Exp(z90 * math.Sqrt(width*width+more))
	}
	low := 0.0
	if out.Low > 0 {
		low = mid / apart(math.Log(float64(out.Mid)/float64(out.Low)))
	}
	high := math.Min(mid*apart(math.Log(float64(out.High)/float64(out.Mid))), most)
	out.Mid = int64(math.Round(mid))
	out.Low, out.High = min(out.Mid, int64(math.Floor(low))), max(out.Mid, int64(math.Ceil(high)))
	if out.Confidence = Low; out.Low > 0 {
		out.Confidence = confidence(math.Log(float64(out.High)/float64(out.Low)) / (2 * z90))
	}
	width := apart(0)
	out.Factors = append(out.Factors, Factor{pastEstimates, Share{l.Factor, l.Factor / width, l.Factor * width},
		e.say("Of %d finished campaigns %s that were estimated in this way, the deliveries imply %.2f people for each estimated. The factor is drawn towards 1 by how few they are and how they differ, and lies between 1/%.0f and %.0f; the range is widened by it.",
			l.Campaigns, e.on(l.Networks), l.Factor, MaxLesson, MaxLesson)})
}

// pastEstimates is the criterion of what was learned.
const pastEstimates = "past_estimates"

func (t tongue) on(networks []targeting.Platform) string {
	if len(networks) == 0 {
		return t.word("that name no network")
	}
	return t.say("on %s", strings.ReplaceAll(join(networks), " ", ", "))
}

// networksOf are the networks that a configuration names, in order; operating
// systems are none.
func networksOf(c targeting.Configuration) []targeting.Platform {
	var all []targeting.Platform
	for _, p := range c.Platforms {
		if p.Network() {
			all = append(all, p)
		}
	}
	slices.Sort(all)
	return all
}

func join(networks []targeting.Platform) string {
	names := make([]string, len(networks))
	for i, n := range networks {
		names[i] = string(n)
	}
	return strings.Join(names, " ")
}
