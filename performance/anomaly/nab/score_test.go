package nab

import (
	"math"
	"testing"
	"time"
)

// labelled is a series of n rows, one a minute.
func labelled(n int, windows ...window) series {
	s := series{name: "category/series.csv", windows: windows}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		s.at = append(s.at, start.Add(time.Duration(i)*time.Minute))
		s.values = append(s.values, 0)
	}
	return s
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-6 {
		t.Errorf("%s: got %.7f, want %.7f", what, got, want)
	}
}

// The values on the right were worked out by hand from 2/(1+e^(5y)) - 1.
func TestSigma(t *testing.T) {
	for _, c := range []struct{ y, want float64 }{
		{-1, 0.9866143},
		{-0.5, 0.8482836},
		{-0.1, 0.2449187},
		{0, 0},
		{0.5, -0.8482836},
		{1, -0.9866143},
		{3, -0.9999994},
		{3.000001, -1},
		{1e9, -1},
	} {
		near(t, "sigma", sigma(c.y), c.want)
	}
}

// A window of rows 40 to 49 in 100 rows, of which 15 are probation.
func TestRawScore(t *testing.T) {
	standard, lowFP, lowFN := Profiles()[0], Profiles()[1], Profiles()[2]
	s := labelled(100, window{40, 49})
	for _, c := range []struct {
		name     string
		profile  Profile
		detected []int
		want     float64
	}{
		{"nothing", standard, nil, -1},
		{"nothing, missing counts double", lowFN, nil, -2},
		{"the first row of the window", standard, []int{40}, 1},
		{"the middle: sigma(-0.5)/sigma(-1)", standard, []int{45}, 0.8597925},
		{"the last row: sigma(-0.1)/sigma(-1)", standard, []int{49}, 0.2482416},
		{"only the best row of a window counts", standard, []int{45, 47, 40, 49}, 1},
		{"before the first window", standard, []int{20}, -1.11},
		{"before the first window, low FP", lowFP, []int{20}, -1.22},
		{"every false alarm counts", standard, []int{20, 21, 22, 40}, 0.67},
		{"probation does not count", standard, []int{0, 14, 40}, 1},
		{"the first row after probation does", standard, []int{15, 40}, 0.89},
		{"9 rows after: sigma(9/9)", standard, []int{40, 58}, 1 - 0.11*0.9866143},
		{"1 row after: sigma(1/9)", standard, []int{40, 50}, 1 - 0.11*0.2708470},
		{"28 rows after, further than 3", standard, []int{40, 77}, 0.89},
	} {
		near(t, c.name, c.profile.raw(s, c.detected), c.want)
	}
}

func TestFalseAlarmIsMeasuredFromTheLastWindowThatEnded(t *testing.T) {
	s := labelled(200, window{40, 49}, window{60, 79})
	got := Profiles()[0].raw(s, []int{40, 60, 81})
	near(t, "sigma(2/19)", got, 2+0.11*sigma(2.0/19))
}

func TestWindowOfOneRow(t *testing.T) {
	s := labelled(100, window{40, 40})
	near(t, "the row and its neighbour", Profiles()[0].raw(s, []int{40, 41}), 1+0.11*sigma(1))
}

func TestNormalisedScale(t *testing.T) {
	all := []scored{{series: labelled(100, window{40, 49})}, {series: labelled(200, window{50, 59}, window{90, 99})}}
	for i := range all {
		all[i].scores = make([]float64, len(all[i].values))
	}
	for _, s := range scores(all, 0.5) {
		near(t, s.Profile+": never detecting", *s.Score, 0)
	}
	for i := range all {
		for _, w := range all[i].windows {
			all[i].scores[w.first] = 0.5
		}
	}
	for _, s := range scores(all, 0.5) {
		near(t, s.Profile+": nothing but the first rows", *s.Score, 100)
	}
}

func TestWithoutWindowsThereIsNoScale(t *testing.T) {
	s := scored{series: labelled(100), scores: make([]float64, 100)}
	s.scores[50] = 1
	got := scores([]scored{s}, 0.5)[0]
	if got.Score != nil {
		t.Errorf("normalised without windows: %v", *got.Score)
	}
	near(t, "one false alarm", got.Raw, -0.11)
}

func TestProbation(t *testing.T) {
	for _, c := range []struct{ rows, want int }{{100, 15}, {99, 14}, {4032, 604}, {5000, 750}, {22695, 750}} {
		if got := (series{values: make([]float64, c.rows)}).probation(); got != c.want {
			t.Errorf("%d rows: %d of probation, want %d", c.rows, got, c.want)
		}
	}
}

// The sweep must agree with scoring at every threshold there is.
func TestBestThreshold(t *testing.T) {
	a := scored{series: labelled(120, window{40, 49}, window{80, 99})}
	b := scored{series: labelled(60, window{30, 39})}
	for _, s := range []*scored{&a, &b} {
		for i := range s.values {
			s.scores = append(s.scores, float64((i*37+len(s.values))%23)/23) // many ties
		}
	}
	all := []scored{a, b}
	for _, p := range Profiles() {
		want := math.Inf(-1)
		for i := range 24 {
			raw := 0.0
			for _, s := range all {
				raw += p.raw(s.series, s.detections(float64(i)/23))
			}
			want = max(want, raw)
		}
		threshold, raw := p.bestThreshold(all)
		near(t, p.Name, raw, max(want, -3*p.FN))
		sum := 0.0
		for _, s := range all {
			sum += p.raw(s.series, s.detections(threshold))
		}
		near(t, p.Name+" at its threshold", sum, raw)
	}
}
