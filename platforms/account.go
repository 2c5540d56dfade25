package platforms

import (
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
)

// Platform names an ad platform, as sources of metric events are named.
type Platform string

// The platforms that can be connected.
const (
	Meta   Platform = "meta_ads"
	Google Platform = "google_ads"
)

// Platforms are all of them.
var Platforms = []Platform{Meta, Google}

// Status says whether an account can be used.
type Status string

const (
	Connected    Status = "connected"
	TokenExpired Status = "token_expired" // the platform wants a new token; nothing is sent or pulled until then
)

// Settings are what the platform needs to know beside the campaign.
type Settings struct {
	Website string `json:"website,omitempty"`           // where ads lead to
	Page    string `json:"page_id,omitempty"`           // Meta: the page that ads speak for
	Pixel   string `json:"pixel_id,omitempty"`          // Meta: what counts conversions
	Login   string `json:"login_customer_id,omitempty"` // Google: the manager account that the token is for
	// Google: the numbers of the pictures that display ads are made with, in the
	// account's asset library: one of 1.91:1 and one of 1:1.
	Landscape string `json:"landscape_asset,omitempty"`
	Square    string `json:"square_asset,omitempty"`
	// Interests are the platform's, by the ids of the IAB Audience Taxonomy.
	Interests map[string]PlatformInterest `json:"interests,omitempty"`
}

// AdAccountState is an ad account as it is stored and shown. It holds no token.
type AdAccountState struct {
	ID       uuid.UUID      `json:"id"`
	Partner  uuid.UUID      `json:"partner_id"`
	Revision int64          `json:"revision"`
	Platform Platform       `json:"platform"`
	External string         `json:"external_id"` // Meta: digits; Google: ten digits
	Name     string         `json:"name"`        // at the platform
	Currency money.Currency `json:"currency"`
	Timezone string         `json:"timezone"` // its days are the platform's days
	Status   Status         `json:"status"`
	Settings Settings       `json:"settings"`
	Problem  *Failure       `json:"problem,omitempty"` // of the last call, while it lasts
	LastPull *Pull          `json:"last_pull,omitempty"`
	// NextPullAt is when delivery is next pulled; nil while the token is bad.
	NextPullAt *time.Time `json:"next_pull_at,omitempty"`
	CreatedAt  time.Time  `json:"created_at"`
	UpdatedAt  time.Time  `json:"updated_at"`

	Sealed []byte `json:"-"` // the credentials; the store keeps them apart
}

// Account is a partner's account at a platform.
type Account struct {
	state AdAccountState
	rec   event.Recorder
}

// connect makes an account that the platform has described.
func connect(by event.Origin, at time.Time, s AdAccountState) *Account {
	s.Status, s.CreatedAt, s.NextPullAt = Connected, at, &at
	a := &Account{state: s}
	a.revise(by, at, "ad_account.connected")
	return a
}

// RestoreAccount is a stored account.
func RestoreAccount(s AdAccountState) *Account { return &Account{state: s} }

// State is what the store keeps.
func (a *Account) State() AdAccountState { return a.state }

// PullEvents hands the pending events to the store.
func (a *Account) PullEvents() []event.Event { return a.rec.Pull() }

// renew takes new credentials, settings, or both. Whatever was wrong with the
// old token is over.
func (a *Account) renew(by event.Origin, at time.Time, d Description, s Settings, sealed []byte) {
	a.state.Name, a.state.Settings, a.state.Sealed = d.Name, s, sealed
	a.state.Status, a.state.Problem, a.state.NextPullAt = Connected, nil, &at
	a.revise(by, at, "ad_account.changed")
}

// refused notes that the platform wants a new token.
func (a *Account) refused(by event.Origin, at time.Time, f *Failure) {
	if a.state.Status == TokenExpired {
		return
	}
	a.state.Status, a.state.Problem, a.state.NextPullAt = TokenExpired, f, nil
	a.revise(by, at, "ad_account.token_expired")
}

// pulled notes a pull and when the next one is due. It is no change of the
// settings: a pull every few minutes would bury what happened.
func (a *Account) pulled(p Pull, next time.Time) {
	a.state.LastPull = &p
	if a.state.Status == Connected {
		a.state.NextPullAt, a.state.Problem = &next, p.Problem
	}
}

// pullNow makes a pull due.
func (a *Account) pullNow(at time.Time) {
	if a.state.Status == Connected {
		a.state.NextPullAt = &at
	}
}

// disconnect ends the account.
func (a *Account) disconnect(by event.Origin, at time.Time) {
	a.revise(by, at, "ad_account.disconnected")
}

// AccountChanged is the body of ad_account.connected, ad_account.changed,
// ad_account.token_expired and ad_account.disconnected: the account as it then
// is.
type AccountChanged struct {
	kind string
	AdAccountState
}

// EventType is the event's public name.
func (c AccountChanged) EventType() string { return c.kind }

func (a *Account) revise(by event.Origin, at time.Time, kind string) {
	by.Partner = a.state.Partner
	a.state.Revision++
	a.state.UpdatedAt = at
	a.rec.Record("ad_account", a.state.ID, a.state.Revision, at, by, AccountChanged{kind, a.state})
}
