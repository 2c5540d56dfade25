package dashboard

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance/anomaly"
	"github.com/hexabuilders/campaignd/performance/lookout"
)

// Anomalies is lookout.Service.
type Anomalies interface {
	List(ctx context.Context, partner uuid.UUID, q lookout.Query) ([]lookout.Listed, string, error)
}

const (
	unusualBack = 14 * 24 * time.Hour // that the card looks at
	unusualRows = 5                   // hours that it shows at once
	unusualMost = 200                 // anomalies that it reads
)

// unusualCard is the hours of a campaign that were unlike the others: the
// striking ones, and behind a fold what is only a little out of line.
type unusualCard struct {
	Shown    bool
	Striking []unusualHour
	Others   []unusualHour
	OthersN  string
}

// unusualHour is everything that was unusual in one hour: one cause usually
// shows in several figures.
type unusualHour struct {
	At       time.Time
	Severity string
	Text     string   // of the gravest
	Also     []string // the other figures
	Detail   string   // of the gravest: what was expected, and how sure that is
	rank     int
}

// unusual is the card of a campaign's page.
func (v *visit) unusual(s subject) (unusualCard, error) {
	if s.totals.Events == 0 {
		return unusualCard{}, nil
	}
	found, _, err := v.d.Anomalies.List(v.r.Context(), s.Partner, lookout.Query{Campaign: s.ID, From: v.now.Add(-unusualBack), Limit: unusualMost})
	if err != nil {
		return unusualCard{}, err
	}
	card := unusualCard{Shown: true}
	for _, h := range v.locale.unusualHours(found, s) {
		if h.rank < severityRank["LOW"] && len(card.Striking) < unusualRows {
			card.Striking = append(card.Striking, h)
		} else {
			card.Others = append(card.Others, h)
		}
	}
	card.OthersN = v.locale.N("unusual.others", len(card.Others))
	return card, nil
}

// unusualHours puts together what was found in one hour, the latest hour first
// and in it the gravest figure first.
func (l *locale) unusualHours(found []lookout.Listed, s subject) []unusualHour {
	found = slices.Clone(found)
	slices.SortStableFunc(found, func(a, b lookout.Listed) int {
		return cmp.Or(b.From.Compare(a.From), cmp.Compare(severityRank[string(a.Severity)], severityRank[string(b.Severity)]), cmp.Compare(b.Score, a.Score))
	})
	var hours []unusualHour
	for i := range found {
		a := &found[i]
		at := a.From.In(s.zone)
		if n := len(hours); n > 0 && hours[n-1].At.Equal(at) {
			hours[n-1].Also = append(hours[n-1].Also, l.unusualFigure(a, s.code()))
			continue
		}
		hours = append(hours, unusualHour{
			At: at, Severity: string(a.Severity), rank: severityRank[string(a.Severity)],
			Text: l.unusualText(a, s.code()), Detail: l.unusualDetail(a, s.code()),
		})
	}
	return hours
}

// unusualText says what happened, in a sentence.
func (l *locale) unusualText(a *lookout.Listed, code string) string {
	return l.T("unusual.kind."+string(a.Kind), "kpi", l.Metric(a.KPI), "observed", l.Figure(decimalFigure(a.KPI, a.Observed, code)))
}

// unusualFigure is a figure with its range, in short.
func (l *locale) unusualFigure(a *lookout.Listed, code string) string {
	return l.T("unusual.figure", "kpi", l.Metric(a.KPI), "observed", l.Figure(decimalFigure(a.KPI, a.Observed, code)),
		"low", l.Figure(decimalFigure(a.KPI, a.Expected.Low, code)), "high", l.Figure(decimalFigure(a.KPI, a.Expected.High, code)))
}

func (l *locale) unusualDetail(a *lookout.Listed, code string) string {
	text := l.T("unusual.expected",
		"low", l.Figure(decimalFigure(a.KPI, a.Expected.Low, code)), "high", l.Figure(decimalFigure(a.KPI, a.Expected.High, code)),
		"sure", l.T("unusual.sure."+string(a.Confidence)))
	if a.Kind == anomaly.NoDelivery {
		text = l.T("unusual.expected.delivery", "mid", l.Figure(decimalFigure(a.KPI, a.Expected.Mid, code)), "sure", l.T("unusual.sure."+string(a.Confidence)))
	}
	if a.Restated && a.Present != nil {
		text += " " + l.T("unusual.restated", "present", l.Figure(decimalFigure(a.KPI, *a.Present, code)))
	}
	return text
}

// chartMark is a bucket of the chart in which something was unusual.
type chartMark struct {
	T    int64  `json:"t"` // the bucket's start, as of a point
	Text string `json:"text"`
}

// chartMarks are those of the striking anomalies since a bucket's start; a
// bucket has one for each.
func (v *visit) chartMarks(s subject, starts []time.Time) ([]chartMark, error) {
	found, _, err := v.d.Anomalies.List(v.r.Context(), s.Partner, lookout.Query{Campaign: s.ID, From: starts[0], Limit: unusualMost})
	if err != nil {
		return nil, err
	}
	marks := []chartMark{}
	for i := range found {
		a := &found[i]
		if severityRank[string(a.Severity)] >= severityRank["LOW"] {
			continue
		}
		at, ok := slices.BinarySearchFunc(starts, a.From, time.Time.Compare)
		if !ok {
			at--
		}
		if at >= 0 {
			marks = append(marks, chartMark{T: starts[at].UnixMilli(), Text: v.locale.unusualFigure(a, s.code())})
		}
	}
	return marks, nil
}
