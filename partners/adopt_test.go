package partners_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

func usd(units int64) money.Money { return money.New(units*money.Unit, "USD") }

// someTerms are what a service may say at some time.
func someTerms(t *rapid.T, n int) partners.Terms {
	terms := partners.Terms{Stamp: partners.Stamp{
		At:    time.Date(2026, 3, 1, rapid.IntRange(0, 3).Draw(t, "hour"), 0, 0, 0, time.UTC),
		Kind:  rapid.SampledFrom([]string{"contract", "validation"}).Draw(t, "kind"),
		Event: fmt.Sprint("e", n),
	}}
	if rapid.Bool().Draw(t, "daily") {
		terms.Limits.DailyBudget = partners.Set(usd(int64(rapid.IntRange(1, 5).Draw(t, "amount"))))
	}
	if rapid.Bool().Draw(t, "active") {
		terms.Limits.ActiveCampaigns = partners.Set(rapid.IntRange(0, 9).Draw(t, "campaigns"))
	}
	if rapid.Bool().Draw(t, "flag") {
		terms.Flags = map[string]bool{"advanced_targeting": rapid.Bool().Draw(t, "on")}
	}
	if rapid.Bool().Draw(t, "contract") {
		reference := fmt.Sprint("C-", n)
		terms.Contract = &partners.ContractPatch{Reference: &reference}
	}
	return terms
}

// In whatever order messages come, and however often, the same partner is left
// behind: for each term what the newest message about it says (F35).
func TestTermsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var said []partners.Terms
		for n := range rapid.IntRange(1, 6).Draw(t, "messages") {
			said = append(said, someTerms(t, n))
		}
		seed := rapid.Uint64().Draw(t, "order")
		adopt := func(order []partners.Terms) partners.State {
			p, err := partners.New(operator, time.Unix(0, 0).UTC(), uuid.Max, acme())
			if err != nil {
				t.Fatal(err)
			}
			for _, terms := range order {
				if _, err := p.Adopt(operator, time.Unix(1, 0).UTC(), terms); err != nil {
					t.Fatal(err)
				}
			}
			s := p.State()
			s.Revision, s.UpdatedAt = 0, time.Time{}
			return s
		}
		want := adopt(said)
		shuffled := append(append([]partners.Terms{}, said...), said...)
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if diff := cmp.Diff(want, adopt(shuffled)); diff != "" {
			t.Fatalf("in another order, each twice: %s", diff)
		}
	})
}

func TestAnOlderMessageUndoesNoPerson(t *testing.T) {
	w := newWorld(t)
	id := w.partner()
	terms := func(at time.Time) partners.Terms {
		return partners.Terms{Stamp: partners.Stamp{At: at, Kind: "contract", Event: at.String()}, Limits: partners.LimitsPatch{DailyBudget: partners.Set(usd(500))}}
	}
	_, err := w.Update(t.Context(), operator, id, 0, partners.Patch{Limits: &partners.LimitsPatch{DailyBudget: partners.Set(usd(900))}})
	w.must(err)
	for _, c := range []struct {
		at   time.Time
		want partners.Adoption
		left money.Money
	}{{w.now.Add(-time.Hour), partners.Superseded, usd(900)}, {w.now.Add(time.Hour), partners.Adopted, usd(500)}, {w.now.Add(time.Hour), partners.Superseded, usd(500)}} {
		p, got, err := w.Adopt(t.Context(), operator, id, terms(c.at), false)
		w.must(err)
		if got != c.want || *p.State().Limits.DailyBudget != c.left {
			t.Errorf("said at %v: %s, %v is left", c.at, got, p.State().Limits.DailyBudget)
		}
	}
	if diff := cmp.Diff([]string{"partner.created", "partner.updated", "partner.terms_adopted"}, w.happened()); diff != "" {
		t.Error(diff)
	}
}

// Of one sender the version decides before the time, which its clock may have
// had wrong.
func TestVersionsGoBeforeTimes(t *testing.T) {
	w := newWorld(t)
	id := w.partner()
	for _, c := range []struct {
		version, limit int64
		ago            time.Duration
		want           partners.Adoption
	}{{2, 20, 0, partners.Adopted}, {1, 10, -time.Hour, partners.Superseded}, {3, 30, time.Hour, partners.Adopted}} {
		_, got, err := w.Adopt(t.Context(), operator, id, partners.Terms{
			Stamp:  partners.Stamp{At: w.now.Add(-c.ago), Version: c.version, Kind: "contract", Event: fmt.Sprint(c.version)},
			Limits: partners.LimitsPatch{DailyBudget: partners.Set(usd(c.limit))},
		}, false)
		w.must(err)
		if got != c.want {
			t.Errorf("version %d: %s", c.version, got)
		}
	}
}
