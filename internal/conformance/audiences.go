package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
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

func uploadWhole(w world) {
	c := w.crowd()
	id := c.audience("Buyers", 30)
	u := c.upload(id, "email,city", "a@example.com,Lima", "nobody,Lima", "b@example.com,Quito", "a@example.com,Bogotá")
	c.equal("rows", u.Rows, int64(4))
	c.equal("accepted", u.Accepted, int64(3))
	c.equal("applied", u.Applied, int64(3))
	c.equal("rejected", u.RejectedN, int64(1))
	c.equal("line", u.Rejected[0].Line, 3)
	c.equal("added", u.Added, int64(2))
	c.equal("size", c.size(id), int64(2))
	state, err := c.Get(c.Context(), c.id, id)
	c.must(err)
	c.equal("state", state.Status, audience.Ready)
	c.sawOnly(c.id, "partner.created", "audience.created", "audience.upload_begun", "audience.members_added")
	for _, e := range c.events(c.id) {
		if strings.Contains(string(e.Data), "example.com") || strings.Contains(string(e.Data), identity.Of("a@example.com").String()) {
			c.Errorf("%s holds a member: %s", e.Type, e.Data)
		}
	}
}

func uploadSamePerson(w world) {
	c := w.crowd()
	first, second := c.audience("By address", 30), c.audience("By telephone", 30)
	c.upload(first, "email,phone", "a@example.com,+573015550100", ",+573015550101")
	c.upload(second, "phone,external_id", identity.Of("+573015550100").String()+",c1", "+57 301 555 0102,")
	c.upload(second, "external_id", "C1")
	c.equal("first", c.size(first), int64(2))
	c.equal("second", c.size(second), int64(2))
	everyone, err := c.Everyone(c.Context(), c.id)
	c.must(err)
	c.equal("people", everyone.GetCardinality(), uint64(3))
}

func uploadAttributes(w world) {
	c := w.crowd()
	id := c.audience("Buyers", 30)
	c.upload(id, "email,city,age", "a@example.com,Lima,31", "b@example.com,,40", "a@example.com,Quito,")
	c.same(c.known(id, "city", "age", "shoe"), ",40,", "Quito,31,")
	c.upload(id, "email,age", "b@example.com,41")
	c.same(c.known(id, "city", "age"), ",41", "Quito,31")
	names, err := c.Attributes(c.Context(), c.id)
	c.must(err)
	c.same(names, "age", "city")
}

func uploadTwice(w world) {
	c := w.crowd()
	id := c.audience("Buyers", 30)
	file := []string{"email,purchased_at,purchase_value,visited_at", "a@example.com,2026-01-02,10.50,", "a@example.com,2026-01-02,2,2026-01-02", "a@example.com,2026-01-03,1,"}
	want := " 20455:1/2/12500000 20456:0/1/1000000"
	c.upload(id, file...)
	c.same(c.known(id), want)
	c.upload(id, file...)
	c.same(c.known(id), want)
	c.upload(id, file[0], "a@example.com,2026-01-03,5,")
	c.same(c.known(id), " 20455:1/2/12500000 20456:0/1/5000000")
	c.equal("size", c.size(id), int64(1))
}

func uploadCut(w world) {
	c := w.crowd()
	id := c.audience("Buyers", 30)
	c.upload(id, "email", "a@example.com")
	var rows strings.Builder
	rows.WriteString("email\n")
	for i := range audience.PartRows + 10 {
		fmt.Fprintf(&rows, "p%d@example.com\n", i)
	}
	for _, end := range []struct {
		with error
		want error
	}{{io.ErrUnexpectedEOF, audience.ErrCut}, {errMine, errMine}} {
		cut := io.MultiReader(strings.NewReader(rows.String()), iotest.ErrReader(end.with))
		_, err := c.Take(c.Context(), c.by, id, csv, cut, audience.TakeOptions{})
		c.is(err, end.want)
	}
	_, err := c.Take(c.Context(), c.by, id, csv, io.MultiReader(strings.NewReader(rows.String()), strings.NewReader(strings.Repeat("x", 70_000))), audience.TakeOptions{})
	c.is(err, audience.ErrLongLine)
	c.must(c.Resume(c.Context()))
	state, err := c.Get(c.Context(), c.id, id)
	c.must(err)
	c.equal("state", state.Status, audience.Ready)
	c.equal("size", c.size(id), int64(1))
	u, ok, err := c.Progress(c.Context(), c.id, id)
	c.must(err)
	c.equal("stage", u.Stage, audience.Dropped)
	c.equal("there", ok, true)
}

