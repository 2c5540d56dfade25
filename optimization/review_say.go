package optimization

import (
	"math"
	"strings"

	"github.com/hexabuilders/campaignd/money"
)

// said are the sentences of a review by language, and by area and reason or by
// reason alone.
var said = map[string]map[string]string{
	"en": {
		"sample":                   "Too little to judge: {sample} {of} of the {minimum} that it takes.",
		"goal":                     "It is {value} ({low} to {high}), and the campaign has no goal to hold it against.",
		"engagement goal":          "{value} of impressions are clicked ({low} to {high}), and the campaign has no goal to hold that against.",
		"bids goal":                "The campaign has no goal for the cost of a result to hold its bid against.",
		"no_bid":                   "The bid strategy has no amount, so there is no bid to judge.",
		"no_plan":                  "The budget has no plan by day to hold the spend against.",
		"engagement within":        "{value} of impressions are clicked ({low} to {high}), which is not below the goal of {goal}.",
		"engagement worse":         "{value} of impressions are clicked ({low} to {high}), below the goal of {goal}.",
		"efficiency within":        "A result costs {value} ({low} to {high}), which is not above the goal of {goal}.",
		"efficiency worse":         "A result costs {value} ({low} to {high}), above the goal of {goal}.",
		"pacing within":            "{value} of the money planned was spent.",
		"pacing under":             "Only {value} of the money planned was spent.",
		"pacing over":              "{value} of the money planned was spent, which is more than there is.",
		"bids nothing_better":      "The bid of {value} brings results at about their goal.",
		"bids suggested":           "Another bid than {value} is suggested.",
		"creatives nothing_better": "No creative is clearly better than the others; {sample} can be compared.",
		"creatives suggested":      "Another division among the creatives is suggested.",
		"audiences nothing_better": "Nobody who is reached costs clearly more than the others; a result costs {value} ({low} to {high}).",
		"audiences suggested":      "Narrower or wider targeting is suggested; a result costs {value} ({low} to {high}).",
	},
	"es": {
		"sample":                   "Demasiado poco para juzgar: {sample} {of} de los {minimum} que hacen falta.",
		"goal":                     "Es {value} ({low} a {high}), y la campaña no tiene una meta con la que compararlo.",
		"engagement goal":          "Recibe clic {value} de las impresiones ({low} a {high}), y la campaña no tiene una meta con la que compararlo.",
		"bids goal":                "La campaña no tiene una meta para el costo de un resultado con la que juzgar su puja.",
		"no_bid":                   "La estrategia de puja no tiene importe, así que no hay puja que juzgar.",
		"no_plan":                  "El presupuesto no tiene un plan por día con el que comparar el gasto.",
		"engagement within":        "Recibe clic {value} de las impresiones ({low} a {high}), no por debajo de la meta de {goal}.",
		"engagement worse":         "Recibe clic {value} de las impresiones ({low} a {high}), por debajo de la meta de {goal}.",
		"efficiency within":        "Un resultado cuesta {value} ({low} a {high}), no por encima de la meta de {goal}.",
		"efficiency worse":         "Un resultado cuesta {value} ({low} a {high}), por encima de la meta de {goal}.",
		"pacing within":            "Se gastó {value} del dinero previsto.",
		"pacing under":             "Solo se gastó {value} del dinero previsto.",
		"pacing over":              "Se gastó {value} del dinero previsto, más de lo que hay.",
		"bids nothing_better":      "La puja de {value} trae resultados cerca de su meta.",
		"bids suggested":           "Se sugiere otra puja que {value}.",
		"creatives nothing_better": "Ningún anuncio es claramente mejor que los otros; se pueden comparar {sample}.",
		"creatives suggested":      "Se sugiere otro reparto entre los anuncios.",
		"audiences nothing_better": "Nadie de quien se alcanza cuesta claramente más que los demás; un resultado cuesta {value} ({low} a {high}).",
		"audiences suggested":      "Se sugiere una segmentación más estrecha o más amplia; un resultado cuesta {value} ({low} a {high}).",
	},
}

var counted = map[string]map[string]string{
	"en": {"results": "results", "clicks": "clicks", "days": "days", "creatives": "creatives"},
	"es": {"results": "resultados", "clicks": "clics", "days": "días", "creatives": "anuncios"},
}

// Say is a sentence about an area.
func (r Reviewed) Say(to Reader, currency money.Currency) string {
	words := to.of(said)
	sentence, ok := words[string(r.Area)+" "+r.Reason]
	if !ok {
		sentence = words[r.Reason]
	}
	show := func(units float64) string {
		if r.Unit == "money" {
			return to.Money(money.New(int64(math.Round(100*units))*finest, currency))
		}
		return to.Percent(units)
	}
	parts := []string{"{sample}", to.Number(float64(r.Sample), 0), "{minimum}", to.Number(float64(r.Minimum), 0), "{of}", to.of(counted)[r.Of]}
	if r.Value != nil {
		parts = append(parts, "{value}", show(r.Value.Value), "{low}", show(r.Value.Low), "{high}", show(r.Value.High))
	}
	if r.Against != nil {
		parts = append(parts, "{goal}", show(*r.Against))
	}
	return strings.NewReplacer(parts...).Replace(sentence)
}
