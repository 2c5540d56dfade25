package conformance

import (
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/identity"
)

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

func derivedGrounds(w world) {
	c := w.crowd()
	consent, contract, silent := audience.Consent, audience.Contract, audience.NotStated
	asked, bought, found := c.audience("Asked", 30), c.audience("Bought", 30), c.audience("Found", 30)
	c.upload(asked, "email", "a@example.com", "b@example.com")
	c.upload(bought, "email", "b@example.com", "c@example.com")
	c.upload(found, "email", "b@example.com", "d@example.com")
	for id, basis := range map[uuid.UUID]*audience.Basis{asked: &consent, bought: &contract, found: &silent} {
		_, err := c.Change(c.Context(), c.by, id, 0, audience.Patch{Basis: basis})
		c.must(err)
	}
	some := func(lists ...uuid.UUID) audience.Grounds {
		members := roaring.New()
		for _, id := range lists {
			_, people, err := c.Members(c.Context(), c.id, id)
			c.must(err)
			members.Or(people)
		}
		made, err := c.Derive(c.Context(), c.by, audience.New{Name: "Some", Kind: audience.Segment}, members)
		c.must(err)
		grounds, err := c.Grounds(c.Context(), made)
		c.must(err)
		return grounds
	}
	is := func(what string, got audience.Grounds, consented bool, silent ...string) {
		c.equal(what, got.Consented, consented)
		c.equal(what, strings.Join(got.Silent, ","), strings.Join(silent, ","))
	}
	is("consent", some(asked), true)
	is("consent or a contract", some(asked, bought), false)
	is("somebody of whom nothing is said", some(asked, found), false, "Found")
	_, err := c.Change(c.Context(), c.by, found, 0, audience.Patch{Basis: &consent})
	c.must(err)
	is("said since", some(asked, found), true)
}
