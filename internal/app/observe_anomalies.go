package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hexabuilders/campaignd/performance/lookout"
)

// anomalyCounts shows what this node has judged.
type anomalyCounts struct{ of *lookout.Service }

var (
	anomalyLooks    = prometheus.NewDesc("campaignd_anomaly_looks_total", "Looks at a campaign for hours that can be judged.", nil, nil)
	anomalyHours    = prometheus.NewDesc("campaignd_anomaly_hours_total", "Hours of campaigns judged.", nil, nil)
	anomalyReplayed = prometheus.NewDesc("campaignd_anomaly_replayed_hours_total", "Judged hours read again to know a campaign's past.", nil, nil)
	anomalyFound    = prometheus.NewDesc("campaignd_anomalies_total", "Anomalies found.", nil, nil)
	anomalyWaiting  = prometheus.NewDesc("campaignd_anomaly_waiting_campaigns", "Campaigns that are due to be looked at.", nil, nil)
)

// Describe implements prometheus.Collector.
func (anomalyCounts) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{anomalyLooks, anomalyHours, anomalyReplayed, anomalyFound, anomalyWaiting} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c anomalyCounts) Collect(to chan<- prometheus.Metric) {
	counts := c.of.Counts()
	for d, n := range map[*prometheus.Desc]int64{
		anomalyLooks: counts.Looks, anomalyHours: counts.Hours, anomalyReplayed: counts.Replayed, anomalyFound: counts.Found,
	} {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n))
	}
	to <- prometheus.MustNewConstMetric(anomalyWaiting, prometheus.GaugeValue, float64(counts.Waiting))
}
