package bus

import (
	"bytes"
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go/jetstream"

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

// heldMessage counts how often the server is told that it is worked on.
type heldMessage struct {
	jetstream.Msg
	told atomic.Int64
}

func (m *heldMessage) InProgress() error {
	m.told.Add(1)
	return nil
}

// A handler that takes ten times as long as the server waits keeps its messages;
// one that has ended, or failed, claims nothing further.
func TestASlowHandlerKeepsItsMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := &heldMessage{}, &heldMessage{}
		err := whileHeld([]jetstream.Msg{a, b}, func() error {
			for range 20 {
				before := a.told.Load()
				time.Sleep(ackWait / 2)
				synctest.Wait()
				if a.told.Load() == before || b.told.Load() != a.told.Load() {
					t.Fatalf("told %d and %d times, %d before half the wait", a.told.Load(), b.told.Load(), before)
				}
			}
			return context.Canceled
		})
		ended := a.told.Load()
		time.Sleep(10 * ackWait)
		if err != context.Canceled || a.told.Load() != ended { //nolint:errorlint // the very error
			t.Errorf("%v; told %d times, %d after the end", err, ended, a.told.Load())
		}
	})
}
