package platforms

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
)

// Config is what the use cases work with.
type Config struct {
	Accounts   AccountStore
	Placements PlacementStore
	Campaigns  Campaigns
	People     People
	Connectors map[Platform]Connector
	Cipher     *Cipher
	Now        func() time.Time
	NewID      func() uuid.UUID
}

// Service is the use cases of people: accounts, placements and what a person has
// to decide.
type Service struct{ Config }

// NewService puts the use cases on a store and the platforms.
func NewService(c Config) *Service { return &Service{c} }

func (c *Config) now() time.Time { return c.Now().UTC().Truncate(time.Microsecond) }

// access opens an account's credentials.
func (c *Config) access(s AdAccountState) (Access, Connector, error) {
	connector, ok := c.Connectors[s.Platform]
	if !ok {
		return Access{}, nil, unknownPlatform(s.Platform)
	}
	secret, err := c.Cipher.open(s)
	if err != nil {
		return Access{}, nil, err
	}
	zone, err := time.LoadLocation(s.Timezone)
	return Access{External: s.External, Currency: s.Currency, Zone: zone, Settings: s.Settings, Secret: secret}, connector, err
}

// NewAccount asks for an account to be connected.
type NewAccount struct {
	ID, Partner  uuid.UUID
	Platform     Platform
	External     string
	Settings     Settings
	Secret       Credentials
	ValidateOnly bool
}

// Connect asks the platform for the account, and keeps it with its token sealed.
// The errors are fault.ErrInvalid, ErrNoKey, ErrRefused, ErrUnreachable and
// ErrAccountConnected.
func (s *Service) Connect(ctx context.Context, by event.Origin, in NewAccount) (AdAccountState, error) {
	state := AdAccountState{ID: in.ID, Partner: in.Partner, Platform: in.Platform, External: bare(in.External), Settings: in.Settings}
	if err := checkAccount(state, in.Secret); err != nil {
		return AdAccountState{}, err
	}
	if state.ID == uuid.Nil {
		state.ID = s.NewID()
	}
	sealed, err := s.Cipher.seal(state, in.Secret)
	if err != nil {
		return AdAccountState{}, err
	}
	state.Sealed = sealed
	described, err := s.describe(ctx, state, in.Secret)
	if err != nil {
		return AdAccountState{}, err
	}
	state.Name, state.Currency, state.Timezone = described.Name, described.Currency, described.Timezone
	a := connect(by, s.now(), state)
	if in.ValidateOnly {
		return a.State(), nil
	}
	return a.State(), s.Accounts.Insert(ctx, a)
}

// describe asks the platform, and holds what it says to what we can work with.
func (s *Service) describe(ctx context.Context, state AdAccountState, secret Credentials) (Description, error) {
	connector, ok := s.Connectors[state.Platform]
	if !ok {
		return Description{}, unknownPlatform(state.Platform)
	}
	d, err := connector.Describe(ctx, Access{External: state.External, Settings: state.Settings, Secret: secret, Zone: time.UTC})
	if err != nil {
		return Description{}, shown(err)
	}
	if _, err := time.LoadLocation(d.Timezone); err != nil || !d.Currency.Valid() {
		return Description{}, ErrRefused.With("The account is in the time zone %q and the currency %q, which are not known here.", d.Timezone, d.Currency)
	}
	return d, nil
}

// Account is an ad account of the partner, or ErrAccountNotFound.
func (s *Service) Account(ctx context.Context, partner, id uuid.UUID) (AdAccountState, error) {
	a, err := s.Accounts.Get(ctx, partner, id)
	if err != nil {
		return AdAccountState{}, err
	}
	return a.State(), nil
}

// List is the partner's ad accounts, the newest first.
func (s *Service) List(ctx context.Context, partner uuid.UUID) ([]AdAccountState, error) {
	found, err := s.Accounts.List(ctx, partner)
	states := make([]AdAccountState, len(found))
	for i, a := range found {
		states[i] = a.State()
	}
	return states, err
}

// AccountPatch changes what is not nil.
type AccountPatch struct {
	Secret       *Credentials
	Settings     *Settings
	ValidateOnly bool
}

