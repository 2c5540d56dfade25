// Package lookout keeps watch over the hours of every campaign and says which
// were unusual: performance/anomaly judges the values, and this package decides
// which values, when, and what is kept of it.
//
// # When an hour is judged
//
// Once, when it is settled, which is when the campaign's own data has moved on:
// there is data of an hour that begins Settling (2 hours) after it or later. A
// campaign that has gone silent is judged by the clock instead, an hour
// Patience (3 hours) after its end, but only one that is ACTIVE and reports
// promptly: whoever imports once a day has not stopped delivering at noon.
//
// What comes in for an hour after that changes the hour and not the judgement.
// The anomaly keeps what was observed and when it was known, and whoever reads
// it is told the present value beside it.
//
// Not judged are hours in which a launched campaign was paused, had ended, or
// changed between the two, and figures over too small a sample. An hour without
// any delivery in a campaign that ran all through it is no_delivery where it
// usually delivers at that hour of its day.
//
// # What is kept
//
// The hours as they were judged, the Journal, and the anomalies. The detectors
// are in memory only: they are what a replay of the journal since Origin gives,
// four to eight weeks, on any node and after any restart. The journal and not
// the rollups, for two reasons: late data changes the rollups, and a replay
// would then not come to the same; and like is compared with like, each hour
// at the age at which it was judged, when conversions are still to come.
//
// A verdict has the same id wherever it is reached, of campaign, figure and
// hour. The hours and what was found in them are stored in one transaction,
// which fails when another node has stored one of the hours before: nothing is
// told twice, and nothing is lost between.
//
// # What is worth telling
//
// The detector's ranks say what is rare, not what matters. So an anomaly must
// also differ from what was expected by a fifth at least, and by three standard
// deviations of the count that it rests on (loud).
package lookout
