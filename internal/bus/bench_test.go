package bus

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// One operation is a batch of 500 events that are synced to the disk.
func BenchmarkEmbedded(b *testing.B) {
	broker, err := StartEmbedded(EmbeddedConfig{Addr: "127.0.0.1:0", Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = broker.Close() }()
	body := []byte(strings.Repeat("x", 700))
	for b.Loop() {
		batch := make([]event.Message, 500)
		for i := range batch {
			batch[i] = event.Message{Topic: "campaign-management.events", Route: "p.campaign.launched", Key: "k", ID: uuid.NewString(), ContentType: "application/json", Body: body}
		}
		if err := broker.Publish(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(500*b.N)/b.Elapsed().Seconds(), "events/s")
}