// Change gives an account new credentials or settings, after the platform has
// taken them. The errors are those of Connect, ErrAccountNotFound and ErrStale.
func (s *Service) Change(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, p AccountPatch) (AdAccountState, error) {
	a, err := s.Accounts.Get(ctx, by.Partner, id)
	if err != nil {
		return AdAccountState{}, err
	}
	state := a.State()
	if revision != 0 && revision != state.Revision {
		return AdAccountState{}, ErrStale
	}
	var secret Credentials
	if p.Settings != nil {
		interests := state.Settings.Interests // which Means changes
		state.Settings = *p.Settings
		state.Settings.Interests = interests
	}
	if p.Secret != nil {
		secret = *p.Secret
	} else if secret, err = s.Cipher.open(state); err != nil {
		return AdAccountState{}, err
	}
	if err := checkAccount(state, secret); err != nil {
		return AdAccountState{}, err
	}
	described, err := s.describe(ctx, state, secret)
	if err != nil {
		return AdAccountState{}, err
	}
	if described.Currency != state.Currency {
		return AdAccountState{}, ErrRefused.With("The account is in %s now and was connected in %s.", described.Currency, state.Currency)
	}
	if state.Sealed, err = s.Cipher.seal(state, secret); err != nil {
		return AdAccountState{}, err
	}
	if p.ValidateOnly {
		return state, nil
	}
	changed, err := s.Accounts.Update(ctx, by.Partner, id, state.Revision, func(a *Account) error {
		a.renew(by, s.now(), described, state.Settings, state.Sealed)
		return nil
	})
	if err != nil {
		return AdAccountState{}, err
	}
	return changed.State(), s.touch(ctx, state.Partner, Whose{Account: id})
}

// Disconnect forgets an account and its token. Its errors are ErrAccountNotFound,
// ErrStale and ErrAccountInUse.
func (s *Service) Disconnect(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, validateOnly bool) error {
	if !validateOnly {
		return s.Accounts.Delete(ctx, by.Partner, id, revision, func(a *Account) { a.disconnect(by, s.now()) })
	}
	a, err := s.Accounts.Get(ctx, by.Partner, id)
	if err == nil && revision != 0 && revision != a.state.Revision {
		err = ErrStale
	}
	if err != nil {
		return err
	}
	placed, err := s.Placements.Of(ctx, a.state.Partner, Whose{Account: id})
	for _, p := range placed {
		if p.state.Progress != IsEnded {
			return ErrAccountInUse
		}
	}
	return err
}

// PullNow makes the account's next pull due at once.
func (s *Service) PullNow(ctx context.Context, by event.Origin, id uuid.UUID) (AdAccountState, error) {
	a, err := s.Accounts.Update(ctx, by.Partner, id, 0, func(a *Account) error { a.pullNow(s.now()); return nil })
	if err != nil {
		return AdAccountState{}, err
	}
	return a.State(), nil
}

// unknownPlatform lists those there are.
func unknownPlatform(p Platform) error {
	return fault.ErrInvalid.WithFields(fault.Field{
		Path: "platform", Code: "unknown_value", Detail: "No platform " + string(p) + " can be connected.", Allow: "meta_ads, google_ads",
	})
}

// bare is an account's number without what people write around it: act_1234,
// 123-456-7890.
func bare(external string) string {
	digits := []byte{}
	for i := range len(external) {
		if c := external[i]; c >= '0' && c <= '9' {
			digits = append(digits, c)
		}
	}
	return string(digits)
}

// checkAccount names every field that is missing.
func checkAccount(s AdAccountState, secret Credentials) error {
	var wrong fault.Fields
	if !slices.Contains(Platforms, s.Platform) {
		return unknownPlatform(s.Platform)
	}
	if len(s.External) < 3 || len(s.External) > 20 {
		wrong.Add("external_id", "invalid_id", "This is not the number of an ad account.", "as act_1234567890, or 123-456-7890")
	}
	need := func(path, value, what string) {
		if value == "" {
			wrong.Add(path, "required", "It must be given for this platform.", what)
		}
	}
	need("credentials.token", secret.Token, "an access token of Meta, or a refresh token of Google")
	need("settings.website", s.Settings.Website, "the https address that ads lead to")
	if s.Platform == Meta {
		need("settings.page_id", s.Settings.Page, "the id of the page that ads speak for")
	} else {
		need("credentials.client_id", secret.ClientID, "of the program that the refresh token was given to")
		need("credentials.client_secret", secret.ClientSecret, "of the program that the refresh token was given to")
		need("credentials.developer_token", secret.DeveloperToken, "from the API Center of a manager account")
	}
	return wrong.Err()
}
