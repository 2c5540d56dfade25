package adplatform

import (
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// add counts one delivery, whose money is in c.
func (t *Totals) add(e *performance.Event, c money.Currency) error {
	t.Impressions += e.Impressions
	t.Clicks += e.Clicks
	if e.Present.Has(performance.Conversions) {
		if t.Conversions == nil {
			t.Conversions = new(int64)
		}
		*t.Conversions += e.Conversions
	}
	if err := addMoney(&t.Spend, e, performance.Spend, c); err != nil {
		return err
	}
	return addMoney(&t.Revenue, e, performance.Revenue, c)
}

func addMoney(sum **money.Money, e *performance.Event, m performance.Metric, c money.Currency) error {
	if !e.Present.Has(m) {
		return nil
	}
	if *sum == nil {
		zero := money.Zero(c)
		*sum = &zero
	}
	total, err := (*sum).Add(money.New(*e.At(m), c))
	if err == nil {
		*sum = &total
	}
	return err
}
