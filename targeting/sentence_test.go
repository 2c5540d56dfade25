package targeting_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
)

func TestSentenceInPlainWords(t *testing.T) {
	amount := money.New(5*money.Unit, "USD")
	full := targeting.Configuration{
		AgeRange: &targeting.AgeRange{Min: 25, Max: 45}, Genders: []targeting.Gender{"female", "male"},
		Locations: []targeting.Location{
			{Country: "CO", City: "Bogotá", RadiusKM: 25}, {Country: "PE"},
			{Country: "ES", Point: &targeting.Point{Latitude: 40.4168, Longitude: -3.7038}, RadiusKM: 2.5},
		},
		Languages: []string{"es", "en"}, Interests: []string{"607", "608", "609", "610", "611"},
		DeviceTypes: []targeting.DeviceType{"mobile", "desktop"},
		Exclusions: []targeting.Exclusion{
			{Criterion: targeting.ByCountry, Values: []string{"BR"}}, {Criterion: targeting.ByAudience, Values: []string{"buyers"}},
		},
		FrequencyCap: &targeting.FrequencyCap{Impressions: 3, Period: "day"},
		BidStrategy:  &targeting.BidStrategy{Type: targeting.BidCostCap, Amount: &amount},
	}
	open := targeting.Configuration{
		AgeRange: &targeting.AgeRange{Min: 30, Max: 65}, Locations: []targeting.Location{{Country: "MX", Region: "Jalisco"}, {Country: "XX"}},
		Languages: []string{"!", "es"}, Behaviors: []string{"frequent_travellers"}, JobTitles: []string{"chef", "óptico", "óptica"},
		FrequencyCap: &targeting.FrequencyCap{Impressions: 1, Period: "week"},
	}
	where := targeting.Configuration{
		Locations: []targeting.Location{{Country: "CL"}}, IncomeRanges: []targeting.IncomeRange{"top_10", "unknown"},
		Platforms: []targeting.Platform{"instagram", "tiktok"}, ConnectionTypes: []targeting.ConnectionType{"5g"},
	}
	or := targeting.Configuration{Genders: []targeting.Gender{"male"}, Locations: []targeting.Location{{Country: "PE"}}, Behaviors: []string{"viajes", "ocio"}}
	or.Exclusions = []targeting.Exclusion{{Criterion: targeting.ByLanguage, Values: []string{"pt"}}}
	for _, c := range []struct {
		lang, want string
		of         targeting.Configuration
	}{
		{"en", "Women and men aged 25 to 45 within 25 km of Bogotá, Colombia, in Peru or within 2.5 km of 40.4168, -3.7038 (Spain) who speak Spanish or English; interests: Sports, American Football, Australian Rules Football and 2 more; devices: mobile or desktop. Left out: countries: Brazil; custom audiences: buyers. Shown at most 3 times a day. Bidding: cost cap 5.00 USD.", full},
		{"es-CO", "Mujeres y hombres de 25 a 45 años a menos de 25 km de Bogotá, Colombia, en Perú o a menos de 2.5 km de 40.4168, -3.7038 (España) que hablan español o inglés; intereses: Sports, American Football, Australian Rules Football y 2 más; dispositivos: móvil o escritorio. Se excluye: países: Brasil; audiencias personalizadas: buyers. Se muestra como máximo 3 veces al día. Puja: costo máximo 5.00 USD.", full},
		{"en", "People aged 30 and over in Jalisco, Mexico or in XX who speak ! or Spanish; behaviours: frequent travellers; job titles: chef, óptico or óptica. Shown at most 1 time a week.", open},
		{"es", "Hombres en Perú; comportamientos: viajes u ocio. Se excluye: idiomas: portugués.", or},
		{"en", "People in Chile; income: top 10 % or not known; platforms: Instagram or TikTok; connections: 5G.", where},
		{"es", "Personas en Chile; ingresos: 10 % superior o desconocidos; plataformas: Instagram o TikTok; conexiones: 5G.", where},
		{"fr", "Men in Peru; behaviours: viajes or ocio. Left out: languages: Portuguese.", or},
	} {
		if got := c.of.Sentence(c.lang); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.lang, got, c.want)
		}
	}
	if got := (targeting.Configuration{}).Sentence("en"); got != "People." {
		t.Errorf("an empty configuration is for %q", got)
	}
}

// comma is a reader who writes 2.5 as 2,5.
type comma struct{}

func (comma) Amount(m money.Money) string { return "$" + strings.ReplaceAll(m.Amount(), ".", ",") }
func (comma) Number(value float64) string {
	return strings.ReplaceAll(strconv.FormatFloat(value, 'f', -1, 64), ".", ",")
}

func TestTheSentencesNumbersAreTheReaders(t *testing.T) {
	amount := money.New(17*money.Unit, "USD")
	c := targeting.Configuration{
		Locations:   []targeting.Location{{Country: "PE", City: "Lima", RadiusKM: 2.5}},
		BidStrategy: &targeting.BidStrategy{Type: "cost_cap", Amount: &amount},
	}
	const want = "Personas a menos de 2,5 km de Lima, Perú. Puja: costo máximo $17,00."
	if got := c.SentenceFor("es", comma{}); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
