package performance

import (
	"bytes"
	"encoding/json"
	"iter"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
)

// TargetCrossed says that a KPI came to the other side of its target, once per
// crossing. Numbers are decimals: 0.02 of a ctr, 12.5 of a cost, 1000 clicks.
type TargetCrossed struct {
	KPI       string `json:"kpi"`
	Target    string `json:"target"`
	Actual    string `json:"actual"`
	Direction string `json:"direction"` // reached, missed or recovered
	Severity  string `json:"severity"`
	Sample    int64  `json:"sample"` // how many facts it rests on
}

// EventType is the event's public name.
func (TargetCrossed) EventType() string { return "performance.kpi_threshold_reached" }

// SignificantChange says that a KPI moved by at least 30 % from one hour to the
// next, at most once per KPI and hour.
type SignificantChange struct {
	KPI    string    `json:"kpi"`
	Hour   time.Time `json:"hour"` // the start of the later one
	Before string    `json:"before"`
	After  string    `json:"after"`
	Change string    `json:"change"` // a fraction: -0.4 is 40 % less
	Better bool      `json:"better"`
	Sample int64     `json:"sample"`
}

// EventType is the event's public name.
func (SignificantChange) EventType() string { return "performance.significant_change" }

// TypeUpdated is the event that every commit appends for each of its partners:
// {"campaigns":[{"campaign_id","currency","accepted","delta":{...},"totals":{...}}]}.
// delta and totals have impressions, clicks, conversions and leads as numbers,
// and spend and revenue as decimal strings; what is 0 is left out. An old one
// has no campaigns and "thinned":true: its figures are in the log of events.
const TypeUpdated = "performance.metrics_updated"

// Updated is the body of a performance.metrics_updated event, for reading.
type Updated struct {
	Campaigns []CampaignUpdate `json:"campaigns"`
}

// CampaignUpdate is what a commit changed for one campaign.
type CampaignUpdate struct {
	Campaign uuid.UUID `json:"campaign_id"`
	Currency string    `json:"currency"`
	Accepted int64     `json:"accepted"`
	Delta    Sums      `json:"delta"`
	Totals   Sums      `json:"totals"`
}

// Sums are the metrics that add up.
type Sums [NumSums]int64

// UpdatedEvent announces a partner's part of a commit. totals are those after
// it, in the order of its parts. The body is written by hand, because one is
// written at every commit and names every campaign in it.
func UpdatedEvent(p *PartnerPart, totals []*Cell, at time.Time) event.Event {
	body := append(make([]byte, 0, 32+320*len(p.Parts)), `{"campaigns":[`...)
	for i, part := range p.Parts {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, `{"campaign_id":"`...)
		body = append(body, part.Campaign.String()...)
		body = append(body, `","currency":"`...)
		body = append(body, part.Currency...)
		body = append(body, `","accepted":`...)
		body = strconv.AppendInt(body, part.Total.Events, 10)
		body = append(body, `,"delta":`...)
		body = Sums(part.Total.Sums).appendJSON(body)
		body = append(body, `,"totals":`...)
		body = Sums(totals[i].Sums).appendJSON(body)
		body = append(body, '}')
	}
	return event.Event{
		ID: uuid.Must(uuid.NewV7()), Partner: p.Partner, Type: TypeUpdated, Aggregate: "partner", AggregateID: p.Partner,
		OccurredAt: at, Origin: p.By, Data: append(body, "]}"...),
	}
}

// UpdatedCampaigns are the campaigns that a performance.metrics_updated event
// names. It looks for them in the text: every commit has one, of which this is
// all that most readers want.
func UpdatedCampaigns(data []byte) iter.Seq[uuid.UUID] {
	const before, length = `"campaign_id":"`, 36
	return func(yield func(uuid.UUID) bool) {
		for {
			i := bytes.Index(data, []byte(before))
			if i < 0 || len(data) < i+len(before)+length {
				return
			}
			data = data[i+len(before):]
			if id, err := uuid.ParseBytes(data[:length]); err == nil && !yield(id) {
				return
			}
			data = data[length:]
		}
	}
}

func (s Sums) appendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	open := len(dst)
	for m := range Reach {
		if s[m] == 0 {
			continue
		}
		if len(dst) > open {
			dst = append(dst, ',')
		}
		dst = append(dst, '"')
		dst = append(dst, m.String()...)
		dst = append(dst, `":`...)
		if !m.IsMoney() {
			dst = strconv.AppendInt(dst, s[m], 10)
			continue
		}
		dst = append(dst, '"')
		dst = money.AppendMicros(dst, s[m])
		dst = append(dst, '"')
	}
	return append(dst, '}')
}

// MarshalJSON writes the form described at TypeUpdated.
func (s Sums) MarshalJSON() ([]byte, error) { return s.appendJSON(nil), nil }

// UnmarshalJSON reads it back.
func (s *Sums) UnmarshalJSON(data []byte) error {
	var read struct {
		Impressions, Clicks, Conversions, Leads int64
		Spend, Revenue                          string
	}
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	*s = Sums{Impressions: read.Impressions, Clicks: read.Clicks, Conversions: read.Conversions, Leads: read.Leads}
	for m, text := range map[Metric]string{Spend: read.Spend, Revenue: read.Revenue} {
		if text == "" {
			continue
		}
		amount, err := money.ParseMicros(text)
		if err != nil {
			return err
		}
		s[m] = amount
	}
	return nil
}

// SumsOf is the part of metrics that adds up.
func SumsOf(m Metrics) Sums {
	return Sums{m.Impressions, m.Clicks, m.Conversions, m.Leads, m.Spend, m.Revenue}
}

// Metrics returns the sums as Metrics, for KPIs.
func (s Sums) Metrics() Metrics {
	return Metrics{
		Impressions: s[Impressions], Clicks: s[Clicks], Conversions: s[Conversions], Leads: s[Leads],
		Spend: s[Spend], Revenue: s[Revenue],
	}
}
