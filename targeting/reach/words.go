package reach

import "fmt"

// tongue is the language that an estimate explains itself in: "es", or English
// as the API has it.
type tongue string

// In is a text of this package in a language, such as the source of a default;
// another text stays as it is.
func In(language, text string) string { return tongue(language).word(text) }

func (e *Estimator) speak(t tongue) { e.tongue, e.shares.tongue = t, t }

// say writes a sentence in the language. The English one is its key.
func (t tongue) say(sentence string, args ...any) string {
	return fmt.Sprintf(t.word(sentence), args...)
}

// word is a text in the language; one that is nobody's of ours, such as a
// source that a partner wrote, stays as it is.
func (t tongue) word(text string) string {
	if t == "es" {
		if said, ok := spanish[text]; ok {
			return said
		}
	}
	return text
}

// spanish are the sentences by the English ones, with the same verbs.
var spanish = map[string]string{
	"Criteria are taken as independent of each other: nothing better is known without a panel.": "Los criterios se toman como independientes entre sí: sin un panel no se sabe nada mejor.",
	"People under 13 are not counted.":                                             "Las personas de menos de 13 años no se cuentan.",
	"Platforms' last bracket is 65 and over: up to %d includes everybody older.":   "El último tramo de las plataformas es de 65 y más: hasta %d incluye a todos los mayores.",
	"Nothing is known of the population of %s; it counts nobody.":                  "De la población de %s no se sabe nada; no cuenta a nadie.",
	"Share of individuals using the Internet (ITU via World Bank), %d or newer.":   "Proporción de personas que usan Internet (UIT, vía Banco Mundial), de %d o posterior.",
	"%s Not measured in %s: the median of the region.":                             "%s Sin medir en %s: la mediana de la región.",
	"A census knows no unknown gender: nobody is counted.":                         "Un censo no conoce el género desconocido: no se cuenta a nadie.",
	"The members counted above are those whom these networks find: they use them.": "Los miembros contados arriba son los que estas redes encuentran: las usan.",
	"Languages of the countries, the most spoken first. %s":                        "Lenguas de los países, la más hablada primero. %s",
	"The size of the audience is not known here. %s":                               "El tamaño de la audiencia no se conoce aquí. %s",
	"Population by gender.":                                                        "Población por género.",
	"Population by age and gender; the panel does not know it.":                    "Población por edad y género; el panel no lo sabe.",
	"Part of %s: %s": "Parte de %s: %s",
	"Counted: of the members of the audiences above, %d are in %s too.":          "Contado: de los miembros de las audiencias de arriba, %d están también en %s.",
	"Counted: of the members of the audiences above, %d are not in %s.":          "Contado: de los miembros de las audiencias de arriba, %d no están en %s.",
	"%d people are in %s today. Platforms find %s":                               "%d personas están hoy en %s. Las plataformas encuentran %s",
	"%d people are in %s today and are left out where a platform finds them: %s": "%d personas están hoy en %s y quedan fuera donde una plataforma las encuentra: %s",
	"%.0f %% of them, %.0f to %.0f. %s":                                          "al %.0f %% de ellas, de %.0f a %.0f. %s",
	" or ":                                                                       " o ",
	"At most %d people: the %d members that the audiences leave, of whom platforms find at most %.0f %%.": "Como mucho %d personas: los %d miembros que dejan las audiencias, de los que las plataformas encuentran como mucho el %.0f %%.",
	"The audience %q has fewer members than its minimum: platforms would refuse it.":                      "La audiencia %q tiene menos miembros que su mínimo: las plataformas la rechazarían.",
	"People are counted in the panel %q: %d rows stand for %.0f people of the places asked for.":          "Las personas se cuentan en el panel %q: %d filas representan a %.0f personas de los lugares pedidos.",
	"The panel is everybody and no sample: what is counted has no sampling error.":                        "El panel son todos y no una muestra: lo contado no tiene error de muestreo.",
	"The panel knows nothing of %s: shares stand in for that, taken as independent of what is counted.":   "El panel no sabe nada de %s: en su lugar hay proporciones, tomadas como independientes de lo contado.",
	"Counted in %q, of those whom the criteria above leave: %d of %d rows.":                               "Contado en %q, de los que dejan los criterios de arriba: %d de %d filas.",
	"Nobody in %q is left to count.": "En %q no queda nadie que contar.",
	"that name no network":           "que no nombran ninguna red",
	"on %s":                          "en %s",
	"The data provider %s does not answer: defaults stand in for its shares.":                                                                                                                                                                                "El proveedor de datos %s no responde: en lugar de sus proporciones hay supuestos.",
	"Members of audiences are taken to live in the countries asked for, and to be spread over ages, genders and places as the people there are.":                                                                                                             "Se supone que los miembros de las audiencias viven en los países pedidos y se reparten por edades, géneros y lugares como la gente de allí.",
	"The range is the error of a sample, for 80 of 100 samples like this one: effective size %.0f, design effect %.2f. Whom the panel could never ask is not in it.":                                                                                         "El rango es el error de una muestra, para 80 de cada 100 muestras como esta: tamaño efectivo %.0f, efecto de diseño %.2f. No incluye a quienes el panel nunca pudo preguntar.",
	"Of %.1f %% of the people something that is asked for is not known; they are not counted where it is asked for, and not left out where it is excluded.":                                                                                                  "Del %.1f %% de las personas no se sabe algo de lo pedido; no se cuentan donde se pide ni quedan fuera donde se excluye.",
	"Of %d finished campaigns %s that were estimated in this way, the deliveries imply %.2f people for each estimated. The factor is drawn towards 1 by how few they are and how they differ, and lies between 1/%.0f and %.0f; the range is widened by it.": "En %d campañas terminadas %s que se estimaron así, lo entregado implica %.2f personas por cada una estimada. El factor se acerca a 1 por lo pocas que son y lo que difieren, y está entre 1/%.0f y %.0f; el rango se ensancha con ello.",
	"Planning defaults of this product, rounded from public surveys of Internet use and platforms' own statements; replace them by your own with --reach-defaults.":                                                                                          "Supuestos de planificación de serie, redondeados de encuestas públicas sobre el uso de Internet y de lo que declaran las plataformas; cámbialos por los tuyos con --reach-defaults.",
	"An assumption: platforms publish no usual match rate, and Google names 1 % to 99 % (Google Ads API, Troubleshoot Customer Match). Set the one that your ad account shows after an upload.":                                                              "Un supuesto: las plataformas no publican una tasa de coincidencia habitual y Google nombra de 1 % a 99 % (Google Ads API, Troubleshoot Customer Match). Pon la que muestra tu cuenta publicitaria tras una subida.",
}
