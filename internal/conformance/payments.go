package conformance

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing"
	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// PaymentStore is where payments are kept and found.
type PaymentStore interface {
	payment.Store
	payment.Queue
	payment.Purses
	billing.Receipts
}

// Payments holds the ports of payments to what they say.
func Payments(t *testing.T, b Backend) {
	cases{
		"a payment is kept with its events, and its money in the ledger": paymentKept,
		"a payment is found by what a provider calls it":                 paymentFound,
		"a charge is posted once, whatever claims it":                    chargePostedOnce,
		"what is open is due in time, or at once after a crash":          paymentsDue,
		"payments are listed by state, page by page":                     paymentsListed,
		"refunds at once take no more than the balance":                  refundRace,
		"receipts are what look-ups have confirmed":                      receiptsConfirmed,
		"each level of funds is told once, also by two nodes at once":    fundsTold,
		"funds are beside what a day of delivery takes, by currency":     fundsBeside,
	}.run(t, b)
}

const payday = localday.Day(20_000)

// paid is a payment of a partner that the provider has taken, in units.
func (w world) paid(partner uuid.UUID, units int64) payment.State {
	w.Helper()
	p, err := payment.Begin(operator, w.now(), payment.New{
		ID: newID(), Partner: partner, Provider: payment.Stripe, Amount: money.New(units*money.Unit, "USD"), ReturnURL: "https://andes.test/",
	})
	w.must(err)
	w.must(w.Payments.Insert(w.Context(), p))
	return w.tell(p.State(), "ch_"+p.State().ID.String())
}

// tell reports that the charge has brought in the payment's amount.
func (w world) tell(s payment.State, charge string) payment.State {
	w.Helper()
	after, err := w.Payments.Update(w.Context(), s.Partner, s.ID, func(p *payment.Payment) error {
		return p.Apply(operator, w.now(), payday, payment.Report{
			At: w.now(), ProviderID: "cs_" + s.ID.String(), Phase: payment.Processing, Currency: "USD", Whole: true,
			Facts: []payment.Fact{{Kind: payment.Capture, ID: charge, Amount: s.Amount.Micros, Step: payment.Moved}},
		})
	})
	w.must(err)
	return after.State()
}

func (w world) balance(partner uuid.UUID) (b payment.Balance) {
	w.Helper()
	all, err := w.Payments.Balances(w.Context(), partner)
	w.must(err)
	if len(all) > 0 {
		b = all[0]
	}
	return b
}

func paymentKept(w world) {
	partner := w.partner()
	s := w.paid(partner, 20)
	again := w.tell(s, s.Charge())
	w.equal("revision after the same report", again.Revision, s.Revision)
	got, err := w.Payments.Get(w.Context(), partner, s.ID)
	w.must(err)
	kept := got.State()
	w.equal("state", kept.Status(), payment.Succeeded)
	w.sawOnly(partner, "partner.created", "payment.created", "payment.succeeded")
	var lines []ledger.Line
	w.must(w.Books.Walk(w.Context(), partner, 0, ledger.Query{}, func(e ledger.Entry) error {
		lines = append(lines, e.Lines...)
		return nil
	}))
	want := ledger.Line{Kind: ledger.Funded, Currency: "USD", Day: payday, Ref: s.ID, Figures: ledger.Figures{Cash: 20 * money.Unit}}
	if !slices.Equal(lines, []ledger.Line{want}) {
		w.Errorf("the ledger has %+v", lines)
	}
	w.equal("available", w.balance(partner).Available(), int64(20*money.Unit))
	stranger := w.partner()
	_, err = w.Payments.Get(w.Context(), stranger, s.ID)
	w.is(err, payment.ErrNotFound)
	for _, of := range []uuid.UUID{partner, stranger} { // the id is taken, and nothing of it is written over
		p, err := payment.Begin(operator, w.now(), payment.New{ID: s.ID, Partner: of, Provider: payment.Stripe, Amount: s.Amount, ReturnURL: "https://andes.test/"})
		w.must(err)
		w.is(w.Payments.Insert(w.Context(), p), payment.ErrExists)
	}
	w.equal("available after that", w.balance(partner).Available(), int64(20*money.Unit))
	_, err = w.Payments.Update(w.Context(), partner, s.ID, func(*payment.Payment) error { return errMine })
	w.is(err, errMine)
}

func paymentFound(w world) {
	s := w.paid(w.partner(), 20)
	for _, n := range []payment.Notice{{Reference: s.ID}, {ProviderID: s.ProviderID}, {Charge: s.Charge()}} {
		p, err := w.Payments.Find(w.Context(), payment.Stripe, n)
		w.must(err)
		w.equal("found", p.State().ID, s.ID)
		_, err = w.Payments.Find(w.Context(), payment.PayPal, n)
		w.is(err, payment.ErrNotFound)
	}
	_, err := w.Payments.Find(w.Context(), payment.Stripe, payment.Notice{})
	w.is(err, payment.ErrNotFound)
}

