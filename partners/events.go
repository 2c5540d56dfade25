package partners

import (
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
)

// Created is the beginning of a partner.
type Created struct {
	Name     string          `json:"name"`
	Timezone string          `json:"timezone"`
	Currency money.Currency  `json:"currency"`
	Limits   Limits          `json:"limits"`
	Flags    map[string]bool `json:"flags"`
	Contract Contract        `json:"contract"`
}

func (Created) EventType() string { return "partner.created" }

// Updated lists what changed of a partner.
type Updated struct {
	Changes []event.Change `json:"changes"`
}

func (Updated) EventType() string { return "partner.updated" }

// KeyIssued says that a key was made. It does not hold the secret.
type KeyIssued struct {
	Key       uuid.UUID  `json:"key_id"`
	Role      Role       `json:"role"`
	Name      string     `json:"name"`
	Prefix    string     `json:"prefix"`
	ExpiresAt *time.Time `json:"expires_at"`
}

func (KeyIssued) EventType() string { return "partner.key_issued" }

// KeyRevoked says that a key stopped working; its open connections and sessions
// are to be closed.
type KeyRevoked struct {
	Key uuid.UUID `json:"key_id"`
}

func (KeyRevoked) EventType() string { return "partner.key_revoked" }
