package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/identity"
)

// AudienceStore is where audiences and uploads into them are kept.
type AudienceStore interface {
	audience.Store
	audience.Uploads
}

// PeopleStore is where the people in them are.
type PeopleStore interface {
	audience.People
	audience.Facts
	audience.Eraser
}

// Audiences holds the store of audiences and people to its ports.
func Audiences(t *testing.T, b Backend) {
	cases{
		"an audience is read as it was stored":                     audienceStored,
		"of two changes of one revision one wins":                  audienceStale,
		"another partner's audience is as a missing one":           audienceForeign,
		"audiences are listed, the newest first":                   audienceList,
		"an upload is in as a whole":                               uploadWhole,
		"a person is one, however named":                           uploadSamePerson,
		"attributes are those of the latest line":                  uploadAttributes,
		"a file sent again counts nothing twice":                   uploadTwice,
		"what is not sealed is nowhere":                            uploadCut,
		"an upload whose node died is taken in":                    uploadResumed,
		"an upload into an audience that is deleted is dropped":    uploadDeleted,
		"uploads into many audiences at once number nobody twice":  uploadTogether,
		"somebody removed from one audience stays in others":       memberRemoved,
		"whoever is erased is nowhere":                             personErased,
		"whoever is erased while an upload comes in is not in it":  erasedMeanwhile,
		"whoever is erased while a set is computed is not in it":   erasedFromComputed,
		"somebody who was erased can come back as somebody new":    erasedComesBack,
		"memberships end, and who is in no audience is forgotten":  membershipEnds,
		"a computed audience is replaced as a whole":               derivedReplaced,
		"a computed audience has the grounds of its people":        derivedGrounds,
		"people of an audience that is deleted are forgotten soon": orphansForgotten,
	}.run(t, b)
}

// crowd is a partner with the service of audiences over the backend.
type crowd struct {
	world
	*audience.Service
	id  uuid.UUID
	by  event.Origin
	ago time.Duration // how far its clock is behind
}

func (w world) crowd() *crowd {
	w.Helper()
	c := &crowd{world: w, id: w.partner()}
	c.by = operator
	c.by.Partner = c.id
	c.Service = audience.NewService(audience.Config{
		Store: w.Audiences, Uploads: w.Audiences, People: w.People, Facts: w.People, Eraser: w.People,
		Currency: func(context.Context, uuid.UUID) (string, error) { return "USD", nil },
		Now:      func() time.Time { return w.Now().Add(-c.ago) }, NewID: newID,
	})
	return c
}

func (c *crowd) audience(name string, life int) uuid.UUID {
	c.Helper()
	least := int64(1)
	made, err := c.Create(c.Context(), c.by, audience.New{Name: name, MembershipDays: &life, MinimumSize: &least, Basis: audience.Consent})
	c.must(err)
	return made.ID
}

const csv = "text/csv"

// upload takes lines of CSV in.
func (c *crowd) upload(to uuid.UUID, lines ...string) audience.Upload {
	c.Helper()
	u, err := c.Take(c.Context(), c.by, to, csv, strings.NewReader(strings.Join(lines, "\n")), audience.TakeOptions{})
	c.must(err)
	c.equal("stage", u.Stage, audience.Applied)
	return u
}

func (c *crowd) size(id uuid.UUID) int64 {
	c.Helper()
	state, members, err := c.Members(c.Context(), c.id, id)
	c.must(err)
	if int64(members.GetCardinality()) != state.Size {
		c.Errorf("%d members, and a size of %d", members.GetCardinality(), state.Size)
	}
	return state.Size
}

