package live

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
)

// readFigures takes the totals out of a metrics event. Increments stay behind:
// frames are merged and repeated, and only totals survive that.
func readFigures(ctx context.Context, e *event.Event) []figure {
	var data struct {
		Campaigns []struct {
			ID       uuid.UUID       `json:"campaign_id"`
			Currency string          `json:"currency"`
			Totals   json.RawMessage `json:"totals"`
		} `json:"campaigns"`
	}
	if err := json.Unmarshal(e.Data, &data); err != nil {
		unreadable(ctx, e, err)
		return nil
	}
	all := make([]figure, len(data.Campaigns))
	for i, c := range data.Campaigns {
		all[i] = figure{campaign: c.ID, currency: c.Currency, totals: c.Totals}
	}
	return all
}

// figures are the newest totals of some campaigns, in the order in which the
// campaigns first appeared.
type figures struct {
	list []figure
	at   map[uuid.UUID]int
}

// figure is one campaign's totals. They are absolute: whoever sees the last one
// has missed nothing by not seeing those before.
type figure struct {
	campaign uuid.UUID
	currency string
	totals   json.RawMessage // as the event has them
	body     []byte          // the JSON object that clients get, once settled
}

// set replaces a campaign's totals by newer ones.
func (f *figures) set(newer figure) {
	if i, known := f.at[newer.campaign]; known {
		f.list[i] = newer
		return
	}
	if f.at == nil {
		f.at = map[uuid.UUID]int{}
	}
	f.at[newer.campaign] = len(f.list)
	f.list = append(f.list, newer)
}

// settle writes the objects. It waits until a frame is sent, since most totals
// are replaced before that, and is done before the frame is shared.
func (f *figures) settle() {
	for i := range f.list {
		if f.list[i].body == nil {
			f.list[i].settle()
		}
	}
}

// settle adds the KPIs to the totals. Frequency is left out: reach does not add
// up, so it is not among the totals.
func (f *figure) settle() {
	object := struct {
		Campaign uuid.UUID                  `json:"campaign_id"`
		Currency string                     `json:"currency"`
		Totals   json.RawMessage            `json:"totals"`
		KPIs     map[string]performance.KPI `json:"kpis,omitempty"`
	}{f.campaign, f.currency, f.totals, nil}
	var sums performance.Sums
	if json.Unmarshal(f.totals, &sums) == nil {
		object.KPIs = performance.KPIs(performance.Totals{Currency: f.currency, Metrics: sums.Metrics()})
		delete(object.KPIs, "frequency")
	}
	f.body, _ = json.Marshal(object) // valid parts make a valid whole
}

// encode gives a campaign's channel its object and a partner's channel a list.
func (f figures) encode(of kind) []byte {
	if of == ofCampaign {
		return f.list[0].body
	}
	b := []byte(`{"campaigns":[`)
	for i := range f.list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, f.list[i].body...)
	}
	return append(b, "]}"...)
}
