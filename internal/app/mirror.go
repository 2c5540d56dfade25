package app

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hexabuilders/campaignd/internal/influx"
	"github.com/hexabuilders/campaignd/internal/relay"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/performance"
)

// newMirror is the mirror in InfluxDB, nil when none is set.
func newMirror(db *sqlstore.DB, cfg Config) *influx.Mirror {
	if cfg.InfluxURL == "" {
		return nil
	}
	return influx.NewMirror(influx.Config{
		URL: cfg.InfluxURL, Database: cfg.InfluxDatabase, Retention: cfg.InfluxRetention,
		User: cfg.InfluxUser, Password: cfg.InfluxPassword, Token: cfg.InfluxToken,
	}, db.Metrics(), db.Log(), cfg.clock())
}

// mirrored is the store's log whose sums may come from the mirror.
type mirrored struct {
	sqlstore.Metrics
	mirror *influx.Mirror
}

func readerOf(db *sqlstore.DB, mirror *influx.Mirror) performance.Reader {
	if mirror == nil {
		return db.Metrics()
	}
	return mirrored{db.Metrics(), mirror}
}

// Rollups implements performance.Series.
func (m mirrored) Rollups(ctx context.Context, partner, campaign uuid.UUID, width performance.Bucket, from, to int64) ([]performance.Rollup, error) {
	return m.mirror.Rollups(ctx, partner, campaign, width, from, to)
}

// leadMirror keeps the mirror up on one node at a time. The lease lives far
// longer than a request to InfluxDB may take: a node that has lost it must not
// write what it read before.
func leadMirror(mirror *influx.Mirror, leader relay.Leader) func(context.Context) error {
	const consumer = "influx"
	leader.Log, leader.Cursors, leader.TTL = mirror, mirror, 30*time.Second
	mirror.Lease = func(ctx context.Context) (int64, bool, error) {
		return leader.Leases.Acquire(ctx, consumer, leader.Node, leader.TTL)
	}
	return func(ctx context.Context) error { return leader.Lead(ctx, consumer, mirror.Handle) }
}

// mirrorFigures show an operator how far the mirror is.
type mirrorFigures struct{ of *influx.Mirror }

var (
	mirrorUp      = prometheus.NewDesc("campaignd_influx_up", "1 while InfluxDB answers this node.", nil, nil)
	mirrorEntries = prometheus.NewDesc("campaignd_influx_behind_entries", "Entries of the event log that the mirror in InfluxDB has not seen.", nil, nil)
	mirrorSince   = prometheus.NewDesc("campaignd_influx_behind_since_seconds", "Unix time at which the first of them was recorded; 0 when there is none.", nil, nil)
	mirrorReads   = prometheus.NewDesc("campaignd_influx_reads_total", "Questions about sums by who answered: influx, or the store.", []string{"by"}, nil)
)

// Describe implements prometheus.Collector.
func (mirrorFigures) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{mirrorUp, mirrorEntries, mirrorSince, mirrorReads} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (m mirrorFigures) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	b := m.of.Behind(ctx)
	up, since := 1.0, 0.0
	if b.Err != nil {
		up = 0
	}
	if !b.Since.IsZero() {
		since = float64(b.Since.UnixMicro()) / 1e6
	}
	show := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, v, labels...)
	}
	show(mirrorUp, prometheus.GaugeValue, up)
	show(mirrorEntries, prometheus.GaugeValue, float64(b.Entries))
	show(mirrorSince, prometheus.GaugeValue, since)
	show(mirrorReads, prometheus.CounterValue, float64(b.Answered), "influx")
	show(mirrorReads, prometheus.CounterValue, float64(b.Elsewhere), "store")
}