// sealed is an upload that is whole and of which nothing is taken in yet.
func (c *crowd) sealed(to uuid.UUID, emails ...string) audience.Upload {
	c.Helper()
	at := c.now()
	u := audience.Upload{ID: newID(), Partner: c.id, Audience: to, By: c.by, Stage: audience.Receiving, StartedAt: at, UpdatedAt: at}
	c.must(c.Audiences.Begin(c.Context(), u))
	for i, email := range emails {
		var part audience.Part
		person := identity.Person{Email: email}
		part.Add(&audience.Row{IDs: person.Append(nil, nil), Attributes: []audience.Attribute{{Name: "city", Value: "Lima"}}, Days: []audience.Day{{Day: 20000, Visits: 1}}})
		c.must(c.Audiences.Append(c.Context(), u, i, part.Take()))
	}
	u.Stage, u.Accepted, u.Rows = audience.Applying, int64(len(emails)), int64(len(emails))
	c.must(c.Audiences.Seal(c.Context(), u))
	return u
}

func uploadResumed(w world) {
	c := w.crowd()
	id := c.audience("Buyers", 30)
	at := c.now()
	lost := audience.Upload{ID: newID(), Partner: c.id, Audience: id, By: c.by, Stage: audience.Receiving, StartedAt: at.Add(-time.Hour), UpdatedAt: at.Add(-time.Hour)}
	c.must(c.Audiences.Begin(c.Context(), lost))
	c.sealed(id, "a@example.com", "b@example.com", "a@example.com")
	state, err := c.Get(c.Context(), c.id, id)
	c.must(err)
	c.equal("state before", state.Status, audience.Processing)
	for _, err := range together(3, func(int) error { return c.Resume(c.Context()) }) { // three nodes
		if err != nil && !errors.Is(err, audience.ErrNotFound) {
			c.Error(err)
		}
	}
	c.equal("size", c.size(id), int64(2))
	c.same(c.known(id, "city"), "Lima 20000:1/0/0", "Lima 20000:2/0/0")
	if state, err = c.Get(c.Context(), c.id, id); err != nil || state.Status != audience.Ready {
		c.Errorf("state %v, %v", state.Status, err)
	}
}

func uploadDeleted(w world) {
	c := w.crowd()
	id := c.audience("Buyers", 30)
	u := c.sealed(id, "a@example.com")
	c.must(c.Delete(c.Context(), c.by, id, 0))
	done, err := c.world.People.Step(c.Context(), u, c.now())
	c.must(err)
	c.equal("done", done, true)
	c.is(c.Audiences.Append(c.Context(), u, 1, nil), audience.ErrNotFound)
	c.must(c.Resume(c.Context()))
}

func uploadTogether(w world) {
	c := w.crowd()
	ids := make([]uuid.UUID, 4)
	for i := range ids {
		ids[i] = c.audience(fmt.Sprint("Part ", i), 30)
	}
	errs := together(len(ids), func(i int) error {
		var rows strings.Builder
		rows.WriteString("email\n")
		for n := i * 50; n < i*50+100; n++ { // half of each is in the next
			fmt.Fprintf(&rows, "p%d@example.com\n", n)
		}
		_, err := c.Take(c.Context(), c.by, ids[i], csv, strings.NewReader(rows.String()), audience.TakeOptions{})
		return err
	})
	c.must(errors.Join(errs...))
	everyone, err := c.Everyone(c.Context(), c.id)
	c.must(err)
	c.equal("people", everyone.GetCardinality(), uint64(250))
	for _, id := range ids {
		c.equal("size", c.size(id), int64(100))
	}
}

func memberRemoved(w world) {
	c := w.crowd()
	one, other := c.audience("One", 30), c.audience("Other", 30)
	for _, id := range []uuid.UUID{one, other} {
		c.upload(id, "email", "a@example.com", "b@example.com")
	}
	removed, err := c.Remove(c.Context(), c.by, one, []identity.Person{{Email: " A@example.com"}, {Email: "nobody@example.com"}}, false)
	c.must(err)
	c.equal("removed", removed, 1)
	c.equal("one", c.size(one), int64(1))
	c.equal("other", c.size(other), int64(2))
	_, err = c.Remove(c.Context(), c.by, one, []identity.Person{{}, {Email: "x"}}, false)
	if err == nil || strings.Contains(err.Error(), `"x"`) {
		c.Error(err)
	}
}

// nowhere wants that nothing of somebody is left: not their members, and not
// the bytes of their hash in what is known of the partner's people.
func (c *crowd) nowhere(emails ...string) {
	c.Helper()
	for _, email := range emails {
		found, err := c.Erase(c.Context(), c.by, []identity.Person{{Email: email}}, false)
		c.must(err)
		c.equal(email+" is still known", found.People, 0)
	}
}

