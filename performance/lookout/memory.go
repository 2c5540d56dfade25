package lookout

import (
	"math/bits"
	"time"

	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/anomaly"
)

const (
	hour = int64(time.Hour / time.Microsecond)
	// term is how often a memory begins anew, from the hours of the term before:
	// it knows four to eight weeks.
	term = 28 * 24 * hour
	// kept is how many values the detectors' tests remember: all there can be.
	kept = 2 * 28 * 24

	habitDays  = 14  // that say whether a campaign delivers at an hour of its day
	habitLeast = 3   // of them, before anything is said
	habitShare = 0.8 // of them, with delivery
	habitTest  = "delivery"

	promptHours = 24 // that say whether a campaign reports promptly
	promptLeast = 18 // of them, that were known by the time of Patience
)

// Origin is the start of the first hour that a verdict about the given one may
// rest on. It depends on the hour alone, so that a memory that was built just
// now and one that has been there for weeks are the same.
func Origin(start int64) int64 { return start - start%term - term }

// memory is what is known of one campaign: the detectors, and the hours at
// which it delivers. It is a function of the journal since its origin.
type memory struct {
	subject   performance.Subject
	origin    int64
	next      int64 // the first hour that it may have to see
	detectors []*anomaly.Detector
	habits    [24]habit // by the hour of the local day
	prompt    uint32    // a bit for each of the last hours with delivery
	silent    bool      // the last hour had none, and it was told
}

// habit is a bit for each of the last days: whether there was delivery.
type habit struct {
	days  uint16
	count int
}

func (h *habit) add(delivered bool) {
	h.days <<= 1
	if delivered {
		h.days |= 1
	}
	h.days &= 1<<habitDays - 1
	h.count = min(h.count+1, habitDays)
}

// share is how often there was delivery; ok is false while too little is known.
func (h *habit) share() (share float64, ok bool) {
	if h.count < habitLeast {
		return 0, false
	}
	return float64(bits.OnesCount16(h.days)) / float64(h.count), true
}

func newMemory(s performance.Subject, origin int64) *memory {
	m := &memory{subject: s, origin: origin, detectors: make([]*anomaly.Detector, len(figures))}
	for i := range figures {
		m.detectors[i] = anomaly.New(anomaly.Options{Memory: kept})
	}
	return m
}

// reportsPromptly reports whether the campaign's silence means something.
func (m *memory) reportsPromptly() bool { return bits.OnesCount32(m.prompt) >= promptLeast }

// see judges an hour and learns it.
func (m *memory) see(h *Hour) []Anomaly {
	at := time.UnixMicro(h.Start).In(m.subject.Zone)
	totals := performance.Totals{Campaign: m.subject.Campaign, Currency: m.subject.Currency, Metrics: h.Sums.Metrics()}
	habit := &m.habits[at.Hour()]
	delivered := h.delivered()
	var found []Anomaly
	for i := range figures {
		f := &figures[i]
		j, ok := performance.Judge(f.name, &totals)
		if !ok || j.Sample < j.MinSample {
			continue // not known well enough: neither judged nor learned
		}
		v := m.detectors[i].Observe(anomaly.Observation{At: at, Value: float64(j.Micros) / 1e6})
		switch {
		case !delivered:
			if f.counts == performance.Impressions && j.Unit == "" {
				found = append(found, m.noDelivery(f, h, habit, &v, &j)...)
			}
		case v.Anomalous:
			if v.Kind == anomaly.NoDelivery {
				v.Kind = anomaly.Drop // of this figure: the campaign did deliver
			}
			if f.loud(&v, &j) {
				found = append(found, finding(m.subject, f, h, &v, &j))
			}
		}
	}
	m.remember(h, habit, delivered)
	return found
}

// noDelivery tells of the first hour without delivery, and not of those that
// follow it, where there usually is some.
func (m *memory) noDelivery(f *figure, h *Hour, usual *habit, v *anomaly.Verdict, j *performance.Judged) []Anomaly {
	share, known := usual.share()
	if m.silent || !known || share < habitShare || v.Ignored != "" {
		return nil
	}
	m.silent = true
	v.Kind, v.Anomalous, v.Score = anomaly.NoDelivery, true, max(v.Score, anomaly.Threshold)
	v.Evidence = append([]anomaly.Evidence{{Test: habitTest, Usual: share, OneIn: float64(usual.count + 1)}}, v.Evidence...)
	return []Anomaly{finding(m.subject, f, h, v, j)}
}

func (m *memory) remember(h *Hour, habit *habit, delivered bool) {
	habit.add(delivered)
	m.next = h.Start + hour
	if !delivered {
		return
	}
	m.silent = false
	m.prompt <<= 1
	if h.KnownAt <= h.Start+hour+Patience.Microseconds()+hour {
		m.prompt |= 1
	}
	m.prompt &= 1<<promptHours - 1
}
