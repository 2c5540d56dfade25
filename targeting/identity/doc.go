// Package identity turns what names a person (an email address, a telephone
// number, a customer's number) into the SHA-256 that an ad platform compares.
//
// Platforms compare hashes, so one space too many matches nobody: each
// destination has its own rules, and here its own normaliser. Every text is
// brought to NFC before it is lower-cased, because "é" has two spellings in
// Unicode and one hash in the platform's table.
//
//	          Meta                          Google             Google, enhanced conversions
//	email     trimmed, lower case           the same           and no dots before @gmail.com
//	phone     digits with country code      E.164, with plus   E.164, with plus
//	names     lower case, no punctuation    lower case         lower case
//
// Sources: Meta, "Customer information parameters" of the Conversions API;
// Google Ads API, "Customer Match" and "Enhanced conversions".
//
// A text of 64 hexadecimal digits is taken for a hash that the sender has made
// by these rules, and passed on as it is. Nothing here keeps, logs or quotes a
// raw value: errors say what is wrong with it and not what it was.
package identity
