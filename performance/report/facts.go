package report

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Facts are what a report says besides numbers. They have no known_at of their
// own, so that they are kept with the first report that used them.
type Facts struct {
	At          time.Time  `json:"at"`
	Partner     string     `json:"partner"`
	PartnerZone string     `json:"partner_timezone"`
	Campaigns   []Campaign `json:"campaigns"` // in the order of their ids
	Alerts      []Alert    `json:"alerts"`    // open ones, the newest first
	MoreAlerts  bool       `json:"more_alerts,omitempty"`
}

// Campaign is one campaign of a report.
type Campaign struct {
	ID       uuid.UUID `json:"id"`
	Name     string    `json:"name"`
	Status   string    `json:"status"`
	Currency string    `json:"currency"`
	Timezone string    `json:"timezone"`
	Budget   *Budget   `json:"budget,omitempty"`
}

// Budget is a campaign's limit, in micros of its currency.
type Budget struct {
	Daily bool  `json:"daily,omitempty"` // the limit of each local day, rather than of everything
	Limit int64 `json:"limit"`
}

// Alert is an open alert.
type Alert struct {
	Campaign uuid.UUID      `json:"campaign_id"`
	Kind     string         `json:"kind"`
	Subject  string         `json:"subject,omitempty"`
	Severity string         `json:"severity"`
	State    string         `json:"state"`
	Title    string         `json:"title"`
	Facts    map[string]any `json:"facts,omitempty"`
	FiredAt  time.Time      `json:"fired_at"`
}

// Source reads the facts of a partner's scope. It fails with NotFound for a
// campaign that is not the partner's.
type Source interface {
	Facts(ctx context.Context, partner uuid.UUID, campaigns []uuid.UUID) (Facts, error)
	// Partner is the zone in which a partner's periods are named.
	Zone(ctx context.Context, partner uuid.UUID) (string, error)
}
