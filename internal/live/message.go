package live

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

// The types of messages. Clients ignore types that they do not know.
const (
	typeSnapshot     = "snapshot"
	typeResync       = "resync"
	typeMetrics      = "metrics_update"
	typeKPI          = "kpi_threshold"
	typeAnomaly      = "anomaly"
	typeAlert        = "alert"
	typeNotification = "campaign_notification"
	typeBudget       = "budget_update"
)

// message is one update, encoded once and shared by all who get it.
type message struct {
	kind    string
	seq     int64
	at      time.Time // when its last event was recorded
	figures []figure  // of a metrics update that can be merged
	body    []byte    // the JSON object
	index   uint64    // place in the channel's stream, 1, 2, 3, ...
}

// newMessage encodes a message on one line, as Server-Sent Events need it.
func newMessage(kind string, seq int64, at time.Time, data []byte) *message {
	if bytes.ContainsAny(data, "\r\n") {
		var line bytes.Buffer
		if json.Compact(&line, data) == nil {
			data = line.Bytes()
		}
	}
	b := make([]byte, 0, len(data)+96)
	b = append(b, `{"type":"`...)
	b = append(b, kind...)
	b = append(b, `","seq":`...)
	b = strconv.AppendInt(b, seq, 10)
	b = append(b, `,"at":"`...)
	b = at.UTC().AppendFormat(b, "2006-01-02T15:04:05.000000Z")
	b = append(b, `","data":`...)
	b = append(b, data...)
	return &message{kind: kind, seq: seq, at: at, body: append(b, '}')}
}

func metricsMessage(of kind, seq int64, at time.Time, f figures) *message {
	f.settle()
	m := newMessage(typeMetrics, seq, at, f.encode(of))
	m.figures = f.list
	return m
}

// mergeMetrics folds all metrics updates into the last of them, which then says
// what all of them said; the other messages stay as they are.
func mergeMetrics(of kind, queue []*message) []*message {
	var all figures
	last := -1
	for i, m := range queue {
		if m.figures == nil {
			continue
		}
		last = i
		for _, f := range m.figures {
			all.set(f)
		}
	}
	kept := make([]*message, 0, len(queue))
	for i, m := range queue {
		if i == last {
			m = metricsMessage(of, m.seq, m.at, all)
		} else if m.figures != nil {
			continue
		}
		kept = append(kept, m)
	}
	return kept
}
