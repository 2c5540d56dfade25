package report

import (
	"context"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// Document is a report as data, in no language and no format. Everything in
// it is in a fixed order: currencies by code, lines by what they spent.
type Document struct {
	Definition
	FactsAt     time.Time
	Partner     string
	Subject     string   // the campaign's name, when it is about one
	Zones       []string // of the local days, in alphabetical order
	Before      *Dates   // what is compared with; nil when nothing is
	BeforeFrom  *time.Time
	Groups      []string // the dimensions of the rows
	ByMonth     bool     // the course is by month rather than by day
	Currencies  []Currency
	Alerts      []Alert
	MoreAlerts  bool
	CampaignsOf map[string]Campaign // by id

	// Rows calls yield with every row, in the order of campaign names, then of
	// time. It may be called once or not at all.
	Rows func(ctx context.Context, yield func(Row) error) error
}

// Currency is everything that is spent in one currency.
type Currency struct {
	Code      string
	Now       performance.Totals
	Before    performance.Totals
	Course    []Point
	Campaigns []Line
	Channels  []Line
	Budgets   []BudgetLine
}

// Point is a local day, or a month named by its first.
type Point struct {
	Day localday.Day
	performance.Totals
}

// Line is one campaign or channel.
type Line struct {
	ID     string // of the campaign; empty for a channel
	Name   string
	Status string // of the campaign
	performance.Totals
	Before performance.Totals
}

// BudgetLine is how a budget stands. Spent is over the campaign's whole life as
// known at the report's known_at, for a daily budget the mean of the period's
// days with spend.
type BudgetLine struct {
	Name         string
	Daily        bool
	Limit, Spent int64 // micros
}

// Row is one campaign, bucket and group.
type Row struct {
	Campaign Campaign
	From, To time.Time // of the bucket, cut to the period
	Day      localday.Day
	Zone     string
	Group    map[string]string
	performance.Totals
}

// sums adds what sums up, checked.
func add(to *performance.Totals, more *performance.Totals) error {
	events, err := money.AddMicros(to.Events, more.Events)
	if err != nil {
		return err
	}
	to.Events = events
	for m := range performance.Reach {
		if *to.At(m), err = money.AddMicros(*to.At(m), *more.At(m)); err != nil {
			return err
		}
	}
	return nil
}

// ShownKPIs are the KPIs of a report, in its order. Frequency is not among
// them: people are not added up.
var ShownKPIs = []string{"ctr", "cpc", "cpm", "cpa", "cvr", "roas", "roi"}

// channelName is how a missing channel sorts and shows: as nothing.
func channelName(group map[string]string) string { return strings.ToLower(group["channel"]) }
