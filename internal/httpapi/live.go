package httpapi

import (
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
)

// liveMessage is what live connections say; package live writes it. Members
// that stand here are those a client may rely on.
type liveMessage struct {
	Type string    `json:"type" enum:"snapshot,resync,metrics_update,kpi_threshold,anomaly,alert,campaign_notification,budget_update" doc:"Clients leave out types that they do not know."`
	Seq  int64     `json:"seq" doc:"Of the last event inside; it only grows. Return with the last one you have had."`
	At   time.Time `json:"at"`
	Data liveData  `json:"data"`
}

// liveData is a campaign's state in a snapshot, its totals in a metrics update,
// and otherwise an event as GET /events shows it.
type liveData struct {
	_ struct{} `additionalProperties:"true"`

	liveCampaign
	Partner   *uuid.UUID     `json:"partner_id,omitempty" doc:"In a partner's snapshot."`
	Campaigns []liveCampaign `json:"campaigns,omitempty" doc:"In a partner's snapshot and metrics updates: each campaign."`
	Event     string         `json:"event,omitempty" doc:"In every other message: the type of its event, such as campaign.paused." example:"campaign.paused"`
	EventID   *uuid.UUID     `json:"event_id,omitempty"`
	By        string         `json:"by,omitempty" doc:"Who caused the event."`
	Reason    string         `json:"reason,omitempty" doc:"In resync: why what was missed cannot be told."`
}

type liveCampaign struct {
	_ struct{} `additionalProperties:"true"`

	Campaign *uuid.UUID                 `json:"campaign_id,omitempty"`
	Currency string                     `json:"currency,omitempty"`
	Totals   *liveTotals                `json:"totals,omitempty" doc:"So far, never increments; what is not there is 0."`
	KPIs     map[string]performance.KPI `json:"kpis,omitempty"`
}

type liveTotals struct {
	Impressions int64  `json:"impressions,omitempty"`
	Clicks      int64  `json:"clicks,omitempty"`
	Conversions int64  `json:"conversions,omitempty"`
	Leads       int64  `json:"leads,omitempty"`
	Spend       string `json:"spend,omitempty" doc:"Decimal string, in the campaign's currency."`
	Revenue     string `json:"revenue,omitempty" doc:"As spend."`
}

// servedLive marks the operations that package live answers in place of this
// one.
const servedLive = "live"

const aboutLive = "A snapshot first, then updates, one JSON object each. Come back with the seq of the last one: what was missed follows, or the word resync and a new snapshot; never a silent gap. "

// describeLive writes the live connections into the contract.
func (s *Server) describeLive() {
	message := schemaOf[liveMessage](s.api.OpenAPI().Components.Schemas)
	for _, of := range []struct{ path, name, what string }{
		{"/campaigns", "campaign", "a campaign"}, {"/partners", "partner", "all campaigns of a partner"},
	} {
		events := huma.Operation{
			Method: http.MethodGet, Path: of.path + "/{id}/live", OperationID: "follow-" + of.name, Summary: "Watch " + of.what + " live, as Server-Sent Events",
			Description: aboutLive + "The data of each event is a LiveMessage, its id the seq, which browsers send back by themselves.",
		}
		s.describeStream(&events, "200", &huma.Response{
			Description: "Events without end.", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: message}},
		})
		socket := huma.Operation{
			Method: http.MethodGet, Path: of.path + "/{id}/ws", OperationID: "open-" + of.name + "-socket", Summary: "Watch " + of.what + " live, over a WebSocket",
			Description: aboutLive + "Every text message is a LiveMessage; what a client says is not listened to. Closed with 1012, 1013 or 4000 come back, with 4401 get a valid credential first. " +
				"The same channels, campaign:<id> and partner:<id>, are at /connection/websocket in the protocol of centrifuge.",
		}
		s.describeStream(&socket, "101", &huma.Response{Description: "Switching Protocols: each message is a LiveMessage."})
	}
}

func (s *Server) describeStream(op *huma.Operation, status string, opened *huma.Response) {
	op.Metadata = map[string]any{"action": partners.ActionRead, servedLive: true}
	op.Errors = []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusServiceUnavailable}
	op.Parameters = []*huma.Param{
		{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString, Format: "uuid"}},
		{Name: "last_seq", In: "query", Description: "The seq of the last message you have had.", Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"}},
		{Name: "Last-Event-ID", In: "header", Description: "As last_seq, before which it goes.", Schema: &huma.Schema{Type: huma.TypeString}},
	}
	s.describe(op, status, nil)
	op.Responses[status] = opened
}
