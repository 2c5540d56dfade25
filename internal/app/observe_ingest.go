package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hexabuilders/campaignd/performance"
)

// ingestCounts shows what has become of the events sent to this node.
type ingestCounts struct{ of *performance.Service }

var eventsTotal = prometheus.NewDesc("campaignd_ingest_events_total",
	"Metric events by what became of them: accepted, duplicate, or the code of the refusal.", []string{"outcome"}, nil)

// Describe implements prometheus.Collector.
func (ingestCounts) Describe(to chan<- *prometheus.Desc) { to <- eventsTotal }

// Collect implements prometheus.Collector.
func (c ingestCounts) Collect(to chan<- prometheus.Metric) {
	counts := c.of.Counts()
	show := func(outcome string, count int64) {
		to <- prometheus.MustNewConstMetric(eventsTotal, prometheus.CounterValue, float64(count), outcome)
	}
	show("accepted", counts.Accepted)
	show("duplicate", counts.Duplicates)
	for code, count := range counts.Refused {
		show(code, count)
	}
}