// known is what is known of an audience's people, as lines.
func (c *crowd) known(id uuid.UUID, attributes ...string) []string {
	c.Helper()
	_, members, err := c.Members(c.Context(), c.id, id)
	c.must(err)
	lines := []string{}
	c.must(c.Each(c.Context(), c.id, members, audience.Want{Attributes: attributes, Behaviour: true}, func(p audience.Person) error {
		line := strings.Join(p.Values, ",")
		for _, d := range p.Days {
			line += fmt.Sprintf(" %d:%d/%d/%d", d.Day, d.Visits, d.Purchases, d.Value)
		}
		lines = append(lines, line)
		return nil
	}))
	slices.Sort(lines)
	return lines
}

func (c *crowd) same(got []string, want ...string) {
	c.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		c.Error(diff)
	}
}

func audienceStored(w world) {
	c := w.crowd()
	id := c.audience("Buyers", 30)
	name := "Buyers of 2026"
	changed, err := c.Change(c.Context(), c.by, id, 1, audience.Patch{Name: &name})
	c.must(err)
	got, err := c.Audiences.Get(c.Context(), uuid.Nil, id) // an administrator
	c.must(err)
	if diff := cmp.Diff(changed, got.State()); diff != "" {
		c.Error(diff)
	}
	c.must(c.Delete(c.Context(), c.by, id, 2))
	_, err = c.Get(c.Context(), c.id, id)
	c.is(err, audience.ErrNotFound)
	c.sawOnly(c.id, "partner.created", "audience.created", "audience.changed", "audience.deleted")
}

func audienceStale(w world) {
	c := w.crowd()
	id := c.audience("Buyers", 30)
	results := together(6, func(i int) error {
		name := fmt.Sprint("Buyers ", i)
		_, err := c.Change(c.Context(), c.by, id, 1, audience.Patch{Name: &name})
		return err
	})
	c.equal("winners", c.tally(results, nil, audience.ErrStale), 1)
	c.is(c.Delete(c.Context(), c.by, id, 1), audience.ErrStale)
}

func audienceForeign(w world) {
	c, stranger := w.crowd(), w.crowd()
	id := c.audience("Buyers", 30)
	c.upload(id, "email", "a@example.com")
	_, err := c.Audiences.Get(c.Context(), stranger.id, id)
	c.is(err, audience.ErrNotFound)
	_, err = c.Audiences.Update(c.Context(), stranger.id, id, 0, func(*audience.Audience) error { return nil })
	c.is(err, audience.ErrNotFound)
	c.is(c.Audiences.Delete(c.Context(), stranger.id, id, 0, func(*audience.Audience) {}), audience.ErrNotFound)
	_, err = stranger.Take(c.Context(), stranger.by, id, csv, strings.NewReader("email\nb@example.com"), audience.TakeOptions{})
	c.is(err, audience.ErrNotFound)
	_, err = stranger.Remove(c.Context(), stranger.by, id, []identity.Person{{Email: "a@example.com"}}, false)
	c.is(err, audience.ErrNotFound)
	found, err := stranger.Erase(c.Context(), stranger.by, []identity.Person{{Email: "a@example.com"}}, false)
	c.must(err)
	c.equal("erased elsewhere", found.People, 0)
	members, err := c.world.People.Members(c.Context(), stranger.id, id, audience.DayOf(c.world.Now()))
	c.must(err)
	c.equal("seen by another", members.GetCardinality(), uint64(0))
	c.equal("size", c.size(id), int64(1))
}

func audienceList(w world) {
	c := w.crowd()
	for i := range 5 {
		c.audience(fmt.Sprint("Number ", i), 30)
	}
	full := c.audience("Full", 30)
	c.upload(full, "email", "a@example.com")
	all := pages(c.world, func(cursor string) ([]audience.State, string, error) {
		return c.List(c.Context(), c.id, audience.Query{Limit: 2, Cursor: cursor})
	}, func() {})
	c.equal("all", len(all), 6)
	c.equal("newest first", all[0].Name, "Full")
	ready, _, err := c.List(c.Context(), c.id, audience.Query{Statuses: []audience.Status{audience.Ready}, Kinds: []audience.Kind{audience.Custom}})
	c.must(err)
	c.equal("ready", len(ready), 1)
}
