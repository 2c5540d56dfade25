package bus

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/event"
)

// TestABatchIsBoundedByNumberAndBySize: hundreds of small messages come in one
// batch, and large ones do not fill the memory.
func TestABatchIsBoundedByNumberAndBySize(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                        string
		size, messages, least, most int
	}{
		{"small", 200, 300, 256, 256},
		{"large", 512 << 10, 20, 8, 9},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			broker, err := StartEmbedded(EmbeddedConfig{Addr: "127.0.0.1:0", Dir: t.TempDir()})
			b := begun(t, broker, err)
			messages := make([]event.Message, tt.messages)
			for i := range messages {
				messages[i] = message(i, "a")
				messages[i].Body = bytes.Repeat([]byte("x"), tt.size)
			}
			b.publish(t, messages...)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			greatest, got := 0, 0
			_ = b.Consume(ctx, Subscription{Topic: topic, Group: "bounded", Batch: 256}, func(_ context.Context, batch []event.Message) error {
				greatest, got = max(greatest, len(batch)), got+len(batch)
				if got >= tt.messages {
					cancel()
				}
				return nil
			})
			if got != tt.messages || greatest < tt.least || greatest > tt.most {
				t.Errorf("%d of %d messages, at most %d at a time; want %d to %d", got, tt.messages, greatest, tt.least, tt.most)
			}
		})
	}
}
