package predict

import (
	"fmt"
	"math"
	"time"
)

func effect(name, metric string, relative float64, text string, args ...any) Effect {
	return Effect{Name: name, Metric: metric, Relative: relative, Text: fmt.Sprintf(text, args...)}
}

// percent is a change in words: "+12 %".
func percent(x float64) string { return fmt.Sprintf("%+.0f %%", 100*x) }

// counted is "1 day" or "2 days".
func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// worth is the least effect that is spoken of.
const worth = 0.02

// effects are what moves the prediction, each with what it does.
func (s *subject) effects(out *Prediction, free, held *paths, r room) []Effect {
	effects := []Effect{}
	add := func(e Effect) {
		if math.Abs(e.Relative) >= worth {
			effects = append(effects, e)
		}
	}
	if len(out.Items) == numMetrics {
		s.courseEffects(out, add)
	}
	if out.Own < 1 {
		add(effect("similar_campaigns", "spend", 1-out.Own, "Its own %s are few; %s carry %.0f %% of the weight.", counted(len(s.History), "complete day"), counted(len(out.Similar), "similar campaign"), 100*(1-out.Own)))
	}
	if r.stays != "" {
		add(effect("not_running", "spend", -1, "It does not run, because %s. This is what it would bring if it did.", r.stays))
	}
	inTime := free.within(r.scheduled())
	change := relative(free.total(spend).Mean, inTime.total(spend).Mean)
	add(effect("schedule", "spend", change, "The schedule leaves out part of these days: %s of spend.", percent(change)))
	change = relative(inTime.total(spend).Mean, held.total(spend).Mean)
	if at := r.pausesAt(); at > 0 {
		add(effect("budget_pause", "spend", change, "At %d %% of its budget it is paused until somebody resumes it: %s of spend.", at, percent(change)))
		return effects
	}
	add(effect("budget", "spend", change, "The budget does not allow all that demand would: %s of spend.", percent(change)))
	return effects
}

// courseEffects are what the campaign's own days have: weekdays and a trend.
func (s *subject) courseEffects(out *Prediction, add func(Effect)) {
	for _, m := range []int{conversions, spend} {
		f := out.Items[m].Factors
		if f.HasWeekdays {
			best, worst := time.Sunday, time.Sunday
			for d := range f.Weekdays {
				if f.Weekdays[d] > f.Weekdays[best] {
					best = time.Weekday(d)
				}
				if f.Weekdays[d] < f.Weekdays[worst] {
					worst = time.Weekday(d)
				}
			}
			add(effect("weekdays", metrics[m].String(), f.Weekdays[best]-1, "%ss are the best day for %s (%s against the mean), %ss the weakest (%s).",
				best, metrics[m].String(), percent(f.Weekdays[best]-1), worst, percent(f.Weekdays[worst]-1)))
		}
		if t := f.Trend; t.HasWeekly && t.P < 0.05 {
			add(effect("trend", metrics[m].String(), t.Weekly, "The daily %s is %s: %s a week.", metrics[m].String(), t.Direction, percent(t.Weekly)))
		}
	}
}
