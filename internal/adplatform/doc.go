// Package adplatform reads what ad platforms report: the tables that their
// connectors deliver for Google Ads, Meta Ads, Microsoft Ads and TikTok Ads.
//
// Open and Reader.Next turn such a table, a row at a time, into delivery facts
// with the product's own units; Importer files a whole report under the
// partner's campaigns.
//
// Three things hold for every platform:
//
//   - Money is exact: Google's cost_micros as they are, the others' decimal
//     strings as decimals. No amount passes through a float.
//   - An empty cell, "-" or "null" is an unknown value and not a zero.
//   - A row has the same event id however often, and from whichever file, it is
//     read: the id is made from the columns that say which delivery the row is
//     about. Sending a report again therefore counts nothing twice, and a row
//     whose figures have changed since is refused rather than added.
//
// Reports name local days or hours of the ad account. A day's row is placed at
// the first instant of its local day, an hour's row at its local hour, in the
// campaign's time zone.
package adplatform
