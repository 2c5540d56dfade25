package conformance

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/platforms"
)

// PlatformStore is where ad accounts, placements and platforms' rows are kept.
type PlatformStore struct {
	Accounts   platforms.AccountStore
	Placements platforms.PlacementStore
	Rows       platforms.RowStore
}

// Platforms holds the stores of ad platforms to their ports.
func Platforms(t *testing.T, b Backend) {
	cases{
		"an ad account is connected once a partner, and is another's as missing": adAccountStored,
		"a campaign is placed once on an account, until that placement ends":     placementOnce,
		"what is reserved is posted by whoever comes upon it, and settled once":  rowsReserved,
		"rows that did not change are not reserved, and a dropped one is again":  rowsUnchanged,
	}.run(t, b)
}

// anyPlatform has every account and takes every campaign.
type anyPlatform struct{ platforms.Connector }

func (anyPlatform) Describe(context.Context, platforms.Access) (platforms.Description, error) {
	return platforms.Description{Name: "Andes", Currency: "USD", Timezone: "UTC"}, nil
}

func (anyPlatform) Outline(platforms.Access, platforms.Draft) (platforms.Outline, error) {
	return platforms.Outline{}, nil
}

// anyDraft is a campaign that costs 100 USD.
type anyDraft struct{}

func (anyDraft) Draft(context.Context, uuid.UUID, uuid.UUID, int) (platforms.Draft, error) {
	return platforms.Draft{Budget: money.New(100*money.Unit, "USD")}, nil
}

// connected is a partner with an ad account over the backend.
type connected struct {
	world
	*platforms.Service
	by      event.Origin
	account platforms.AdAccountState
}

func (w world) connected() connected {
	w.Helper()
	cipher, err := platforms.NewCipher(base64.StdEncoding.EncodeToString(make([]byte, 32)), rand.Reader)
	w.must(err)
	c := connected{world: w, by: operator, Service: platforms.NewService(platforms.Config{
		Accounts: w.Platforms.Accounts, Placements: w.Platforms.Placements, Campaigns: anyDraft{}, Cipher: cipher, Now: w.Now, NewID: newID,
		Connectors: map[platforms.Platform]platforms.Connector{platforms.Meta: anyPlatform{}},
	})}
	c.by.Partner = w.partner()
	c.account, err = c.connect()
	w.must(err)
	return c
}

func (c connected) connect() (platforms.AdAccountState, error) {
	return c.Connect(c.Context(), c.by, platforms.NewAccount{
		Partner: c.by.Partner, Platform: platforms.Meta, External: "act_1000200030004000", Secret: platforms.Credentials{Token: "secret"},
		Settings: platforms.Settings{Website: "https://example.com/", Page: "1"},
	})
}

func adAccountStored(w world) {
	c := w.connected()
	if _, err := c.connect(); !errors.Is(err, platforms.ErrAccountConnected) {
		w.Errorf("connected twice: %v", err)
	}
	if _, err := c.Account(w.Context(), newID(), c.account.ID); !errors.Is(err, platforms.ErrAccountNotFound) {
		w.Errorf("another partner reads it: %v", err)
	}
	found, err := c.Account(w.Context(), c.by.Partner, c.account.ID)
	w.must(err)
	if found.Name != "Andes" || len(found.Sealed) == 0 || found.NextPullAt == nil {
		w.Errorf("read as %+v", found)
	}
	if _, err := c.Change(w.Context(), c.by, c.account.ID, 7, platforms.AccountPatch{}); fault.KindOf(err) != fault.Stale {
		w.Errorf("a stale change: %v", err)
	}
	due, err := w.Platforms.Accounts.Due(w.Context(), w.now().Add(time.Second), 10_000)
	w.must(err)
	mine := 0
	for _, ref := range due {
		if ref == (platforms.Ref{Partner: c.by.Partner, ID: c.account.ID}) {
			mine++
		}
	}
	if mine != 1 {
		w.Errorf("due %d times", mine)
	}
	w.must(c.Disconnect(w.Context(), c.by, c.account.ID, found.Revision, false))
	if all, err := c.List(w.Context(), c.by.Partner); err != nil || len(all) != 0 {
		w.Errorf("still there: %v %v", all, err)
	}
}

