package conformance

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/anomaly"
	"github.com/hexabuilders/campaignd/performance/lookout"
)

// Anomalies holds a lookout.Store to its port.
func Anomalies(t *testing.T, b Backend) {
	cases{
		"hours and anomalies are read as they were stored":     judgementStored,
		"an hour is judged once, with all that was found":      judgedOnce,
		"of nodes that judge an hour at once one stores it":    judgedRace,
		"an anomaly that is there is left, and not told again": foundAgain,
		"hours that are no longer needed are forgotten":        hoursForgotten,
		"anomalies are listed by what is asked for":            anomalyList,
		"another partner's anomalies are not listed":           foreignAnomalies,
	}.run(t, b)
}

const hourMicros = int64(time.Hour / time.Microsecond)

// firstHour is an hour to begin with.
var firstHour = time.Date(2026, 3, 1, 5, 0, 0, 0, time.UTC)

// judgement is of so many hours from a number of the first hour on.
func (w world) judgement(c lookout.Campaign, from, hours int64) lookout.Judgement {
	j := lookout.Judgement{Partner: c.Partner, Campaign: c.ID}
	for i := from; i < from+hours; i++ {
		start := firstHour.UnixMicro() + i*hourMicros
		j.Hours = append(j.Hours, lookout.Hour{Start: start, KnownAt: start + 2*hourMicros, Sums: performance.Sums{1, -2, 3, 4, 5, 6 + i}})
	}
	return j
}

// unusual is an anomaly in an hour.
func (w world) unusual(c lookout.Campaign, kpi string, i int, score float64) lookout.Anomaly {
	start := firstHour.Add(time.Duration(i) * time.Hour)
	return lookout.Anomaly{ID: lookout.IDOf(c.ID, kpi, start.UnixMicro()), Partner: c.Partner, Campaign: c.ID, DetectedAt: w.now(), Facts: lookout.Facts{
		KPI: kpi, Unit: "money", Currency: "USD", Bucket: "hour", From: start, To: start.Add(time.Hour), Kind: anomaly.Spike,
		Observed: "12.5", Expected: lookout.Range{Low: "1", Mid: "2", High: "3"}, Score: score, Confidence: anomaly.High,
		Severity: performance.SeverityHigh, Sample: 30, Evidence: []lookout.Evidence{{Test: "point", Value: 10, Usual: 1, OneIn: 5000}}, KnownAt: start.Add(2 * time.Hour),
	}}
}

func (w world) watchedCampaign() lookout.Campaign {
	return lookout.Campaign{Partner: w.partner(), ID: newID()}
}

func judgementStored(w world) {
	c := w.watchedCampaign()
	_, ok, err := w.Backend.Anomalies.LastHour(w.Context(), c.Partner, c.ID)
	w.must(err)
	w.equal("judged", ok, false)
	j := w.judgement(c, 0, 300)
	j.Found = []lookout.Anomaly{w.unusual(c, "cpc", 2, 0.7)}
	w.must(w.Backend.Anomalies.Save(w.Context(), j))
	hours, err := w.Backend.Anomalies.Hours(w.Context(), c.Partner, c.ID, j.Hours[1].Start, j.Hours[299].Start)
	w.must(err)
	if diff := cmp.Diff(j.Hours[1:299], hours); diff != "" {
		w.Error(diff)
	}
	last, _, err := w.Backend.Anomalies.LastHour(w.Context(), c.Partner, c.ID)
	w.must(err)
	w.equal("last", last, j.Hours[299].Start)
	if diff := cmp.Diff(j.Found, w.anomalies(c.Partner, lookout.Query{})); diff != "" {
		w.Error(diff)
	}
	w.sawOnly(c.Partner, "partner.created", "performance.anomaly_detected")
}

func judgedOnce(w world) {
	c := w.watchedCampaign()
	w.must(w.Backend.Anomalies.Save(w.Context(), w.judgement(c, 0, 5)))
	again := w.judgement(c, 3, 5)
	again.Found = []lookout.Anomaly{w.unusual(c, "cpc", 7, 0.7)}
	w.is(w.Backend.Anomalies.Save(w.Context(), again), lookout.ErrMoved)
	last, _, err := w.Backend.Anomalies.LastHour(w.Context(), c.Partner, c.ID)
	w.must(err)
	w.equal("last", last, again.Hours[1].Start)
	w.sawOnly(c.Partner, "partner.created")
}

