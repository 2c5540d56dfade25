package bench

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/hexabuilders/campaignd/performance"
)

// Plan is one measurement of ingest with its baselines, all in one run.
type Plan struct {
	Load                           // of the batches
	Bare        performance.Writer // the store's bare log; nil leaves the baseline out
	PostgresDSN string             // for one insert per event; empty leaves it out
	InfluxURL   string             // of an InfluxDB 1.x that takes the same facts; empty leaves it out
}

// Report is what a Plan found.
type Report struct {
	Rates          []Rate  `json:"rates"`
	OfBareStore    float64 `json:"of_bare_store,omitempty"`    // whole path / bare store
	TimesOneInsert float64 `json:"times_one_insert,omitempty"` // whole path / one insert per event
	OfInfluxDB     float64 `json:"of_influxdb,omitempty"`      // whole path / InfluxDB
	PeakMemory     float64 `json:"peak_memory_mib,omitempty"`  // of the program
}

// Usual is the load that figures are given for: batches of 1 000 over 8
// connections, spread over 500 campaigns unless the load says otherwise. What
// an event costs falls with the events that each campaign has in a commit.
func Usual(l Load) Load {
	l.Campaigns, l.Connections, l.Batch = cmp.Or(l.Campaigns, 500), 8, 1000
	return l
}

// Singles is one event a request over 256 connections.
func Singles(l Load) Load {
	l.Campaigns, l.Connections, l.Batch = cmp.Or(l.Campaigns, 500), 256, 1
	return l
}

// Run measures the baselines first, so that the table they leave behind slows
// the program and not them.
func Run(ctx context.Context, p Plan) (Report, error) {
	var r Report
	var inserts, bare, influx Rate
	var err error
	if p.PostgresDSN != "" {
		if inserts, err = InsertPerEvent(ctx, p.PostgresDSN, p.Load); err != nil {
			return r, err
		}
		r.Rates = append(r.Rates, inserts)
	}
	if p.InfluxURL != "" {
		if influx, err = InfluxDB(ctx, p.InfluxURL, p.Load); err != nil {
			return r, err
		}
		r.Rates = append(r.Rates, influx)
	}
	if p.Bare != nil {
		if bare, err = BareStore(ctx, p.Bare, p.Load); err != nil {
			return r, err
		}
		r.Rates = append(r.Rates, bare)
	}
	whole, err := Ingest(ctx, fmt.Sprintf("HTTP, batches of %d", p.Batch), p.Load)
	if err != nil {
		return r, err
	}
	singles, err := Ingest(ctx, "HTTP, single events", Singles(p.Load))
	r.Rates = append(r.Rates, whole, singles)
	r.OfBareStore, r.TimesOneInsert = ratio(whole, bare), ratio(whole, inserts)
	r.OfInfluxDB = ratio(whole, influx)
	return r, err
}

func ratio(a, b Rate) float64 {
	if b.EventsPerSecond == 0 {
		return 0
	}
	return a.EventsPerSecond / b.EventsPerSecond
}

func (r Report) String() string {
	var b strings.Builder
	for _, rate := range r.Rates {
		fmt.Fprintln(&b, rate)
	}
	if r.OfBareStore > 0 {
		fmt.Fprintf(&b, "%-28s %9.2f of the bare store\n", "", r.OfBareStore)
	}
	if r.TimesOneInsert > 0 {
		fmt.Fprintf(&b, "%-28s %9.1f times one insert per event\n", "", r.TimesOneInsert)
	}
	if r.OfInfluxDB > 0 {
		fmt.Fprintf(&b, "%-28s %9.2f of InfluxDB\n", "", r.OfInfluxDB)
	}
	if r.PeakMemory > 0 {
		fmt.Fprintf(&b, "%-28s %9.0f MiB of memory at most\n", "", r.PeakMemory)
	}
	return b.String()
}
