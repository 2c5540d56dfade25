package payment_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
)

var begun = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// story is what a provider tells of a payment, in the order in which it was.
var story = []payment.Report{
	{Phase: payment.RequiresAction}, {Phase: payment.Failed, Reason: "card_declined"}, {Phase: payment.Processing},
	{Currency: "USD", Facts: []payment.Fact{{Kind: payment.Capture, ID: "c", Amount: 100, Step: payment.Moved}}},
	{Currency: "USD", Facts: []payment.Fact{{Kind: payment.Return, ID: "r1", Amount: 30, Step: payment.Moved}}},
	{Currency: "USD", Facts: []payment.Fact{{Kind: payment.Return, ID: "r2", Amount: 20, Step: payment.Noted}}},
	{Currency: "USD", Facts: []payment.Fact{{Kind: payment.Return, ID: "r1", Amount: 30, Step: payment.Undone}}},
	{Currency: "USD", Facts: []payment.Fact{{Kind: payment.Return, ID: "r2", Amount: 20, Step: payment.Moved}}},
	{Currency: "USD", Facts: []payment.Fact{{Kind: payment.Dispute, ID: "d", Amount: 50, Step: payment.Moved}}},
	{Currency: "USD", Facts: []payment.Fact{{Kind: payment.Dispute, ID: "d", Amount: 50, Step: payment.Undone}}},
}

// Webhooks that come twice and in any order end in one payment and one sum.
func TestAnyOrderOfReportsEndsInTheSamePayment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var order []int
		for i := range story {
			for range rapid.IntRange(1, 3).Draw(t, "times") {
				order = append(order, i)
			}
		}
		order = rapid.Permutation(order).Draw(t, "order")
		p, err := payment.Begin(event.Origin{}, begun, payment.New{ID: uuid.New(), Provider: payment.Stripe, Amount: money.New(100, "USD"), ReturnURL: "https://shop.test/"})
		if err != nil {
			t.Fatal(err)
		}
		posted := map[string]int64{}
		for _, i := range order {
			r := story[i]
			r.At = begun.Add(time.Duration(i) * time.Second)
			if err := p.Apply(event.Origin{}, begun, 20000, r); err != nil {
				t.Fatal(err)
			}
			for _, m := range p.PullMovements() {
				if _, twice := posted[m.Key]; twice {
					t.Fatalf("%s is posted twice", m.Key)
				}
				posted[m.Key] = m.Amount
			}
		}
		s, sum := p.State(), int64(0)
		for _, amount := range posted {
			sum += amount
		}
		if s.Totals() != (payment.Totals{Captured: 100, Refunded: 20}) || sum != 80 || s.Status() != payment.PartiallyRefunded || s.Phase != payment.Processing {
			t.Fatalf("%v ends as %s (%s) with %+v, posted %d", order, s.Status(), s.Phase, s.Totals(), sum)
		}
	})
}

func TestTheStateIsWhatTheFactsSay(t *testing.T) {
	capture := payment.Fact{Kind: payment.Capture, ID: "c", Amount: 100, Step: payment.Moved}
	for _, c := range []struct {
		facts []payment.Fact
		want  payment.Status
		left  int64
	}{
		{nil, payment.Cancelled, 0},
		{[]payment.Fact{{Kind: payment.Capture, ID: "c", Amount: 100, Step: payment.Noted}}, payment.Cancelled, 0},
		{[]payment.Fact{capture}, payment.Succeeded, 100},
		{[]payment.Fact{capture, {Kind: payment.Return, ID: "r", Amount: 40, Step: payment.Moved}}, payment.PartiallyRefunded, 60},
		{[]payment.Fact{capture, {Kind: payment.Return, ID: "r", Amount: 100, Step: payment.Moved}}, payment.Refunded, 0},
		{[]payment.Fact{capture, {Kind: payment.Return, ID: "r", Amount: 100, Step: payment.Undone}}, payment.Succeeded, 100},
		{[]payment.Fact{capture, {Kind: payment.Dispute, ID: "d", Amount: 100, Step: payment.Moved}}, payment.Disputed, 0},
	} {
		s := payment.State{Phase: payment.Cancelled, Facts: c.facts}
		if s.Status() != c.want || s.Refundable() != c.left {
			t.Errorf("%+v: %s, %d left; want %s, %d", c.facts, s.Status(), s.Refundable(), c.want, c.left)
		}
	}
}

func TestRefundsThatAreUnderWayHoldTheirMoney(t *testing.T) {
	p := payment.Restore(payment.State{Amount: money.New(100, "USD"), Facts: []payment.Fact{{Kind: payment.Capture, ID: "c", Amount: 100, Step: payment.Moved}}})
	id := uuid.New()
	first, err := p.AskRefund(event.Origin{}, begun, id, 70, 100)
	if err != nil {
		t.Fatal(err)
	}
	again, err := p.AskRefund(event.Origin{}, begun, id, 70, 100)
	if diff := cmp.Diff(first, again); err != nil || diff != "" {
		t.Errorf("asked again: %v %s", err, diff)
	}
	if _, err := p.AskRefund(event.Origin{}, begun, id, 60, 100); !errors.Is(err, payment.ErrExists) {
		t.Errorf("another amount with the same id: %v", err)
	}
	if _, err := p.AskRefund(event.Origin{}, begun, uuid.New(), 31, 100); err == nil {
		t.Error("more than is left is refunded")
	}
	p.CloseRefund(event.Origin{}, begun, id, payment.RefundRefused, "expired_card")
	if _, err := p.AskRefund(event.Origin{}, begun, uuid.New(), 50, 49); !errors.Is(err, payment.ErrSpent) {
		t.Errorf("what is spent is refunded: %v", err)
	}
	if s := p.State(); s.Refundable() != 100 {
		t.Errorf("%d can be refunded after a refusal", s.Refundable())
	}
}
