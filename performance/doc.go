// Package performance takes in what ad platforms deliver, counts it once and
// answers what the numbers are, as of any moment.
//
// A metric Event is one delivery fact. It is never changed: a correction is
// another event with negative values. Every event has two times: OccurredAt
// says when it happened and decides where it is counted, and the recorded_at
// of the commit that took it in says when we knew.
//
// # Flow
//
// Service.Record checks a request's events one by one, refuses the bad ones by
// index, and hands the rest to the Ingester, which gathers concurrent requests
// and writes them in one transaction through the Log port: event ids (so that
// each counts once however often it is sent), a chunk per campaign with the
// events themselves, rollups by minute, hour and local day, totals, spend and
// the events that follow. Record returns when all of that is durable.
//
// Units: counts are plain numbers, money is micros of the campaign's currency
// (1e-6 of a unit), gauges and custom values are micros too (0.5 is 500 000),
// times are microseconds since 1970 UTC. Ranges are half-open.
package performance
