package billing

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/money"
)

// Every rounded entry balances in whole minor units, and no account drifts.
func TestARoundedJournalBalancesAndDoesNotDrift(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]money.Currency{"USD", "JPY", "KWD", "CLF"}).Draw(t, "currency")
		unit := map[money.Currency]int64{"USD": 10_000, "JPY": 1_000_000, "KWD": 1_000, "CLF": 100}[currency]
		amount := rapid.Int64Range(-3*unit, 3*unit)
		j := Journal{Totals: []JournalTotal{{Currency: currency}}}
		for range rapid.IntRange(1, 60).Draw(t, "entries") {
			e := JournalEntry{Currency: currency}
			a, b := amount.Draw(t, "a"), amount.Draw(t, "b")
			moved := map[ledger.Account]int64{ledger.Funds: a, ledger.Credit: b, ledger.Payable: -a - b}
			if rapid.IntRange(0, 4).Draw(t, "a payment") == 0 {
				moved = map[ledger.Account]int64{ledger.Cash: a, ledger.Funds: -a}
			}
			for _, account := range booked {
				if line, ok := lineOf(usual[account], moved[account]); ok {
					e.Lines = append(e.Lines, line)
				}
			}
			j.Entries = append(j.Entries, e)
		}
		rounded, err := j.Rounded()
		if err != nil {
			t.Fatal(err)
		}
		exact, now := sumsOf(j), sumsOf(rounded)
		for _, account := range booked {
			if off := exact[account] - now[account]; off <= -4*unit || off >= 4*unit {
				t.Fatalf("%s is %d and was booked with %d", account, exact[account], now[account])
			}
		}
		for _, e := range rounded.Entries {
			sum := int64(0)
			for _, l := range e.Lines {
				sum += l.Debit - l.Credit
				if (l.Debit+l.Credit)%unit != 0 || l.Debit < 0 || l.Credit < 0 || l.Debit != 0 && l.Credit != 0 {
					t.Fatalf("%+v", l)
				}
			}
			if sum != 0 || len(e.Lines) < 2 {
				t.Fatalf("%+v does not balance", e)
			}
		}
		if total := rounded.Totals[0]; total.Debit != total.Credit {
			t.Fatalf("%+v", total)
		}
	})
}

func sumsOf(j Journal) map[ledger.Account]int64 {
	sums := map[ledger.Account]int64{}
	for _, e := range j.Entries {
		for _, l := range e.Lines {
			sums[l.Account.of] += l.Debit - l.Credit
		}
	}
	return sums
}
