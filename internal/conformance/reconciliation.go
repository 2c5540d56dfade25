package conformance

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing"
	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// BillingStore is what statements and reconciliations are made from.
type BillingStore interface {
	billing.Notes
	billing.Platforms
}

// LedgerReader is a ledger with the names of the campaigns in it.
type LedgerReader interface {
	billing.Ledger
	Names(ctx context.Context, partner uuid.UUID) (map[uuid.UUID]string, error)
}

// Billing holds the ports of statements and reconciliations to what they say.
func Billing(t *testing.T, b Backend) {
	cases{
		"a ledger is walked in order, from a number and in a range":    ledgerWalked,
		"campaigns are named, and only the partner's":                  campaignsNamed,
		"an explanation replaces the one before, and both are events":  explanationsKept,
		"what is explained of another partner's difference stays ours": explanationsApart,
	}.run(t, b)
}

func (w world) walked(partner uuid.UUID, after int64, q ledger.Query) (seqs []int64) {
	w.Helper()
	w.must(w.Books.Walk(w.Context(), partner, after, q, func(e ledger.Entry) error {
		seqs = append(seqs, e.Seq)
		return nil
	}))
	return seqs
}

func ledgerWalked(w world) {
	c := w.draft(w.partner(), "Spring")
	for i := range int64(4) {
		w.must(w.limit(c.Partner, c.BudgetID, 0, 600+i))
	}
	for what, got := range map[string][2][]int64{
		"all":            {w.walked(c.Partner, 0, ledger.Query{}), {1, 2, 3, 4, 5}},
		"after a number": {w.walked(c.Partner, 3, ledger.Query{}), {4, 5}},
		"of a kind":      {w.walked(c.Partner, 0, ledger.Query{Kinds: []ledger.Kind{ledger.Opened}}), {1}},
		"later":          {w.walked(c.Partner, 0, ledger.Query{From: w.now().Add(time.Hour)}), nil},
		"a stranger's":   {w.walked(w.partner(), 0, ledger.Query{}), nil},
	} {
		if diff := cmp.Diff(got[1], got[0]); diff != "" {
			w.Errorf("%s: %s", what, diff)
		}
	}
	w.is(w.Books.Walk(w.Context(), c.Partner, 0, ledger.Query{}, func(ledger.Entry) error { return errMine }), errMine)
}

func campaignsNamed(w world) {
	c := w.draft(w.partner(), "Spring")
	stranger := w.draft(w.partner(), "Autumn")
	names, err := w.Books.Names(w.Context(), c.Partner)
	w.must(err)
	w.equal("names", len(names), 1)
	w.equal("name", names[c.ID], "Spring")
	w.equal("a stranger's", names[stranger.ID], "")
}

type noted struct{}

// EventType is the event's name.
func (noted) EventType() string { return "billing.difference_explained" }

// explain notes why a difference is as it is.
func (w world) explain(partner, id uuid.UUID, e billing.Explanation) {
	w.Helper()
	var rec event.Recorder
	rec.Record("difference", id, 0, e.At, event.Origin{Partner: partner, Kind: event.ActorKey, ID: "suite"}, noted{})
	w.must(w.Backend.Billing.Explain(w.Context(), partner, id, e, rec.Pull()[0]))
}

func explanationsKept(w world) {
	partner, id := w.partner(), newID()
	first := billing.Explanation{Difference: -2 * money.Unit, Note: "Fee", By: "Ana", At: w.now()}
	second := billing.Explanation{Difference: 7, Note: "Año", By: "Eva", At: w.now()}
	w.explain(partner, id, first)
	w.explain(partner, id, second)
	got, err := w.Backend.Billing.Explanations(w.Context(), partner)
	w.must(err)
	if diff := cmp.Diff(map[uuid.UUID]billing.Explanation{id: second}, got); diff != "" {
		w.Error(diff)
	}
	w.sawOnly(partner, "partner.created", "billing.difference_explained", "billing.difference_explained")
}

func explanationsApart(w world) {
	ours, theirs, id := w.partner(), w.partner(), newID()
	w.explain(ours, id, billing.Explanation{Difference: 1, Note: "Ours", At: w.now()})
	got, err := w.Backend.Billing.Explanations(w.Context(), theirs)
	w.must(err)
	w.equal("theirs", len(got), 0)
	reported, last, err := w.Backend.Billing.Reported(w.Context(), theirs, 0, localday.Day(1<<20))
	w.must(err)
	w.equal("reported", len(reported), 0)
	w.equal("last entry", last, int64(0))
}
