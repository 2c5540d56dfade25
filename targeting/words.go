package targeting

import (
	"strings"

	"golang.org/x/text/language/display"
)

// words are what a sentence is made of in one language.
type words struct {
	regions                 display.Namer
	languages               display.Namer
	and, or                 func(next string) string
	anybody, aged, agedFrom string
	in, within, whoSpeak    string
	more, leftOut, bidding  string
	atMost, time, times     string
	notKnown                string
	criteria                map[Criterion]string
	terms                   map[string]string
	print                   Printer // of whoever the sentence is for
}

// names are what is called the same in every language.
var names = map[string]string{
	"2g": "2G", "3g": "3G", "4g": "4G", "5g": "5G",
	"android": "Android", "ios": "iOS", "windows": "Windows", "macos": "macOS", "linux": "Linux", "chromeos": "ChromeOS", "web": "Web",
	"facebook": "Facebook", "instagram": "Instagram", "messenger": "Messenger", "whatsapp": "WhatsApp", "google": "Google", "youtube": "YouTube",
	"gmail": "Gmail", "bing": "Bing", "tiktok": "TikTok", "linkedin": "LinkedIn", "x": "X", "pinterest": "Pinterest", "snapchat": "Snapchat",
}

var english = words{
	regions: display.English.Regions(), languages: display.English.Languages(),
	and: always("and"), or: always("or"),
	anybody: "people", aged: "aged %d to %d", agedFrom: "aged %d and over",
	in: "in", within: "within %s km of %s", whoSpeak: "who speak",
	more: "and %d more", leftOut: "Left out", bidding: "Bidding",
	atMost: "Shown at most %d %s %s", time: "time", times: "times", notKnown: "not known",
	criteria: map[Criterion]string{
		ByGender: "genders", ByCountry: "countries", ByRegion: "regions", ByCity: "cities", ByPostalCode: "postal codes",
		ByLanguage: "languages", ByInterest: "interests", ByBehavior: "behaviours", ByAudience: "custom audiences",
		ByLookalike: "lookalike audiences", ByJobTitle: "job titles", ByIndustry: "industries", ByCompanySize: "employees",
		ByIncome: "income", ByDevice: "devices", ByPlatform: "platforms", ByConnection: "connections",
	},
	terms: map[string]string{
		"female": "women", "male": "men", "unknown": "people of unknown gender",
		"top_10": "top 10 %", "11_20": "11-20 %", "21_30": "21-30 %", "31_40": "31-40 %", "41_50": "41-50 %", "lower_50": "lower 50 %",
		"tv": "TV", "wifi": "Wi-Fi",
		"per_hour": "an hour", "per_day": "a day", "per_week": "a week", "per_month": "a month", "per_lifetime": "in all",
		"lowest_cost": "lowest cost", "bid_cap": "bid cap", "target_cpa": "target CPA", "manual_cpc": "manual CPC", "manual_cpm": "manual CPM",
	},
}

var spanish = words{
	regions: display.Spanish.Regions(), languages: display.Spanish.Languages(),
	and: unless("y", "e", "i", "hi"), or: unless("o", "u", "o", "ho"),
	anybody: "personas", aged: "de %d a %d años", agedFrom: "de %d años o más",
	in: "en", within: "a menos de %s km de %s", whoSpeak: "que hablan",
	more: "y %d más", leftOut: "Se excluye", bidding: "Puja",
	atMost: "Se muestra como máximo %d %s %s", time: "vez", times: "veces", notKnown: "desconocidos",
	criteria: map[Criterion]string{
		ByGender: "géneros", ByCountry: "países", ByRegion: "regiones", ByCity: "ciudades", ByPostalCode: "códigos postales",
		ByLanguage: "idiomas", ByInterest: "intereses", ByBehavior: "comportamientos", ByAudience: "audiencias personalizadas",
		ByLookalike: "audiencias similares", ByJobTitle: "cargos", ByIndustry: "sectores", ByCompanySize: "empleados",
		ByIncome: "ingresos", ByDevice: "dispositivos", ByPlatform: "plataformas", ByConnection: "conexiones",
	},
	terms: map[string]string{
		"female": "mujeres", "male": "hombres", "unknown": "personas de género desconocido",
		"top_10": "10 % superior", "11_20": "11-20 %", "21_30": "21-30 %", "31_40": "31-40 %", "41_50": "41-50 %", "lower_50": "50 % inferior",
		"mobile": "móvil", "tablet": "tableta", "desktop": "escritorio", "tv": "televisión",
		"wifi": "wifi", "cellular": "red móvil", "wired": "cable",
		"per_hour": "por hora", "per_day": "al día", "per_week": "por semana", "per_month": "al mes", "per_lifetime": "en total",
		"lowest_cost": "menor costo", "highest_value": "mayor valor", "cost_cap": "costo máximo", "bid_cap": "puja máxima",
		"target_cpa": "CPA objetivo", "manual_cpc": "CPC manual", "manual_cpm": "CPM manual",
	},
}

func always(word string) func(string) string { return func(string) string { return word } }

// unless is the usual word, or the other one before one of the beginnings.
func unless(usual, other string, beginnings ...string) func(string) string {
	return func(next string) string {
		next = strings.ToLower(next)
		for _, b := range beginnings {
			if strings.HasPrefix(next, b) && !strings.HasPrefix(next, "hie") {
				return other
			}
		}
		return usual
	}
}
