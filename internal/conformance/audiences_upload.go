package conformance

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing/iotest"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/identity"
)

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
