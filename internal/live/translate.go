package live

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// kinds says which message an event becomes; a name that ends in a dot stands
// for all events that begin with it. Events that are not listed are not shown.
var kinds = map[string]string{
	"performance.kpi_threshold_reached": typeKPI,
	"performance.anomaly_detected":      typeAnomaly,
	"performance.significant_change":    typeMetrics, // a note beside the totals, never merged with them
	"campaign.":                         typeNotification,
	"budget.":                           typeBudget,
	"alert.":                            typeAlert,
}

func kindOf(eventType string) string {
	if k, ok := kinds[eventType]; ok {
		return k
	}
	family, _, _ := strings.Cut(eventType, ".")
	return kinds[family+"."]
}

// update is an event as clients see it.
type update struct {
	kind     string
	campaign uuid.UUID // zero when it concerns none
	data     []byte
}

// translate makes an update of an event: its data, and which event it was, of
// which campaign.
func translate(ctx context.Context, e *event.Event) (update, bool) {
	u := update{kind: kindOf(e.Type)}
	if u.kind == "" {
		return u, false
	}
	facts := map[string]json.RawMessage{}
	if err := json.Unmarshal(e.Data, &facts); err != nil {
		unreadable(ctx, e, err)
		return u, false
	}
	u.campaign = campaignOf(e, facts)
	if u.campaign != uuid.Nil {
		facts["campaign_id"] = quote(u.campaign.String())
	}
	facts["event"] = quote(e.Type)
	facts["event_id"] = quote(e.ID.String())
	if _, said := facts["by"]; !said {
		facts["by"] = quote(string(e.Origin.Kind))
	}
	data, err := json.Marshal(facts)
	if err != nil {
		unreadable(ctx, e, err)
		return u, false
	}
	u.data = data
	return u, true
}

func quote(s string) json.RawMessage { return json.RawMessage(`"` + s + `"`) }

// campaignOf finds the campaign that an event concerns: its aggregate, or the
// one that its data names.
func campaignOf(e *event.Event, facts map[string]json.RawMessage) uuid.UUID {
	if e.Aggregate == string(ofCampaign) {
		return e.AggregateID
	}
	var id uuid.UUID
	if raw, ok := facts["campaign_id"]; ok && json.Unmarshal(raw, &id) != nil {
		return uuid.Nil
	}
	return id
}

// unreadable notes an event whose data is not what its type promises. It is
// skipped: holding up the partner's live updates would not make it better.
func unreadable(ctx context.Context, e *event.Event, err error) {
	slog.ErrorContext(ctx, "event not shown live: its data cannot be read",
		"event_type", e.Type, "event", e.ID, "partner", e.Partner, "seq", e.Seq, "error", err)
}
