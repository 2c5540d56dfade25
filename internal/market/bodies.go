package market

import (
	"encoding/json"
	"strings"
)

// What the feeder sends and reads, as the public API names it.
type (
	partnerBody struct {
		Name     string `json:"name"`
		Timezone string `json:"timezone"`
		Currency string `json:"currency"`
	}
	campaignBody struct {
		Name        string     `json:"name"`
		Description string     `json:"description,omitempty"`
		Type        string     `json:"type"`
		Objective   string     `json:"objective"`
		Goals       goals      `json:"goals"`
		Budget      budgetBody `json:"budget"`
		Timezone    string     `json:"timezone"`
		Channels    []string   `json:"channels"`
		Labels      []string   `json:"labels,omitempty"`
	}
	budgetBody struct {
		Amount   string `json:"amount"`
		Currency string `json:"currency"`
	}
	amountBody    budgetBody
	targetingBody struct {
		AgeRange     *ageBody       `json:"age_range,omitempty"`
		Locations    []locationBody `json:"locations"`
		Languages    []string       `json:"languages,omitempty"`
		Interests    []string       `json:"interests,omitempty"` // IAB Audience Taxonomy
		DeviceTypes  []string       `json:"device_types,omitempty"`
		BidStrategy  *bidBody       `json:"bid_strategy,omitempty"`
		FrequencyCap *capBody       `json:"frequency_cap,omitempty"`
		Exclusions   []spareBody    `json:"exclusions,omitempty"`
	}
	spareBody struct {
		Criterion string   `json:"criterion"`
		Values    []string `json:"values"`
	}
	ageBody struct {
		Min int `json:"min"`
		Max int `json:"max"`
	}
	locationBody struct {
		Country string `json:"country"`
	}
	bidBody struct {
		Type   string      `json:"type"`
		Amount *amountBody `json:"amount,omitempty"`
	}
	capBody struct {
		Impressions int    `json:"impressions"`
		Period      string `json:"period"`
	}
	creativeBody struct {
		Name    string `json:"name"`
		Format  string `json:"format"`
		URL     string `json:"url"`
		Channel string `json:"channel"`
	}
	scheduleBody struct {
		Start  string `json:"start"`
		End    string `json:"end"`
		Launch string `json:"launch"`
	}
	keyBody struct {
		Role      string `json:"role"`
		Name      string `json:"name"`
		ExpiresAt string `json:"expires_at"`
	}
	eventBody struct {
		ID         string            `json:"event_id"`
		Campaign   string            `json:"campaign_id"`
		OccurredAt string            `json:"occurred_at"`
		Channel    string            `json:"channel,omitempty"`
		Source     string            `json:"source,omitempty"`
		Creative   string            `json:"creative,omitempty"`
		Country    string            `json:"country,omitempty"`
		Device     string            `json:"device,omitempty"`
		Metrics    metricsBody       `json:"metrics"`
		Metadata   map[string]string `json:"metadata,omitempty"`
	}
	metricsBody struct {
		Impressions int64  `json:"impressions,omitempty"`
		Clicks      int64  `json:"clicks,omitempty"`
		Conversions int64  `json:"conversions,omitempty"`
		Reach       int64  `json:"reach,omitempty"`
		Spend       string `json:"spend,omitempty"`
		Revenue     string `json:"revenue,omitempty"`
	}
)

// campaign is what the feeder reads of one.
type campaign struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Type     string   `json:"type"`
	Status   string   `json:"status"`
	Currency string   `json:"currency"`
	Timezone string   `json:"timezone"`
	Channels []string `json:"channels"`
}

// goals are targets by metric: counts and ratios as numbers, money and exact
// ratios as decimal strings.
type goals map[string]any

func countries(codes ...string) []locationBody {
	list := make([]locationBody, len(codes))
	for i, code := range codes {
		list[i] = locationBody{code}
	}
	return list
}

func creative(name, format, channel string) creativeBody {
	file := strings.ToLower(strings.ReplaceAll(name, " ", "-"))
	return creativeBody{name, format, "https://andes-outdoor.example/ads/" + file, channel}
}

// MarshalJSON writes the goals as the API takes them.
func (g goals) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]map[string]any{"target_metrics": g})
}
