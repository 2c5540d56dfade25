package optimization

import (
	"fmt"
	"math"
	"strings"

	"github.com/hexabuilders/campaignd/money"
)

// phrases are the sentences by language, each with the same verbs.
var phrases = map[string]map[string]string{
	"en": {
		"move":         "Move %s from %s to %s: the next result costs %s there against %s here.",
		"moveFree":     "Move %s from %s to %s: the next result costs %s there, and none is expected from more money here.",
		"transfer":     "Move %s from the campaign “%s” to “%s”: the next result costs %s there against %s here.",
		"transferFree": "Move %s from the campaign “%s” to “%s”: the next result costs %s there, and none is expected from more money here.",
		"divide":       "Divide the budget: %s. So the next result costs about the same everywhere.",
		"bidDown":      "Lower the bid from %s to %s: a result costs %s, the goal is %s.",
		"bidUp":        "Raise the bid from %s to %s: a result costs %s, the goal of %s leaves room and the budget is not spent.",
		"narrowPaid":   "Leave out %s: a result costs money there and nothing elsewhere.",
		"narrow":       "Leave out %s: a result costs %s times as much there as elsewhere.",
		"widen":        "Widen %s to %s: only %s of the money planned was spent, and a result costs less than the goal.",
		"without":      "Do not ask for %s any more: only %s of the money planned was spent, and a result costs less than the goal.",
		"rotate":       "Show %s more often: its results per impression are %s, the others' %s.",
	},
	"es": {
		"move":         "Mover %s de %s a %s: el próximo resultado cuesta %s allí frente a %s aquí.",
		"moveFree":     "Mover %s de %s a %s: el próximo resultado cuesta %s allí, y aquí no se espera ninguno de más dinero.",
		"transfer":     "Mover %s de la campaña “%s” a “%s”: el próximo resultado cuesta %s allí frente a %s aquí.",
		"transferFree": "Mover %s de la campaña “%s” a “%s”: el próximo resultado cuesta %s allí, y aquí no se espera ninguno de más dinero.",
		"divide":       "Dividir el presupuesto: %s. Así el próximo resultado cuesta casi lo mismo en todas partes.",
		"bidDown":      "Bajar la puja de %s a %s: un resultado cuesta %s, la meta es %s.",
		"bidUp":        "Subir la puja de %s a %s: un resultado cuesta %s, la meta de %s deja margen y el presupuesto no se gasta.",
		"narrowPaid":   "Dejar fuera %s: un resultado cuesta dinero allí y nada en lo demás.",
		"narrow":       "Dejar fuera %s: un resultado cuesta allí %s veces lo que en lo demás.",
		"widen":        "Ampliar %s a %s: solo se gastó %s del dinero previsto, y un resultado cuesta menos que la meta.",
		"without":      "No pedir más %s: solo se gastó %s del dinero previsto, y un resultado cuesta menos que la meta.",
		"rotate":       "Mostrar %s más a menudo: sus resultados por impresión son %s, los de las otras %s.",
	},
}

// Why says in a sentence what a suggestion would change, or has changed, and what
// it rests on.
func (s State) Why(to Reader) string {
	said := s.Finding
	if s.Made != nil { // perhaps with other parameters
		said.Change = *s.Made
	}
	return said.why(to)
}

func (f Finding) why(to Reader) string {
	say := to.of(phrases)
	c := f.Change
	currency := c.Currency()
	cash := func(units float64) string {
		return to.Money(money.New(int64(math.Round(units*money.Unit/10_000))*10_000, currency))
	}
	switch {
	case c.Move != nil:
		there, here := f.value("next_result_cost", c.Move.To), f.value("next_result_cost", c.Move.From)
		return whyMoved(say, "move", to.Money(*c.Amount()), to.Word(c.Move.From), to.Word(c.Move.To), cash(number(there)), here, cash)
	case c.Transfer != nil:
		there, here := f.value("next_result_cost", c.Transfer.To.Name), f.value("next_result_cost", c.Transfer.From.Name)
		return whyMoved(say, "transfer", to.Money(*c.Amount()), c.Transfer.From.Name, c.Transfer.To.Name, cash(number(there)), here, cash)
	case len(c.Divide) > 0:
		parts := make([]string, len(c.Divide))
		for i, p := range c.Divide {
			parts[i] = to.Word(p.Category) + " " + to.Money(p.Amount)
		}
		return fmt.Sprintf(say["divide"], strings.Join(parts, ", "))
	case c.Bid != nil:
		name := "bidDown"
		if c.Bid.After.Micros > c.Bid.Before.Micros {
			name = "bidUp"
		}
		cost := f.evidence("result_cost", "")
		if cost == nil || cost.Against == nil {
			return ""
		}
		return fmt.Sprintf(say[name], to.Money(c.Bid.Before), to.Money(c.Bid.After), cash(cost.Value), cash(*cost.Against))
	case c.Targeting != nil:
		return f.whyTargeting(to, say)
	}
	best, others := "", 0.0
	value := 0.0
	for _, e := range f.Evidence {
		if e.Metric == "result_rate" && e.Against != nil {
			best, value, others = e.Of, e.Value, *e.Against
		}
	}
	return fmt.Sprintf(say["rotate"], best, to.Percent(value), to.Percent(others))
}

// whyMoved says why money goes elsewhere, with what a result costs there and,
// where one is expected at all, here.
func whyMoved(say map[string]string, what, amount, from, to, there string, here *float64, cash func(float64) string) string {
	if here == nil {
		return fmt.Sprintf(say[what+"Free"], amount, from, to, there)
	}
	return fmt.Sprintf(say[what], amount, from, to, there, cash(*here))
}

func (f Finding) whyTargeting(to Reader, say map[string]string) string {
	c := f.Change.Targeting
	for _, e := range f.Evidence {
		if e.Metric == "result_cost" && e.Of != "" && e.Against != nil {
			if *e.Against == 0 {
				return fmt.Sprintf(say["narrowPaid"], to.Word(e.Of))
			}
			return fmt.Sprintf(say["narrow"], to.Word(e.Of), to.Number(e.Value / *e.Against, 1))
		}
		if e.Metric == "spent_of_plan" && len(c.After) == 0 {
			return fmt.Sprintf(say["without"], to.Word(c.Field), to.Percent(e.Value))
		}
		if e.Metric == "spent_of_plan" {
			return fmt.Sprintf(say["widen"], to.Word(c.Field), strings.Join(c.After, "–"), to.Percent(e.Value))
		}
	}
	return ""
}

func (f Finding) evidence(metric, of string) *Evidence {
	for i := range f.Evidence {
		if e := &f.Evidence[i]; e.Metric == metric && e.Of == of {
			return e
		}
	}
	return nil
}

func (f Finding) value(metric, of string) *float64 {
	if e := f.evidence(metric, of); e != nil {
		return &e.Value
	}
	return nil
}

func number(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

// Currency is that of the change's amounts, "" when it has none.
func (c Change) Currency() money.Currency {
	switch {
	case c.Amount() != nil:
		return c.Amount().Currency
	case len(c.Divide) > 0:
		return c.Divide[0].Amount.Currency
	case c.Bid != nil:
		return c.Bid.Before.Currency
	}
	return ""
}
