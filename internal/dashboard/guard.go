package dashboard

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

// guardPage is what the partner lets one person, or an automatic change, do to
// a limit.
type guardPage struct {
	Problem  *problem
	Rules    []string // in words
	Fields   []field
	Revision int64
	Currency money.Currency
	MaySet   bool
}

// guard shows the partner's guard.
func (v *visit) guard() error { return v.guardWith(http.StatusOK, nil, nil) }

// guardWith is the page with what is wrong with what was entered.
func (v *visit) guardWith(status int, refused *problem, wrong *mistakes) error {
	policy, err := v.d.Budgets.Policy(v.r.Context(), v.scope())
	if err != nil {
		return err
	}
	p := guardPage{Problem: refused, Revision: policy.Revision, Currency: v.partner.Currency, MaySet: v.who.Can(partners.ActionApprove), Rules: v.locale.guardRules(policy)}
	entered := v.locale.guardValues(policy)
	if refused != nil {
		entered = func(name string) []string { return v.r.PostForm[name] }
	}
	f := form{v.locale, entered, wrong}
	p.Fields = []field{
		f.input("guard_approval", "approval_percent").number(), f.input("guard_day", "max_day_percent").number(), f.input("guard_step", "max_step_percent").number(),
		f.input("guard_floor", "floor").decimal().optional(), f.input("guard_ceiling", "ceiling").decimal().optional(),
	}
	if refused != nil {
		refused.Rest = wrong.rest()
	}
	return v.page(status, "guard", v.locale.T("guard.title"), "guard", p)
}

// guardRules says a policy in sentences.
func (l *locale) guardRules(p budgets.Policy) []string {
	percent := func(n int) string { return l.Percent(int64(n)*10_000, 0) }
	rules := []string{
		l.T("guard.rule.approval", "percent", percent(p.Threshold)), l.T("guard.rule.day", "percent", percent(p.MaxInDay)),
		l.T("guard.rule.step", "percent", percent(p.MaxStep)), l.T("guard.rule.slip"),
	}
	if p.Floor != nil {
		rules = append(rules, l.T("guard.rule.floor", "amount", l.Money(p.Floor.Micros, string(p.Floor.Currency))))
	}
	if p.Ceiling != nil {
		rules = append(rules, l.T("guard.rule.ceiling", "amount", l.Money(p.Ceiling.Micros, string(p.Ceiling.Currency))))
	}
	return append(rules, l.T("guard.rule.down"))
}

// guardValues is a policy as its form would send it.
func (l *locale) guardValues(p budgets.Policy) func(string) []string {
	values := map[string]string{"guard_approval": strconv.Itoa(p.Threshold), "guard_day": strconv.Itoa(p.MaxInDay), "guard_step": strconv.Itoa(p.MaxStep)}
	for name, bound := range map[string]*money.Money{"guard_floor": p.Floor, "guard_ceiling": p.Ceiling} {
		if bound != nil {
			values[name] = strings.Replace(bound.Amount(), ".", l.Decimal, 1)
		}
	}
	return func(name string) []string { return []string{values[name]} }
}

// saveGuard sets the partner's guard.
func (v *visit) saveGuard() error {
	if err := v.who.Require(partners.ActionApprove); err != nil {
		return err
	}
	terms, err := v.guardTerms()
	if err == nil {
		_, err = v.d.Budgets.SetPolicy(v.r.Context(), v.by(), v.revision(), terms, false)
	}
	if err == nil {
		return v.done("/settings/guard", "guard")
	}
	status, refused, wrong := v.refusal(err)
	if refused == nil {
		return err
	}
	return v.guardWith(status, refused, wrong)
}

// guardTerms reads the form. A bound keeps the currency that it has, which may
// be another than the partner's.
func (v *visit) guardTerms() (budgets.Terms, error) {
	now, err := v.d.Budgets.Policy(v.r.Context(), v.scope())
	if err != nil {
		return budgets.Terms{}, err
	}
	entered := func(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }
	terms := budgets.Terms{Threshold: whole(entered("guard_approval"), -1), MaxInDay: whole(entered("guard_day"), -1), MaxStep: whole(entered("guard_step"), -1)}
	for _, bound := range []struct {
		name, path string
		was        *money.Money
		into       **money.Money
	}{{"guard_floor", "floor", now.Floor, &terms.Floor}, {"guard_ceiling", "ceiling", now.Ceiling, &terms.Ceiling}} {
		text, currency := entered(bound.name), v.partner.Currency
		if text == "" {
			continue
		}
		if bound.was != nil {
			currency = bound.was.Currency
		}
		micros, err := v.locale.parseDecimal(text)
		if err != nil {
			return terms, notANumber(bound.path)
		}
		set := money.New(micros, currency)
		*bound.into = &set
	}
	return terms, nil
}