func chargePostedOnce(w world) {
	first := w.paid(w.partner(), 20)
	second, err := payment.Begin(operator, w.now(), payment.New{ID: newID(), Partner: w.partner(), Provider: payment.Stripe, Amount: first.Amount, ReturnURL: "https://andes.test/"})
	w.must(err)
	w.must(w.Payments.Insert(w.Context(), second))
	of := second.State()
	_, err = w.Payments.Update(w.Context(), of.Partner, of.ID, func(p *payment.Payment) error {
		return p.Apply(operator, w.now(), payday, payment.Report{Currency: "USD", Facts: []payment.Fact{{Kind: payment.Capture, ID: first.Charge(), Amount: 1, Step: payment.Moved}}})
	})
	if err == nil {
		w.Error("one charge funds two partners")
	}
	w.equal("available to the second", w.balance(of.Partner).Available(), int64(0))
}

// paymentDue reports whether a payment is due at a moment.
func (w world) paymentDue(id uuid.UUID, at time.Time) bool {
	w.Helper()
	due, err := w.Payments.Due(w.Context(), at, 1000)
	w.must(err)
	return slices.ContainsFunc(due, func(p *payment.Payment) bool { return p.State().ID == id })
}

func paymentsDue(w world) {
	done := w.paid(w.partner(), 20)
	p, err := payment.Begin(operator, w.now(), payment.New{ID: newID(), Partner: w.partner(), Provider: payment.Stripe, Amount: done.Amount, ReturnURL: "https://andes.test/"})
	w.must(err)
	w.must(w.Payments.Insert(w.Context(), p))
	id := p.State().ID
	w.equal("due at once", w.paymentDue(id, w.now()), false)
	w.equal("due in a minute", w.paymentDue(id, w.now().Add(time.Minute)), true)
	w.must(w.Payments.Hasten(w.Context(), w.now()))
	w.equal("due after a crash", w.paymentDue(id, w.now()), true)
	w.equal("settled and due after a crash", w.paymentDue(done.ID, w.now()), false)
	w.equal("watched for disputes", w.paymentDue(done.ID, w.now().Add(25*time.Hour)), true)
}

func paymentsListed(w world) {
	partner := w.partner()
	var want []uuid.UUID
	for range 3 {
		want = append(want, w.paid(partner, 1).ID)
	}
	slices.Reverse(want)
	list := func(q payment.Query) []uuid.UUID {
		var ids []uuid.UUID
		for _, p := range pages(w, func(cursor string) ([]*payment.Payment, string, error) {
			q.Cursor, q.Limit = cursor, 2
			return w.Payments.List(w.Context(), partner, q)
		}, func() {}) {
			ids = append(ids, p.State().ID)
		}
		return ids
	}
	if got := list(payment.Query{Status: []payment.Status{payment.Succeeded, payment.Failed}}); !slices.Equal(got, want) {
		w.Errorf("listed %v, want %v", got, want)
	}
	w.equal("failed", len(list(payment.Query{Status: []payment.Status{payment.Failed}})), 0)
}

// refundRace spends most of what two payments have brought in, and asks for all
// of both at once: one may go back.
func refundRace(w world) {
	partner := w.partner()
	c := w.draft(partner, "Spring")
	both := []payment.State{w.paid(partner, 10), w.paid(partner, 10)}
	w.must(w.settle(c, payday, 8))
	results := together(6, func(i int) error {
		_, err := w.Payments.UpdateAgainst(w.Context(), partner, both[i%2].ID, func(p *payment.Payment, b payment.Balance) error {
			_, err := p.AskRefund(operator, w.now(), newID(), 9*money.Unit, b.Available())
			return err
		})
		return err
	})
	won := 0
	for _, err := range results {
		if err == nil {
			won++
		}
	}
	w.equal("refunds that were taken", won, 1)
	b := w.balance(partner)
	w.equal("spent", b.Spent, int64(8*money.Unit))
	w.equal("held", b.Held, int64(9*money.Unit))
	w.equal("available", b.Available(), int64(3*money.Unit))
}

func receiptsConfirmed(w world) {
	partner := w.partner()
	s := w.paid(partner, 20)
	for _, c := range []struct {
		from, to localday.Day
		want     int
	}{{payday, payday + 1, 1}, {payday + 1, payday + 9, 0}, {0, payday, 0}} {
		got, err := w.Payments.Receipts(w.Context(), partner, c.from, c.to)
		w.must(err)
		w.equal("receipts", len(got), c.want)
		if len(got) == 1 && got[0] != (billing.Receipt{Payment: s.ID, Day: payday, Currency: "USD", Amount: 20 * money.Unit}) {
			w.Errorf("the receipt is %+v", got[0])
		}
	}
}
