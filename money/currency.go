package money

import "strings"

// Currency is an ISO 4217 code in upper case, such as "USD". The zero value is
// no currency; it is not Valid.
type Currency string

// active is ISO 4217's list of active codes by the digits of their minor unit.
//
// Codes that ISO gives no minor unit (gold, bond units, XDR, XXX and XTS) are
// not money that a budget can be held in, and are left out. A code that ISO
// withdraws later must stay here: money recorded in it has to remain readable.
var active = [...]string{
	0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
	2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD " +
		"CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP " +
		"GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT " +
		"LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN " +
		"NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD " +
		"SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS " +
		"VED VES WST XAD XCD XCG YER ZAR ZMW ZWG",
	3: "BHD IQD JOD KWD LYD OMR TND",
	4: "CLF UYW",
}

var exponents = indexByCode()

func indexByCode() map[Currency]int {
	index := make(map[Currency]int)
	for exponent, codes := range active {
		for code := range strings.FieldsSeq(codes) {
			index[Currency(code)] = exponent
		}
	}
	return index
}

// ParseCurrency reads a currency's code. Lower case is refused rather than
// corrected, so that one currency has one spelling everywhere. The error is
// ErrUnknownCurrency.
func ParseCurrency(s string) (Currency, error) {
	if c := Currency(s); c.Valid() {
		return c, nil
	}
	if upper := Currency(strings.ToUpper(s)); upper.Valid() {
		return "", ErrUnknownCurrency.With("The currency %s is to be written %s, in upper case.", excerpt(s), upper)
	}
	return "", ErrUnknownCurrency.With("%s is not the code of a currency in use.", excerpt(s))
}

// Valid reports whether c is a code of the active list.
func (c Currency) Valid() bool {
	_, ok := exponents[c]
	return ok
}

// Exponent is the number of decimals of the minor unit: 0 for JPY, 2 for USD,
// 3 for KWD, 4 for CLF. It is how many decimals an amount shows at least, not a
// limit on what may be recorded: the price of one impression is often a
// fraction of a cent. A currency that is not Valid counts as having 2.
func (c Currency) Exponent() int {
	if exponent, ok := exponents[c]; ok {
		return exponent
	}
	return defaultExponent
}
