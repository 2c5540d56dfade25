package dashboard

import (
	"strconv"
	"strings"

	"github.com/hexabuilders/campaignd/money"
)

// tile is one figure with what it means: against a goal, or against before.
type tile struct {
	figure
	Note  string
	Delta *delta
	Goal  *goal
	Spark string // an SVG path over 100 by 32
}

// delta is a change against an earlier period. Tone says whether it is good:
// more cost per click is not, more clicks are, more spend is neither.
type delta struct {
	Up, Down bool
	Tone     string // "good", "bad" or ""
	Text     string
	Versus   string
}

// meter is a bar: how far, and whether that is well.
type meter struct {
	Width  int64 // 0 to 100
	Tone   string
	Label  string
	Metric string
}

// goal is a target and how far it is reached.
type goal struct {
	Metric    string
	Actual    figure
	Target    figure
	Direction string // "least" for what should reach the target, "most" for costs
	Met       bool
	Meter     meter
}

// compare describes the change from before to now; nil when either is unknown.
func (l *locale) compare(now, before figure, versus string) *delta {
	if !now.Known || !before.Known || before.Value <= 0 {
		return nil
	}
	change, err := money.MulDiv(now.Value-before.Value, money.Unit, before.Value, money.HalfUp)
	if err != nil {
		return nil
	}
	d := &delta{Up: change > 0, Down: change < 0, Versus: versus, Tone: toneOf(now.Metric, change)}
	d.Text = l.Percent(abs(change), 1)
	return d
}

func toneOf(metric string, change int64) string {
	switch {
	case change == 0 || metric == "spend" || metric == "impressions":
		return ""
	case costs[metric] == (change < 0):
		return "good"
	default:
		return "bad"
	}
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

// newGoal measures a figure against its target.
func (l *locale) newGoal(actual, target figure) *goal {
	g := &goal{Metric: target.Metric, Actual: actual, Target: target, Direction: "least"}
	if costs[target.Metric] {
		g.Direction = "most"
	}
	reached := g.reached()
	g.Met = actual.Known && reached >= money.Unit
	g.Meter = meter{Width: min(100, reached/10_000), Label: l.T("goal.progress", "percent", l.Percent(reached, 0))}
	if g.Met {
		g.Meter.Tone = "good"
	}
	return g
}

// reached is actual/target in micros, or target/actual for a cost.
func (g *goal) reached() int64 {
	over, under := g.Actual.Value, g.Target.Value
	if g.Direction == "most" {
		over, under = under, over
	}
	if !g.Actual.Known || under <= 0 || over < 0 {
		return 0
	}
	r, err := money.MulDiv(over, money.Unit, under, money.Down)
	if err != nil {
		return 0
	}
	return r
}

// sparkPath draws values as a line over 100 by 32, with room for its stroke.
// Fewer than two values are no line.
func sparkPath(values []int64) string {
	if len(values) < 2 {
		return ""
	}
	low, high := values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	var b strings.Builder
	for i, v := range values {
		x := 100 * float64(i) / float64(len(values)-1)
		y := 30.0
		if high > low {
			y = 30 - 28*float64(v-low)/float64(high-low)
		}
		b.WriteString(map[bool]string{true: "M", false: " L"}[i == 0])
		b.WriteString(strconv.FormatFloat(x, 'f', 1, 64) + " " + strconv.FormatFloat(y, 'f', 1, 64))
	}
	return b.String()
}
