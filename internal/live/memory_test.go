package live_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/internal/live"
)

// Idle channels are kept for those who come back, and then given up; the rings
// of all together stay within their budget.
func TestMemoryIsBoundHoweverManyChannelsThereAre(t *testing.T) {
	limits := live.Limits{HistoryBytes: 100 << 10, ChannelBytes: 50 << 10, Recheck: 20 * time.Millisecond, Retain: 200 * time.Millisecond}
	w := newWorld(t, limits)
	w.anyCampaign = true
	w.publish(w.note())
	var campaigns []uuid.UUID
	for range 40 {
		id := uuid.New()
		campaigns = append(campaigns, id)
		c, status, err := w.dialSocket("/api/v1/campaigns/"+id.String()+"/ws", "mine", fresh)
		if c == nil {
			t.Fatalf("%d, %v", status, err)
		}
		defer c.quit()
		c.expect("snapshot")
	}
	eventually(t, func() bool { return w.hub.Stats().Channels == 40 })
	for range 50 {
		for _, id := range campaigns {
			e := w.emit("campaign.updated", "campaign")
			e.AggregateID, e.Data = id, []byte(`{"text":"`+strings.Repeat("x", 1000)+`"}`)
			w.publish(e)
		}
		if held := w.hub.Stats().HistoryBytes; held > 100<<10 {
			t.Fatalf("%d bytes of history", held)
		}
	}
	if s := w.hub.Stats(); s.Channels != 40 || s.HistoryBytes < 50<<10 {
		t.Fatalf("%+v", s)
	}
}

func TestIdleChannelsAreClosed(t *testing.T) {
	w := newWorld(t, live.Limits{Retain: time.Minute, Farewell: 100 * time.Millisecond})
	w.publish(w.note())
	c := w.connect(transports[0], fresh)
	last := c.expect("snapshot").Seq
	c.quit()
	w.publish(w.note())
	if m := w.connect(transports[1], last).expect("campaign_notification"); m.note(t) != 2 {
		t.Fatalf("note %d", m.note(t))
	}
	w.close() // with all its clients
	w.start(live.Limits{Recheck: 10 * time.Millisecond, Retain: 50 * time.Millisecond})
	c = w.connect(transports[0], fresh)
	c.expect("snapshot")
	c.quit()
	eventually(t, func() bool { return w.hub.Stats() == live.Stats{} })
}

// What few channels were allowed to hold is taken back when there are many.
func TestRingsShrinkWhenMoreChannelsOpen(t *testing.T) {
	w := newWorld(t, live.Limits{HistoryBytes: 40 << 10, Recheck: 20 * time.Millisecond})
	w.anyCampaign = true
	w.publish(w.note())
	w.connect(transports[1], fresh).expect("snapshot")
	for range 30 {
		w.publish(w.bulky(1 << 10))
	}
	before := w.hub.Stats().HistoryBytes
	for range 9 {
		c, _, err := w.dialSocket("/api/v1/campaigns/"+uuid.NewString()+"/ws", "mine", fresh)
		if err != nil {
			t.Fatal(err)
		}
		defer c.quit()
	}
	eventually(t, func() bool { return w.hub.Stats().HistoryBytes <= 4<<10 })
	if before < 30<<10 {
		t.Fatalf("only %d bytes were held before", before)
	}
}