func judgedRace(w world) {
	c := w.watchedCampaign()
	results := together(6, func(int) error {
		j := w.judgement(c, 0, 3)
		j.Found = []lookout.Anomaly{w.unusual(c, "cpc", 2, 0.7)}
		return w.Backend.Anomalies.Save(w.Context(), j)
	})
	w.equal("stored", w.tally(results, nil, lookout.ErrMoved), 1)
	w.sawOnly(c.Partner, "partner.created", "performance.anomaly_detected")
}

func foundAgain(w world) {
	c := w.watchedCampaign()
	for i := range int64(2) {
		j := w.judgement(c, i, 1)
		j.Found = []lookout.Anomaly{w.unusual(c, "cpc", 0, 0.7+float64(i)/10)}
		w.must(w.Backend.Anomalies.Save(w.Context(), j))
	}
	w.equal("score", w.anomalies(c.Partner, lookout.Query{})[0].Score, 0.7)
	w.sawOnly(c.Partner, "partner.created", "performance.anomaly_detected")
}

func hoursForgotten(w world) {
	c := w.watchedCampaign()
	other := lookout.Campaign{Partner: c.Partner, ID: newID()}
	for _, which := range []lookout.Campaign{c, other} {
		w.must(w.Backend.Anomalies.Save(w.Context(), w.judgement(which, 0, 5)))
	}
	j := w.judgement(c, 5, 1)
	j.Forget = j.Hours[0].Start - 2*hourMicros
	w.must(w.Backend.Anomalies.Save(w.Context(), j))
	for which, want := range map[lookout.Campaign]int{c: 3, other: 5} {
		hours, err := w.Backend.Anomalies.Hours(w.Context(), which.Partner, which.ID, 0, 1<<60)
		w.must(err)
		w.equal("hours", len(hours), want)
	}
}

// anomalies reads a list to its end.
func (w world) anomalies(partner uuid.UUID, q lookout.Query) []lookout.Anomaly {
	w.Helper()
	return pages(w, func(cursor string) ([]lookout.Anomaly, string, error) {
		q.Limit, q.Cursor = 2, cursor
		return w.Backend.Anomalies.List(w.Context(), partner, q)
	}, func() {})
}

func anomalyList(w world) {
	c := w.watchedCampaign()
	other := lookout.Campaign{Partner: c.Partner, ID: newID()}
	j := w.judgement(c, 0, 6)
	for i := range 6 {
		j.Found = append(j.Found, w.unusual(c, []string{"cpc", "spend"}[i%2], i, 0.5+float64(i)/20))
	}
	j.Found[5].Kind = anomaly.Drop
	w.must(w.Backend.Anomalies.Save(w.Context(), j))
	k := w.judgement(other, 0, 1)
	k.Found = []lookout.Anomaly{w.unusual(other, "cpc", 0, 0.9)}
	w.must(w.Backend.Anomalies.Save(w.Context(), k))

	count := func(what string, want int, q lookout.Query) {
		w.Helper()
		w.equal(what, len(w.anomalies(c.Partner, q)), want)
	}
	count("all", 7, lookout.Query{})
	count("of a campaign", 6, lookout.Query{Campaign: c.ID})
	count("of a figure", 4, lookout.Query{KPIs: []string{"cpc", "roas"}})
	count("of a kind", 1, lookout.Query{Kinds: []anomaly.Kind{anomaly.Drop}})
	count("with a score", 3, lookout.Query{MinScore: 0.7})
	count("in a range", 2, lookout.Query{From: firstHour.Add(2 * time.Hour), To: firstHour.Add(4 * time.Hour)})
	of := w.anomalies(c.Partner, lookout.Query{Campaign: c.ID})
	for i := range of {
		w.equal("the latest first", of[i].From.Equal(firstHour.Add(time.Duration(5-i)*time.Hour)), true)
	}
}

func foreignAnomalies(w world) {
	c := w.watchedCampaign()
	j := w.judgement(c, 0, 1)
	j.Found = []lookout.Anomaly{w.unusual(c, "cpc", 0, 0.7)}
	w.must(w.Backend.Anomalies.Save(w.Context(), j))
	stranger := w.partner()
	w.equal("a stranger's", len(w.anomalies(stranger, lookout.Query{})), 0)
	w.equal("of a campaign that is not the stranger's", len(w.anomalies(stranger, lookout.Query{Campaign: c.ID})), 0)
	hours, err := w.Backend.Anomalies.Hours(w.Context(), stranger, c.ID, 0, 1<<60)
	w.must(err)
	w.equal("a stranger's hours", len(hours), 0)
	w.equal("an administrator's", len(w.anomalies(uuid.Nil, lookout.Query{Campaign: c.ID})), 1)
}
