package nab

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Report is what a corpus's score is made of.
type Report struct {
	Series    int     `json:"series"`
	Rows      int     `json:"rows"`
	Windows   int     `json:"windows"`
	Threshold float64 `json:"threshold"`
	// Overall is the score of the whole corpus by profile. It is not the mean
	// of the categories: each counts by its windows.
	Overall    []Score    `json:"overall"`
	Categories []Category `json:"categories"`
	// Best is what the best threshold for this very corpus would have scored.
	// It is chosen by looking at the labels, so it is no result.
	Best  []Score  `json:"best_threshold_information_only"`
	Files []Alarms `json:"files"`
	// FalseAlarms are detected rows outside the windows.
	FalseAlarms              int     `json:"false_alarms"`
	FalseAlarmsPerSeriesWeek float64 `json:"false_alarms_per_series_and_week"`
}

// Score is a normalised score. Without windows there is none, and what is left
// is the raw one: the price of the false alarms.
type Score struct {
	Profile   string   `json:"profile"`
	Threshold float64  `json:"threshold"`
	Score     *float64 `json:"score"`
	Raw       float64  `json:"raw"`
}

// Category is a folder of the corpus.
type Category struct {
	Name    string  `json:"name"`
	Windows int     `json:"windows"`
	Scores  []Score `json:"scores"`
}

// Alarms says what happened in one series.
type Alarms struct {
	File               string  `json:"file"`
	Windows            int     `json:"windows"`
	Found              int     `json:"windows_found"`
	FalseAlarms        int     `json:"false_alarms"`
	Weeks              float64 `json:"weeks"` // scored, after probation
	FalseAlarmsPerWeek float64 `json:"false_alarms_per_week"`
}

func report(all []scored, threshold float64) Report {
	r := Report{Series: len(all), Windows: windows(all), Threshold: threshold}
	r.Overall, r.Best = scores(all, threshold), best(all)
	weeks := 0.0
	for _, s := range all {
		a := alarms(s, threshold)
		r.Files = append(r.Files, a)
		r.Rows += len(s.values)
		r.FalseAlarms += a.FalseAlarms
		weeks += a.Weeks
	}
	r.FalseAlarmsPerSeriesWeek = ratio(float64(r.FalseAlarms), weeks)
	for len(all) > 0 { // sorted by name, so a category is a run
		n := 1
		for n < len(all) && all[n].category() == all[0].category() {
			n++
		}
		r.Categories = append(r.Categories, Category{all[0].category(), windows(all[:n]), scores(all[:n], threshold)})
		all = all[n:]
	}
	return r
}

func scores(all []scored, threshold float64) []Score {
	var list []Score
	for _, p := range Profiles() {
		raw := 0.0
		for _, s := range all {
			raw += p.raw(s.series, s.detections(threshold))
		}
		list = append(list, Score{p.Name, threshold, p.normalised(raw, windows(all)), raw})
	}
	return list
}

func windows(all []scored) int {
	n := 0
	for _, s := range all {
		n += len(s.windows)
	}
	return n
}

func best(all []scored) []Score {
	var list []Score
	for _, p := range Profiles() {
		threshold, raw := p.bestThreshold(all)
		list = append(list, Score{p.Name, threshold, p.normalised(raw, windows(all)), raw})
	}
	return list
}

func alarms(s scored, threshold float64) Alarms {
	a := Alarms{File: s.name, Windows: len(s.windows)}
	found := make(map[int]bool)
	for _, row := range s.detections(threshold) {
		if _, k := (Profile{}).worth(s.windows, row); k >= 0 {
			found[k] = true
		} else {
			a.FalseAlarms++
		}
	}
	a.Found = len(found)
	if n := len(s.at); n > s.probation() {
		a.Weeks = s.at[n-1].Sub(s.at[s.probation()]).Hours() / (7 * 24)
	}
	a.FalseAlarmsPerWeek = ratio(float64(a.FalseAlarms), a.Weeks)
	return a
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// Text writes the report for a person.
func (r Report) Text(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "category\twindows\t%s\t\n", names())
	for _, c := range r.Categories {
		fmt.Fprintf(table, "%s\t%d\t%s\t\n", c.Name, c.Windows, columns(c.Scores))
	}
	fmt.Fprintf(table, "all\t%d\t%s\t\n", r.Windows, columns(r.Overall))
	fmt.Fprintf(table, "with the best threshold for this corpus (no result)\t\t%s\t\n", columns(r.Best))
	fmt.Fprintf(table, "\nfile\twindows\tfound\tfalse alarms\tper week\t\n")
	for _, f := range r.Files {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%.2f\t\n", f.File, f.Windows, f.Found, f.FalseAlarms, f.FalseAlarmsPerWeek)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%d series, %d rows, threshold %.3g for all; %d false alarms, %.2f per series and week\n",
		r.Series, r.Rows, r.Threshold, r.FalseAlarms, r.FalseAlarmsPerSeriesWeek)
	return err
}

func names() string {
	var list []string
	for _, p := range Profiles() {
		list = append(list, p.Name)
	}
	return strings.Join(list, "\t")
}

func columns(scores []Score) string {
	list := make([]string, len(scores))
	for i, s := range scores {
		list[i] = "-"
		if s.Score != nil {
			list[i] = fmt.Sprintf("%.1f", *s.Score)
		}
	}
	return strings.Join(list, "\t")
}
