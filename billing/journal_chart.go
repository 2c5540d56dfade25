package billing

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hexabuilders/campaignd/budgets/ledger"
)

// GLAccount is an account of the accounting system that journals go to.
type GLAccount struct {
	Code string
	Name string
	of   ledger.Account
}

// Chart says which account of the accounting system each of ours is.
type Chart map[ledger.Account]GLAccount

// usual is the chart unless another is configured: an agency holds the
// partner's money and owes the platforms for it, so that neither is revenue.
var usual = Chart{
	ledger.Cash:    {"1000", "Cash from partners", ledger.Cash},
	ledger.Payable: {"2000", "Payable to ad platforms", ledger.Payable},
	ledger.Funds:   {"2100", "Partner balances", ledger.Funds},
	ledger.Credit:  {"2200", "Platform credits", ledger.Credit},
}

// ParseChart reads "cash=1000 Cash from partners; funds=2100 Balances": an
// account of the ledger (cash, payable, funds, credit), the code, and the name
// after the first space. What is not named is as usual; "" is the usual chart.
func ParseChart(text string) (Chart, error) {
	chart := maps.Clone(usual)
	for part := range strings.SplitSeq(text, ";") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		name, rest, _ := strings.Cut(part, "=")
		account := ledger.Account(strings.TrimSpace(name))
		code, title, _ := strings.Cut(strings.TrimSpace(rest), " ")
		if !slices.Contains(booked, account) || code == "" || len(part) > 200 {
			return nil, fmt.Errorf("%q is not an account of the chart; it looks like cash=1000 Cash from partners, for cash, payable, funds or credit", part)
		}
		if title == "" {
			title = usual[account].Name
		}
		chart[account] = GLAccount{code, strings.TrimSpace(title), account}
	}
	codes := map[string]bool{}
	for _, a := range chart {
		if codes[a.Code] {
			return nil, fmt.Errorf("two accounts have the code %q; each needs its own", a.Code)
		}
		codes[a.Code] = true
	}
	return chart, nil
}
