package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
)

// brokerFigures shows how far each broker is behind, and what could not be
// taken in.
type brokerFigures struct{ of *links }

var (
	brokerLag = prometheus.NewDesc("campaignd_broker_lag_events",
		"Events of the log that the broker does not have; the cursor is up to a second old.", []string{"broker"}, nil)
	brokerSent = prometheus.NewDesc("campaignd_broker_sent_events_total",
		"Events that this node has sent to the broker, repetitions too.", []string{"broker"}, nil)
	brokerFailing = prometheus.NewDesc("campaignd_broker_failing",
		"1 while sending to the broker fails on this node.", []string{"broker"}, nil)
	deadLetters = prometheus.NewDesc("campaignd_dead_letters",
		"Messages that could not be taken in, by where they stand: dead ones need a person.", []string{"state"}, nil)
)

// Describe implements prometheus.Collector.
func (brokerFigures) Describe(to chan<- *prometheus.Desc) {
	to <- brokerLag
	to <- brokerSent
	to <- brokerFailing
	to <- deadLetters
}

// Collect implements prometheus.Collector. While the store does not answer there
// is no lag to show, and no letters.
func (f brokerFigures) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	heads, err := f.of.db.Log().Heads(ctx)
	for _, x := range f.of.all {
		failing := 0.0
		if x.outbox.Failing() != nil {
			failing = 1
		}
		to <- prometheus.MustNewConstMetric(brokerSent, prometheus.CounterValue, float64(x.outbox.Sent()), x.name)
		to <- prometheus.MustNewConstMetric(brokerFailing, prometheus.GaugeValue, failing, x.name)
		if err != nil {
			continue
		}
		var lag int64
		if lag, err = f.of.lag(ctx, x, heads); err == nil {
			to <- prometheus.MustNewConstMetric(brokerLag, prometheus.GaugeValue, float64(lag), x.name)
		}
	}
	counts, letters := f.of.mail.Count(ctx, uuid.Nil)
	for state, n := range counts {
		to <- prometheus.MustNewConstMetric(deadLetters, prometheus.GaugeValue, float64(n), string(state))
	}
	if err != nil || letters != nil {
		slog.Debug("figures of brokers not complete", "lag", err, "letters", letters)
	}
}