func placementOnce(w world) {
	c := w.connected()
	in := platforms.NewPlacement{Campaign: newID(), Account: c.account.ID, Percent: 50}
	p, err := c.Place(w.Context(), c.by, in)
	w.must(err)
	if _, err := c.Place(w.Context(), c.by, in); !errors.Is(err, platforms.ErrPlaced) {
		w.Errorf("placed twice: %v", err)
	}
	if err := c.Disconnect(w.Context(), c.by, c.account.ID, 0, false); !errors.Is(err, platforms.ErrAccountInUse) {
		w.Errorf("disconnected in use: %v", err)
	}
	if _, err := c.Placement(w.Context(), newID(), p.ID); !errors.Is(err, platforms.ErrPlacementNotFound) {
		w.Errorf("another partner reads it: %v", err)
	}
	_, err = w.Platforms.Placements.Update(w.Context(), c.by.Partner, p.ID, 0, func(p *platforms.Placement) error {
		s := p.State()
		s.Progress, s.DueAt = platforms.IsEnded, nil
		*p = *platforms.RestorePlacement(s)
		return nil
	})
	w.must(err)
	if _, err := c.Place(w.Context(), c.by, in); err != nil {
		w.Errorf("not placed anew: %v", err)
	}
	if all, err := c.PlacementsOf(w.Context(), c.by.Partner, platforms.Whose{Account: c.account.ID}); err != nil || len(all) != 2 {
		w.Errorf("%d placements: %v", len(all), err)
	}
}

func rowsReserved(w world) {
	rows, at := w.Platforms.Rows, platforms.Ref{Partner: newID(), ID: newID()}
	key := newID()
	first := map[platforms.RowKey]platforms.Reservation{key: {Day: 20_000, Figures: platforms.Figures{Impressions: 10, Spend: 5}}}
	later := map[platforms.RowKey]platforms.Reservation{key: {Day: 20_000, Figures: platforms.Figures{Impressions: 30, Spend: 9}}}
	one, err := rows.Reserve(w.Context(), at, first)
	w.must(err)
	two, err := rows.Reserve(w.Context(), at, later) // another node, or after a crash
	w.must(err)
	for _, k := range []platforms.Known{one[key], two[key]} {
		if k.Pending == nil || *k.Pending != first[key].Figures || k.Version != 0 {
			w.Errorf("pending: %+v", k)
		}
	}
	for range 2 { // both settle; the second one changes nothing
		w.must(rows.Settle(w.Context(), at, map[platforms.RowKey]int64{key: 0}))
	}
	three, err := rows.Reserve(w.Context(), at, later)
	w.must(err)
	if k := three[key]; k.Version != 1 || k.Figures != first[key].Figures || k.Pending == nil || *k.Pending != later[key].Figures {
		w.Errorf("after it was settled: %+v", k)
	}
}

func rowsUnchanged(w world) {
	rows, at := w.Platforms.Rows, platforms.Ref{Partner: newID(), ID: newID()}
	all := map[platforms.RowKey]platforms.Reservation{}
	for i := range 1200 {
		all[newID()] = platforms.Reservation{Day: 20_000, Figures: platforms.Figures{Clicks: int64(i)}}
	}
	known, err := rows.Reserve(w.Context(), at, all)
	w.must(err)
	versions := map[platforms.RowKey]int64{}
	for key, k := range known {
		if k.Pending != nil {
			versions[key] = k.Version
		}
	}
	if len(versions) != 1199 { // one row has no figures at all
		w.Fatalf("%d rows are pending", len(versions))
	}
	w.must(rows.Drop(w.Context(), at, maps.Clone(versions)))
	known, err = rows.Reserve(w.Context(), at, all)
	w.must(err)
	for key := range versions {
		if known[key].Pending == nil {
			w.Fatal("a dropped row is not reserved again")
		}
	}
	w.must(rows.Settle(w.Context(), at, versions))
	known, err = rows.Reserve(w.Context(), at, all)
	w.must(err)
	for _, k := range known {
		if k.Pending != nil {
			w.Fatalf("unchanged and pending: %+v", k)
		}
	}
	w.must(rows.Forget(w.Context(), at, 20_001))
}
