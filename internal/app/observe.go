package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// observe registers the program's own figures.
func (a *App) observe(registry *prometheus.Registry) {
	gauge := func(name, help string, value func() float64) {
		registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "campaignd", Name: name, Help: help}, value))
	}
	gauge("ingest_waiting_events", "Metric events that wait for their commit.", func() float64 {
		return float64(a.services.ingester.Waiting())
	})
	registry.MustRegister(ingestCounts{a.services.metrics}, anomalyCounts{a.services.anomalies})
	gauge("merge_backlog_campaigns", "Campaigns whose chunks wait to be merged; -1 while the store does not answer.", func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		n, err := a.db.Metrics().Backlog(ctx)
		if err != nil {
			return -1
		}
		return float64(n)
	})
	gauge("live_connections", "Live connections open on this node.", func() float64 { return float64(a.live.Stats().Connections) })
	gauge("live_channels", "Live channels open on this node.", func() float64 { return float64(a.live.Stats().Channels) })
	registry.MustRegister(brokerFigures{a.links}, paymentFigures{a.db.Payments()})
	if a.services.mirror != nil {
		registry.MustRegister(mirrorFigures{a.services.mirror})
	}
}
