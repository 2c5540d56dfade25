package lookout

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/anomaly"
)

// Anomaly is an hour of a campaign that was unusual in one figure. It is never
// changed.
type Anomaly struct {
	ID         uuid.UUID `json:"id"`
	Partner    uuid.UUID `json:"partner_id"`
	Campaign   uuid.UUID `json:"campaign_id"`
	DetectedAt time.Time `json:"detected_at"`
	Facts
}

// Facts are what an anomaly is. Figures are decimals: 0.02 of a ctr, 12.5 of
// the currency, 1000 clicks.
type Facts struct {
	KPI        string               `json:"kpi"`
	Unit       string               `json:"unit"` // count, fraction, ratio or money
	Currency   string               `json:"currency,omitempty"`
	Bucket     string               `json:"bucket"` // hour
	From       time.Time            `json:"from"`
	To         time.Time            `json:"to"`
	Kind       anomaly.Kind         `json:"kind"`
	Observed   string               `json:"observed"`
	Expected   Range                `json:"expected"`
	Score      float64              `json:"score"` // 0.5 to 1
	Confidence anomaly.Confidence   `json:"confidence"`
	Severity   performance.Severity `json:"severity"`
	Sample     int64                `json:"sample"` // what the figure rests on
	Evidence   []Evidence           `json:"evidence"`
	KnownAt    time.Time            `json:"known_at"` // what had been recorded when it was judged
}

// Range is where a value was expected: 95 % of the hours before lay as close.
type Range struct {
	Low  string `json:"low"`
	Mid  string `json:"mid"`
	High string `json:"high"`
}

// Evidence is one test that found the hour unusual: point, season, shift,
// unrest, long_unrest and still are the detector's, delivery is how often there
// was any at this hour of the day.
type Evidence = anomaly.Evidence

// Detected is the body of performance.anomaly_detected.
type Detected struct {
	ID uuid.UUID `json:"anomaly_id"`
	Facts
}

// EventType is the event's public name.
func (Detected) EventType() string { return "performance.anomaly_detected" }

// Event announces the anomaly.
func (a *Anomaly) Event() event.Event {
	var rec event.Recorder
	rec.Record("campaign", a.Campaign, 0, a.DetectedAt, event.Origin{
		Partner: a.Partner, Kind: event.ActorReaction, ID: "anomalies", From: "metrics",
	}, Detected{a.ID, a.Facts})
	return rec.Pull()[0]
}

// IDOf is the anomaly's id: a UUIDv7 of the hour's start, so that ids are in
// the order of what they are about, with a digest in the place of chance, so
// that whoever finds it again gives it the same.
func IDOf(campaign uuid.UUID, kpi string, start int64) uuid.UUID {
	digest := sha256.New()
	digest.Write(campaign[:])
	digest.Write([]byte(kpi))
	_ = binary.Write(digest, binary.BigEndian, start)
	var id uuid.UUID
	copy(id[:], digest.Sum(nil))
	var millis [8]byte
	binary.BigEndian.PutUint64(millis[:], uint64(start/1000))
	copy(id[:6], millis[2:])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}

// rarest is as rare as a past of weeks can tell.
const rarest = 1e6

// The scores at which an anomaly becomes more urgent.
const (
	marked   = 0.6
	striking = 0.75
)

// severity is LOW below a score of 0.6, MEDIUM below 0.75 and HIGH from there;
// one step up when it is for the worse (dearer, or less of what is wanted), one
// step down while confidence is low, and HIGH at least when nothing is
// delivered.
func severity(kind anomaly.Kind, score float64, worse bool, sure anomaly.Confidence) performance.Severity {
	step := 0
	if score >= marked {
		step++
	}
	if score >= striking {
		step++
	}
	if worse {
		step++
	}
	if sure == anomaly.Low {
		step--
	}
	if kind == anomaly.NoDelivery {
		step = max(step, slices.Index(performance.Severities, performance.SeverityHigh))
	}
	return performance.Severities[max(0, min(step, len(performance.Severities)-1))]
}

// finding makes an anomaly of a verdict.
func finding(s performance.Subject, f *figure, h *Hour, v *anomaly.Verdict, j *performance.Judged) Anomaly {
	start := time.UnixMicro(h.Start).UTC()
	worse := v.Observed < v.Expected.Mid == (f.worse == anomaly.Drop)
	a := Anomaly{ID: IDOf(s.Campaign, f.name, h.Start), Partner: s.Partner, Campaign: s.Campaign, Facts: Facts{
		KPI: f.name, Unit: string(j.Unit), Bucket: "hour", From: start, To: start.Add(time.Hour), Kind: v.Kind,
		Observed: performance.Decimal(j.Micros),
		Expected: Range{Low: decimal(max(0, v.Expected.Low)), Mid: decimal(v.Expected.Mid), High: decimal(v.Expected.High)},
		Score:    math.Round(v.Score*1000) / 1000, Confidence: v.Confidence,
		Severity: severity(v.Kind, v.Score, worse, v.Confidence), Sample: j.Sample,
		KnownAt: time.UnixMicro(h.KnownAt).UTC(),
	}}
	for _, e := range v.Evidence {
		a.Evidence = append(a.Evidence, Evidence{Test: e.Test, Value: rounded(e.Value), Usual: rounded(e.Usual), OneIn: math.Round(min(e.OneIn, rarest))})
	}
	switch j.Unit {
	case "":
		a.Unit = "count"
	case performance.Amount:
		a.Currency = s.Currency
	}
	return a
}

// decimal writes an estimate with as many digits as it is worth.
func decimal(v float64) string {
	return performance.Decimal(int64(math.Round(min(max(rounded(v), -maxUnits), maxUnits) * money.Unit)))
}

// maxUnits keeps an estimate within the range of micros.
const maxUnits = 9e12

// rounded keeps four digits.
func rounded(v float64) float64 {
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	if err != nil {
		return v
	}
	return short
}
