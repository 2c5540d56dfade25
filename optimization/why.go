package optimization

import (
	"fmt"
	"math"
	"strconv"
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
// it rests on, in "en" or "es"; another language is English.
func (s State) Why(language string) string {
	said := s.Finding
	if s.Made != nil { // perhaps with other parameters
		said.Change = *s.Made
	}
	return said.why(language)
}

func (f Finding) why(language string) string {
	say := phrases[language]
	if say == nil {
		say = phrases["en"]
	}
	c := f.Change
	currency := c.currency()
	cash := func(units float64) string {
		return money.New(int64(math.Round(units*money.Unit/10_000))*10_000, currency).String()
	}
	switch {
	case c.Move != nil:
		return f.whyMoved(say, "move", c.Move.From, c.Move.To, cash)
	case c.Transfer != nil:
		return f.whyMoved(say, "transfer", c.Transfer.From.Name, c.Transfer.To.Name, cash)
	case len(c.Divide) > 0:
		parts := make([]string, len(c.Divide))
		for i, p := range c.Divide {
			parts[i] = p.Category + " " + p.Amount.String()
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
		return fmt.Sprintf(say[name], c.Bid.Before, c.Bid.After, cash(cost.Value), cash(*cost.Against))
	case c.Targeting != nil:
		return f.whyTargeting(say)
	}
	best, others := "", 0.0
	value := 0.0
	for _, e := range f.Evidence {
		if e.Metric == "result_rate" && e.Against != nil {
			best, value, others = e.Of, e.Value, *e.Against
		}
	}
	return fmt.Sprintf(say["rotate"], best, percent(value), percent(others))
}

func (f Finding) whyMoved(say map[string]string, what, from, to string, cash func(float64) string) string {
	there, here := f.value("next_result_cost", to), f.value("next_result_cost", from)
	if here == nil {
		return fmt.Sprintf(say[what+"Free"], f.Change.Amount(), from, to, cash(number(there)))
	}
	return fmt.Sprintf(say[what], f.Change.Amount(), from, to, cash(number(there)), cash(*here))
}

func (f Finding) whyTargeting(say map[string]string) string {
	c := f.Change.Targeting
	for _, e := range f.Evidence {
		if e.Metric == "result_cost" && e.Of != "" && e.Against != nil {
			if *e.Against == 0 {
				return fmt.Sprintf(say["narrowPaid"], e.Of)
			}
			return fmt.Sprintf(say["narrow"], e.Of, strconv.FormatFloat(e.Value / *e.Against, 'f', 1, 64))
		}
		if e.Metric == "spent_of_plan" && len(c.After) == 0 {
			return fmt.Sprintf(say["without"], strings.ReplaceAll(c.Field, "_", " "), percent(e.Value))
		}
		if e.Metric == "spent_of_plan" {
			return fmt.Sprintf(say["widen"], strings.ReplaceAll(c.Field, "_", " "), strings.Join(c.After, "–"), percent(e.Value))
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

func percent(share float64) string { return strconv.FormatFloat(100*share, 'g', 3, 64) + " %" }

// currency is that of the change's amounts, "" when it has none.
func (c Change) currency() money.Currency {
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