func personErased(w world) {
	c := w.crowd()
	one, other := c.audience("One", 30), c.audience("Other", 30)
	for _, id := range []uuid.UUID{one, other} {
		c.upload(id, "email,phone,city,visited_at", "a@example.com,+573015550100,Lima,2026-01-02", "b@example.com,,Quito,2026-01-03")
	}
	found, err := c.Erase(c.Context(), c.by, []identity.Person{{Phone: "573015550100"}, {Email: "nobody@example.com"}}, false)
	c.must(err)
	c.equal("erased", found, audience.Erasure{People: 1, Audiences: 2})
	for _, id := range []uuid.UUID{one, other} {
		c.equal("size", c.size(id), int64(1))
		c.same(c.known(id, "city"), "Quito 20456:1/0/0")
	}
	c.nowhere("a@example.com")
	_, err = c.Erase(c.Context(), c.by, nil, false)
	c.is(err, audience.ErrNobody)
}

func erasedMeanwhile(w world) {
	c := w.crowd()
	id := c.audience("Buyers", 30)
	c.upload(id, "email,phone", "a@example.com,+573015550100")
	u := c.sealed(id, "a@example.com", "b@example.com", "c@example.com")
	found, err := c.Erase(c.Context(), c.by, []identity.Person{{Phone: "+573015550100"}, {Email: "b@example.com"}}, false)
	c.must(err)
	c.equal("known then", found.People, 1)
	for done := false; !done; {
		done, err = c.world.People.Step(c.Context(), u, c.now())
		c.must(err)
	}
	c.equal("size", c.size(id), int64(1))
	c.nowhere("a@example.com", "b@example.com")
}

func erasedFromComputed(w world) {
	c := w.crowd()
	seed := c.audience("Seed", 30)
	c.upload(seed, "email", "a@example.com", "b@example.com")
	_, people, err := c.Members(c.Context(), c.id, seed) // a segment begins to be evaluated
	c.must(err)
	_, err = c.Erase(c.Context(), c.by, []identity.Person{{Email: "a@example.com"}}, false)
	c.must(err)
	made, err := c.Derive(c.Context(), c.by, audience.New{Name: "Like them", Kind: audience.Lookalike, Source: &audience.Source{ID: seed}}, people)
	c.must(err)
	c.equal("size", made.Size, int64(1))
	c.equal("members", c.size(made.ID), int64(1))
}

func erasedComesBack(w world) {
	c := w.crowd()
	id := c.audience("Buyers", 30)
	c.upload(id, "email,city", "a@example.com,Lima")
	_, err := c.Erase(c.Context(), c.by, []identity.Person{{Email: "a@example.com"}}, false)
	c.must(err)
	c.upload(id, "email,age", "a@example.com,40")
	c.equal("size", c.size(id), int64(1))
	c.same(c.known(id, "city", "age"), ",40")
}

func membershipEnds(w world) {
	c := w.crowd()
	short, long := c.audience("Short", 5), c.audience("Long", 540)
	c.ago = 10 * 24 * time.Hour
	c.upload(short, "email,city", "a@example.com,Lima", "b@example.com,Quito", "c@example.com,Cali")
	c.upload(long, "email", "a@example.com")
	c.ago = 3 * 24 * time.Hour
	c.upload(short, "email", "b@example.com")
	c.equal("size", c.size(short), int64(1))
	c.ago = 0
	c.equal("still", c.size(short), int64(1))
	c.must(c.Expire(c.Context()))
	c.equal("size after", c.size(short), int64(1))
	c.same(c.known(short, "city"), "Quito")
	c.same(c.known(long, "city"), "Lima")
	c.nowhere("c@example.com")
	c.ago = -30 * 24 * time.Hour
	c.must(c.Expire(c.Context()))
	c.ago = 0
	c.equal("size later", c.size(short), int64(0))
}

func derivedReplaced(w world) {
	c := w.crowd()
	seed := c.audience("Seed", 30)
	c.upload(seed, "email", "a@example.com", "b@example.com", "c@example.com")
	_, people, err := c.Members(c.Context(), c.id, seed)
	c.must(err)
	made, err := c.Derive(c.Context(), c.by, audience.New{Name: "All", Kind: audience.Segment}, people)
	c.must(err)
	again, err := c.Derive(c.Context(), c.by, audience.New{ID: made.ID, Name: "All", Kind: audience.Segment}, roaring.BitmapOf(people.Minimum()))
	c.must(err)
	c.equal("same audience", again.ID, made.ID)
	c.equal("size", c.size(made.ID), int64(1))
	_, err = c.Take(c.Context(), c.by, made.ID, csv, strings.NewReader("email\na@example.com"), audience.TakeOptions{})
	c.is(err, audience.ErrDerived)
	everyone, err := c.Everyone(c.Context(), c.id)
	c.must(err)
	c.equal("people", everyone.GetCardinality(), uint64(3))
}

func orphansForgotten(w world) {
	c := w.crowd()
	one, other := c.audience("One", 30), c.audience("Other", 30)
	c.upload(one, "email", "a@example.com", "b@example.com")
	c.upload(other, "email", "b@example.com")
	c.must(c.Delete(c.Context(), c.by, one, 0))
	c.must(c.Expire(c.Context()))
	c.equal("size", c.size(other), int64(1))
	c.nowhere("a@example.com")
}
