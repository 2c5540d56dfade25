package anomaly

import (
	"math"
	"testing"
	"time"
)

func TestSeasonLearnsHoursAndWeekdays(t *testing.T) {
	var s season
	wave := func(at time.Time) float64 {
		v := float64(at.Hour())
		if at.Weekday() == time.Sunday {
			v += 100
		}
		return v
	}
	for i := range 10 * 7 * 24 {
		at := monday.Add(time.Duration(i) * time.Hour)
		s.learn(at, wave(at), time.Hour, 0)
	}
	for _, hour := range []int{3, 12, 24 + 20, 6*24 + 12} { // the last is a Sunday
		at := monday.Add(time.Duration(70*24+hour) * time.Hour)
		if _, week := s.usual(at.Add(30*time.Minute), 0); math.Abs(week-wave(at)) > 1e-6 {
			t.Errorf("%s: %g, want %g", at, week, wave(at))
		}
	}
}

func TestSeasonFallsBackToWhatItKnows(t *testing.T) {
	var s season
	day, week := s.usual(monday, 7)
	if day != 7 || week != 7 {
		t.Errorf("of nothing: %g and %g, want the level", day, week)
	}
	s.learn(monday.Add(9*time.Hour), 42, time.Hour, 0)
	tuesday := monday.Add(33 * time.Hour)
	if day, week = s.usual(tuesday, 7); day != 42 || week != 42 {
		t.Errorf("same hour, another weekday: %g and %g, want 42", day, week)
	}
}

func TestSpikeDoesNotMoveTheSeasonFar(t *testing.T) {
	var s season
	for i := range 28 {
		s.learn(monday.Add(time.Duration(i)*24*time.Hour), 10, time.Hour, 1)
	}
	s.learn(monday.Add(28*24*time.Hour), 1e9, time.Hour, 1)
	if day, _ := s.usual(monday, 0); day > 10+clipAt {
		t.Errorf("one spike moved midnight from 10 to %g", day)
	}
}

func TestShiftMovesEverything(t *testing.T) {
	var s season
	s.learn(monday, 10, time.Hour, 0)
	s.shift(5)
	if day, week := s.usual(monday, 0); day != 15 || week != 15 {
		t.Errorf("after a shift by 5: %g and %g, want 15", day, week)
	}
}

// Whoever has been right has the word; a tie is shared.
func TestBlendTrustsWhoWasRight(t *testing.T) {
	b := blend{off: make([]float64, 2)}
	if got := b.forecast([]float64{10, 20}, 1e-9); got != 15 {
		t.Errorf("without experience: %g, want the mean", got)
	}
	for range 300 {
		b.learn([]float64{10, 20}, 11, 0.05, 0)
	}
	if got := b.forecast([]float64{10, 20}, 1e-9); math.Abs(got-10) > 0.01 {
		t.Errorf("one off by 1, one by 9: %g, want about 10", got)
	}
	b.learn([]float64{10, 20}, 1e12, 0.05, 1)
	if got := b.forecast([]float64{10, 20}, 1e-9); math.Abs(got-10) > 1 {
		t.Errorf("after one spike: %g, want about 10", got)
	}
}

func TestBarRisesWithAnomaliesAndFalls(t *testing.T) {
	var h habit
	if got := h.bar(monday, familiar); got != bar {
		t.Errorf("at first: %g, want %g", got, bar)
	}
	if got := h.bar(monday, 0); got != bar+caution {
		t.Errorf("of a series not known: %g, want %g", got, bar+caution)
	}
	h.tell(monday, 4)
	for _, c := range []struct {
		after time.Duration
		want  float64
	}{
		{time.Hour, 4 + again},
		{rest - 1, 4 + again},
		{memory, bar + habituation/math.E},
		{60 * 24 * time.Hour, bar},
	} {
		if got := h.bar(monday.Add(c.after), familiar); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("%s after an anomaly: %g, want %g", c.after, got, c.want)
		}
	}
	h.tell(monday.Add(memory), 4)
	if got, want := h.bar(monday.Add(memory+rest), familiar), bar+habituation*(1+1/math.E)*math.Exp(-1.0/3); math.Abs(got-want) > 1e-6 {
		t.Errorf("after two: %g, want %g", got, want)
	}
}

func TestStreakSurvivesAFewOutsiders(t *testing.T) {
	var s streak
	for i := range 20 {
		s.add(monday.Add(time.Duration(i)*time.Hour), 10, 5)
	}
	s.add(monday.Add(20*time.Hour), 0, 5)
	if s.count != 12 || math.Abs(s.sum/12-10) > 1e-9 || !s.since.Equal(monday) {
		t.Errorf("after one within the limit: %+v", s)
	}
	s.add(monday.Add(21*time.Hour), -10, 5)
	s.add(monday.Add(22*time.Hour), -10, 5)
	if s.count != 0 {
		t.Errorf("after two on the other side: %+v", s)
	}
	s.add(monday.Add(23*time.Hour), -10, 5)
	if s.count != 1 || !s.since.Equal(monday.Add(23*time.Hour)) {
		t.Errorf("a new one: %+v", s)
	}
}
