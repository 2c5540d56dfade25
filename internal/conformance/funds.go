package conformance

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// prepaid is payment.Partners of whom one may pay in advance.
type prepaid struct {
	partner uuid.UUID
	is      bool
}

func (p *prepaid) Terms(_ context.Context, partner uuid.UUID) (payment.Terms, error) {
	return payment.Terms{Currency: "USD", Zone: time.UTC, Prepaid: p.is && partner == p.partner}, nil
}

// funds are as of noon on payday.
func (w world) funds(p *prepaid) *payment.Service {
	now := time.Unix(int64(payday)*24*60*60, 0).Add(12 * time.Hour)
	return payment.NewService(payment.Config{
		Store: w.Payments, Queue: w.Payments, Purses: w.Payments, Partners: p, Now: func() time.Time { return now },
	})
}

func (w world) purse(s *payment.Service, partner uuid.UUID) payment.Purse {
	w.Helper()
	all, err := s.Funds(w.Context(), partner)
	w.must(err)
	if len(all) != 1 || all[0].Currency != "USD" {
		w.Fatalf("purses: %+v", all)
	}
	return all[0]
}

// delivering is a campaign that is launched.
func (w world) delivering(partner uuid.UUID) campaigns.State {
	w.Helper()
	c := w.ready(partner, campaigns.Schedule{})
	w.must(w.launch(partner, c.ID))
	return c
}

func fundsTold(w world) {
	partner := w.partner()
	terms := &prepaid{partner, true}
	c := w.delivering(partner)
	s := w.funds(terms)
	spend := func(day localday.Day, units int64) { w.must(w.settle(c, day, units)) }
	// turn has two nodes watch at once.
	turn := func() payment.Level {
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() { w.must(s.WatchFunds(w.Context())) })
		}
		both.Wait()
		return w.purse(s, partner).Level
	}
	pay := func(units int64) { w.paid(partner, units) }
	pay(30)
	spend(payday-1, 10)
	w.equal("two days are left", turn(), payment.FundsEnough)
	spend(payday, 11)
	w.equal("less than a day", turn(), payment.FundsLow)
	spend(payday, 9)
	w.equal("nothing", turn(), payment.FundsOut)
	w.equal("still nothing", turn(), payment.FundsOut)
	pay(4)
	w.equal("some, while it delivers", turn(), payment.FundsLow)
	pay(6)
	w.equal("a day of it", turn(), payment.FundsEnough)
	spend(payday, 12)
	w.equal("all three days at once", turn(), payment.FundsOut)
	terms.is = false
	w.equal("on account", turn(), payment.FundsEnough)
	told := slices.DeleteFunc(w.happened(partner), func(kind string) bool { return !strings.HasPrefix(kind, "funds.") })
	if want := []string{"funds.low", "funds.exhausted", "funds.low", "funds.restored", "funds.exhausted", "funds.restored"}; !slices.Equal(told, want) {
		w.Errorf("told %v, want %v", told, want)
	}
}

func fundsBeside(w world) {
	partner := w.partner()
	s := w.funds(&prepaid{})
	w.equal("before anything", w.purse(s, partner), payment.Purse{Balance: payment.Balance{Currency: "USD"}, Level: payment.FundsEnough})
	c := w.delivering(partner)
	w.paid(partner, 50)
	for day, units := range map[localday.Day]int64{payday: 7, payday - 1: 6, payday - 3: 2, payday - payment.PurseDays: 4, payday - payment.PurseDays - 1: 20} {
		w.must(w.settle(c, day, units))
	}
	p := w.purse(s, partner)
	w.equal("a day takes the mean of those with spend", p.Daily, int64(4*money.Unit))
	w.equal("delivering", p.Delivering, int64(1))
	w.equal("available", p.Available(), int64(11*money.Unit))
	days, ok := p.DaysLeft()
	w.equal("days left", days, 2.75)
	w.equal("known", ok, true)
	w.must(s.WatchFunds(w.Context()))
	w.equal("nobody is told of money on account", w.purse(s, partner).Revision, int64(0))
}
