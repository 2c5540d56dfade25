// Package market simulates an ad market for campaignd's demo: a partner with nine
// campaigns, weeks of history, and delivery that goes on while one looks.
//
// Campaigns of a third kind run at ad platforms, which package sandbox plays on
// the same auctions: the market places them through the API and delivers nothing
// to them; what they deliver is pulled by the service.
//
// It has two halves that know little of each other. Auction is the simulation:
// demand by the hour and the day of the week, prices that rise with demand,
// inventory that runs short, clicks, conversions that come hours or days later,
// and the corrections that platforms send. It is a function of a Model, a seed
// and the times it is asked about, and talks to nobody. Run is the feeder: a
// client of the public HTTP API and nothing else, which sets the partner up,
// sends the history and then, every second, what the auctions delivered.
//
// The feeder behaves as a platform does. It looks whether a campaign is active
// before it delivers, and still delivers a little for a moment after a pause;
// conversions of earlier clicks arrive whatever the campaign's status is. A
// campaign that somebody creates and launches during the demo is delivered too.
//
// The same seed and the same moment of first start give the same history. Event
// ids are made from them, so that a demo started again on the same data sends
// nothing twice.
package market
