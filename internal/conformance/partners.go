package conformance

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/partners"
)

// Partners holds the stores of partners, keys and sessions to their ports.
func Partners(t *testing.T, b Backend) {
	cases{
		"a partner is read as it was stored":              partnerStored,
		"a taken partner id is ErrExists":                 takenPartner,
		"of edits of one revision exactly one wins":       partnerRace,
		"an error of the change leaves nothing":           failedPartner,
		"a change that changes nothing writes nothing":    emptyPartner,
		"a key is found by its hash and by its id":        keyFound,
		"a taken hash is ErrExists":                       takenHash,
		"another partner's key is as a missing one":       foreignKey,
		"an administrator's key has a log of its own":     adminKey,
		"a session lasts as it is used":                   session,
		"a link is taken once, by one of many":            linkOnce,
		"a reusable link can be followed again":           linkAgain,
		"a link that is over is not there":                linkOver,
		"what has expired is forgotten, the rest is kept": expired,
	}.run(t, b)
}

func partnerStored(w world) {
	five, until := 5, w.now().Add(time.Hour)
	p, err := partners.New(operator, w.now(), newID(), partners.NewPartner{
		Name: "Andes", Timezone: "America/Bogota", Currency: "COP", Flags: map[string]bool{"a": true},
		Limits: partners.Limits{ActiveCampaigns: &five}, Contract: &partners.Contract{Active: true, Reference: "7", Until: &until},
	})
	w.must(err)
	want := p.State()
	w.must(w.Partners.Insert(w.Context(), p))
	got, err := w.Partners.Get(w.Context(), want.ID)
	w.must(err)
	if diff := cmp.Diff(want, got.State()); diff != "" {
		w.Error(diff)
	}
	_, err = w.Partners.Get(w.Context(), newID())
	w.is(err, partners.ErrNotFound)
}

func takenPartner(w world) {
	id := w.partner()
	again, err := partners.New(operator, w.now(), id, partners.NewPartner{Name: "B", Timezone: "UTC", Currency: "USD"})
	w.must(err)
	w.is(w.Partners.Insert(w.Context(), again), partners.ErrExists)
	w.sawOnly(id, "partner.created")
}

func partnerRace(w world) {
	id := w.partner()
	results := together(8, func(i int) error { return w.renamePartner(id, 1, string(rune('A'+i)), nil) })
	w.equal("edits that won", w.tally(results, nil, partners.ErrStale), 1)
	w.sawOnly(id, "partner.created", "partner.updated")
	w.is(w.renamePartner(newID(), 0, "A", nil), partners.ErrNotFound)
}

func failedPartner(w world) {
	id := w.partner()
	w.is(w.renamePartner(id, 0, "B", errMine), errMine)
	got, err := w.Partners.Get(w.Context(), id)
	w.must(err)
	w.equal("name", got.State().Name, "Andes")
	w.sawOnly(id, "partner.created")
}

func emptyPartner(w world) {
	id := w.partner()
	w.must(w.renamePartner(id, 1, "Andes", nil))
	w.must(w.renamePartner(id, 1, "B", nil)) // the revision is still the first
	w.sawOnly(id, "partner.created", "partner.updated")
}

func (w world) renamePartner(id uuid.UUID, revision int64, name string, fails error) error {
	_, err := w.Partners.Update(w.Context(), id, revision, func(p *partners.Partner) error {
		w.must(p.Change(operator, w.now(), partners.Patch{Name: &name}))
		return fails
	})
	return err
}

func keyFound(w world) {
	want := w.key(w.partner())
	byHash, err := w.Keys.KeyByHash(w.Context(), want.Hash)
	w.must(err)
	byID, err := w.Keys.Key(w.Context(), want.Partner, want.ID)
	w.must(err)
	for _, got := range []*partners.Key{byHash, byID} {
		if diff := cmp.Diff(want, got.State()); diff != "" {
			w.Error(diff)
		}
	}
	_, err = w.Keys.KeyByHash(w.Context(), partners.HashOf("another"))
	w.is(err, partners.ErrKeyNotFound)
}

func takenHash(w world) {
	first := w.key(w.partner())
	second := first
	second.ID, second.Partner = newID(), w.partner()
	w.is(w.Keys.InsertKey(w.Context(), partners.RestoreKey(second)), partners.ErrExists)
	got, err := w.Keys.KeyByHash(w.Context(), first.Hash)
	w.must(err)
	w.equal("the hash's key", got.State().ID, first.ID)
}

func foreignKey(w world) {
	k, other := w.key(w.partner()), w.partner()
	_, err := w.Keys.Key(w.Context(), other, k.ID)
	w.is(err, partners.ErrKeyNotFound)
	_, err = w.Keys.UpdateKey(w.Context(), other, k.ID, func(*partners.Key) error {
		w.Error("the change was called")
		return nil
	})
	w.is(err, partners.ErrKeyNotFound)
	keys, err := w.Keys.Keys(w.Context(), other)
	w.must(err)
	w.equal("keys", len(keys), 0)
}

func adminKey(w world) {
	k := w.key(uuid.Nil)
	_, err := w.Keys.UpdateKey(w.Context(), uuid.Nil, k.ID, func(k *partners.Key) error { k.Revoke(operator, w.now()); return nil })
	w.must(err)
	got, err := w.Keys.Key(w.Context(), uuid.Nil, k.ID)
	w.must(err)
	w.equal("revoked", got.State().RevokedAt != nil, true)
	events, err := w.Log.History(w.Context(), uuid.Nil, k.ID, 0, 10)
	w.must(err)
	w.equal("events", len(events), 1)
}

// key stores a key and gives the state that was stored.
func (w world) key(partner uuid.UUID) partners.KeyState {
	w.Helper()
	id := newID()
	expires := w.now().Add(time.Hour)
	want := partners.KeyState{
		ID: id, Partner: partner, Role: partners.RoleManager, Name: "Ana", Prefix: "cmk_", Hash: partners.HashOf(id.String()),
		Revision: 1, CreatedAt: w.now(), ExpiresAt: &expires,
	}
	w.must(w.Keys.InsertKey(w.Context(), partners.RestoreKey(want)))
	return want
}

func session(w world) {
	at := w.now()
	want := partners.Session{Token: partners.HashOf(newID().String()), Partner: w.partner(), Key: newID(), OpenedAt: at, SeenAt: at}
	w.must(w.Sessions.InsertSession(w.Context(), want))
	for _, seen := range []time.Duration{time.Minute, time.Second} { // the later first: it must not go back
		w.must(w.Sessions.TouchSession(w.Context(), want.Token, at.Add(seen)))
	}
	want.SeenAt = at.Add(time.Minute)
	got, err := w.Sessions.Session(w.Context(), want.Token)
	w.must(err)
	w.equal("session", got, want)
	w.must(w.Sessions.DeleteSession(w.Context(), want.Token))
	_, err = w.Sessions.Session(w.Context(), want.Token)
	w.is(err, partners.ErrUnauthorized)
	w.must(w.Sessions.DeleteSession(w.Context(), want.Token))
	w.must(w.Sessions.TouchSession(w.Context(), want.Token, at))
}

func linkOnce(w world) {
	l := w.link(time.Hour, false)
	results := together(8, func(int) error {
		got, err := w.Sessions.TakeLink(w.Context(), l.Token, w.now())
		if err == nil {
			w.equal("link", got, l)
		}
		return err
	})
	w.equal("takers", w.tally(results, nil, partners.ErrLink), 1)
}

func linkAgain(w world) {
	l := w.link(time.Hour, true)
	for range 2 {
		got, err := w.Sessions.TakeLink(w.Context(), l.Token, w.now())
		w.must(err)
		w.equal("link", got, l)
	}
}

func linkOver(w world) {
	l := w.link(time.Hour, true)
	_, err := w.Sessions.TakeLink(w.Context(), l.Token, l.ExpiresAt)
	w.is(err, partners.ErrLink)
	_, err = w.Sessions.TakeLink(w.Context(), partners.HashOf("another"), w.now())
	w.is(err, partners.ErrLink)
}

func (w world) link(life time.Duration, reusable bool) partners.Link {
	w.Helper()
	l := partners.Link{
		Token: partners.HashOf(newID().String()), Partner: newID(), Key: newID(),
		ExpiresAt: w.now().Add(life), Reusable: reusable,
	}
	w.must(w.Sessions.InsertLink(w.Context(), l))
	return l
}

// expired lives in a past of its own, so that it forgets nothing of the others.
func expired(w world) {
	past := w.now().Add(-1000 * time.Hour)
	open := func(opened, seen time.Time) partners.Session {
		s := partners.Session{Token: partners.HashOf(newID().String()), Partner: newID(), Key: newID(), OpenedAt: opened, SeenAt: seen}
		w.must(w.Sessions.InsertSession(w.Context(), s))
		return s
	}
	idle, opened := past.Add(-time.Hour), past.Add(-2*time.Hour)
	fresh := open(opened, idle)
	wasIdle := open(opened, idle.Add(-time.Microsecond))
	wasOld := open(opened.Add(-time.Microsecond), past)
	w.must(w.Sessions.DeleteExpired(w.Context(), past, idle, opened))
	_, err := w.Sessions.Session(w.Context(), fresh.Token)
	w.must(err)
	for _, gone := range []partners.Session{wasIdle, wasOld} {
		_, err := w.Sessions.Session(w.Context(), gone.Token)
		w.is(err, partners.ErrUnauthorized)
	}
}
