package live_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/live"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(tidy{m}) }

// tidy lets go of the test's own idle connections before leaks are looked for,
// and lets the centrifuge library's last unsubscriptions sleep out the second
// that they wait for a client to come back.
type tidy struct{ *testing.M }

func (m tidy) Run() int {
	code := m.M.Run()
	browser.CloseIdleConnections()
	time.Sleep(1200 * time.Millisecond)
	return code
}

// each runs a test over both plain transports.
func each(t *testing.T, limits live.Limits, test func(t *testing.T, w *world, p plain)) {
	for _, p := range transports {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			test(t, newWorld(t, limits), p)
		})
	}
}

func TestSnapshotComesFirstAndThenEveryUpdateInOrder(t *testing.T) {
	each(t, live.Limits{}, func(t *testing.T, w *world, p plain) {
		w.publish(w.note(), w.note())
		c := w.connect(p, fresh)
		first := c.expect("snapshot")
		if first.Seq != 2 || first.note(t) != 2 || first.At.IsZero() {
			t.Fatalf("snapshot %+v %s", first, first.Data)
		}
		w.publish(w.note(), w.unseen(), w.click(w.campaign), w.note())
		want := []struct {
			kind string
			seq  int64
		}{{"campaign_notification", 3}, {"metrics_update", 5}, {"campaign_notification", 6}}
		for _, x := range want {
			if m := c.expect(x.kind); m.Seq != x.seq {
				t.Fatalf("seq %d, want %d", m.Seq, x.seq)
			}
		}
		if p.name == "sse" && c.ids[len(c.ids)-1] != "6" {
			t.Fatalf("event ids %v", c.ids)
		}
	})
}

func TestResumeGivesExactlyWhatWasMissed(t *testing.T) {
	each(t, live.Limits{}, func(t *testing.T, w *world, p plain) {
		w.publish(w.note())
		stays := w.connect(p, fresh)
		stays.expect("snapshot")
		leaves := w.connect(p, fresh)
		last := leaves.expect("snapshot").Seq
		leaves.quit()
		w.publish(w.note(), w.click(w.campaign), w.unseen(), w.note())
		taken := w.snapshots.Load()

		back := w.connect(p, last)
		w.publish(w.note())
		for range 4 {
			want, got := stays.receive(), back.receive()
			if got.Seq != want.Seq || got.Type != want.Type || string(got.Data) != string(want.Data) {
				t.Fatalf("returned client got %+v, the one that stayed %+v", got, want)
			}
		}
		if w.snapshots.Load() != taken {
			t.Fatal("resuming asked for a snapshot")
		}
	})
}

func TestResyncWhenHistoryIsGone(t *testing.T) {
	tests := map[string]func(w *world) int64{
		"older than the ring":     func(w *world) int64 { return 0 },
		"from the future":         func(w *world) int64 { return 1 << 40 },
		"before anything is seen": func(w *world) int64 { w.restart(); return 2 },
		"nothing, to a new node":  func(w *world) int64 { w.restart(); return 0 },
	}
	for name, prepare := range tests {
		t.Run(name, func(t *testing.T) {
			each(t, live.Limits{ChannelBytes: 400, Farewell: 100 * time.Millisecond}, func(t *testing.T, w *world, p plain) {
				w.publish(w.note())
				w.connect(p, fresh).expect("snapshot")
				for range 10 {
					w.publish(w.note())
				}
				last := prepare(w)
				c := w.connect(p, last)
				if m := c.expect("resync"); m.Seq != last {
					t.Fatalf("resync names seq %d, the client said %d", m.Seq, last)
				}
				if s := c.expect("snapshot"); s.note(t) != 11 || s.Seq != 11 {
					t.Fatalf("snapshot %s at %d", s.Data, s.Seq)
				}
				if p.name == "sse" && c.ids[0] != "11" {
					t.Fatalf("resync carried an id: %v", c.ids)
				}
			})
		})
	}
}

func TestNothingIsLostBetweenSnapshotAndSubscription(t *testing.T) {
	each(t, live.Limits{}, func(t *testing.T, w *world, p plain) {
		w.publish(w.note())
		w.delay = func() { w.publish(w.note()) } // included in the snapshot
		c := w.connect(p, fresh)
		first := c.expect("snapshot")
		if first.note(t) != 2 || first.Seq != 2 {
			t.Fatalf("snapshot %s at %d", first.Data, first.Seq)
		}
		w.publish(w.note())
		if m := c.expect("campaign_notification"); m.note(t) != 3 {
			t.Fatalf("after the snapshot came note %d", m.note(t))
		}
		late := w.connect(p, fresh) // gets the snapshot of a moment ago, and what came since
		if m := late.expect("snapshot"); m.Seq != 2 || w.snapshots.Load() != 1 {
			t.Fatalf("snapshot at %d, %d taken", m.Seq, w.snapshots.Load())
		}
		if m := late.expect("campaign_notification"); m.note(t) != 3 {
			t.Fatalf("after the snapshot came note %d", m.note(t))
		}
	})
}

func TestGapInTheFeedIsResynced(t *testing.T) {
	each(t, live.Limits{SnapshotLife: time.Nanosecond}, func(t *testing.T, w *world, p plain) {
		w.publish(w.note())
		c := w.connect(p, fresh)
		c.expect("snapshot")
		w.publish(w.note())
		if m := c.expect("campaign_notification"); m.note(t) != 2 {
			t.Fatalf("note %d", m.note(t))
		}
		w.note() // never published
		w.publish(w.note())
		if m := c.expect("resync"); m.Seq != 2 {
			t.Fatalf("resync names seq %d", m.Seq)
		}
		if s := c.expect("snapshot"); s.note(t) != 4 {
			t.Fatalf("snapshot %s", s.Data)
		}
		w.publish(w.note())
		if m := c.expect("campaign_notification"); m.note(t) != 5 {
			t.Fatalf("note %d", m.note(t))
		}
	})
}

func TestFirstEventAfterAStartFindsWhatWasMissed(t *testing.T) {
	each(t, live.Limits{}, func(t *testing.T, w *world, p plain) {
		w.note()
		c := w.connect(p, fresh) // the node has seen nothing of this log yet
		if s := c.expect("snapshot"); s.Seq != 1 {
			t.Fatalf("snapshot at %d", s.Seq)
		}
		w.note() // before the relay began
		w.publish(w.note())
		c.expect("resync")
		c.expect("snapshot")
	})
}

func TestRepeatedEventsAreShownOnce(t *testing.T) {
	each(t, live.Limits{}, func(t *testing.T, w *world, p plain) {
		first := w.note()
		w.publish(first)
		c := w.connect(p, fresh)
		c.expect("snapshot")
		second := w.note()
		w.publish(first, second)
		w.publish(second)
		w.publish(w.note())
		for n := 2; n <= 3; n++ {
			if m := c.expect("campaign_notification"); m.note(t) != n {
				t.Fatalf("note %d, want %d", m.note(t), n)
			}
		}
	})
}

func TestMetricsAreMergedToThePaceAndTheLastTotalsWin(t *testing.T) {
	each(t, live.Limits{CampaignEvery: 200 * time.Millisecond}, func(t *testing.T, w *world, p plain) {
		w.publish(w.note())
		c := w.connect(p, fresh)
		c.expect("snapshot")
		begun := time.Now()
		for range 50 {
			w.publish(w.click(w.campaign))
			time.Sleep(10 * time.Millisecond)
		}
		frames := 0
		for {
			frames++
			if m := c.expect("metrics_update"); string(m.Data) == shown(w.campaign, 50) {
				break
			}
		}
		if most := int(time.Since(begun)/(200*time.Millisecond)) + 2; frames > most {
			t.Fatalf("%d frames in %v", frames, time.Since(begun))
		}
	})
}

// shown is what clients see of a campaign that click has counted.
func shown(campaign uuid.UUID, clicks int64) string {
	ratio := performance.Decimal(clicks * 1000)
	perClick := money.FormatMicros(2_500_000 / clicks)
	return fmt.Sprintf(`{"campaign_id":%q,"currency":"USD","totals":{"impressions":1000,"clicks":%d,"spend":"2.5"},"kpis":{`+
		`"cpa":{"value":null,"unit":"money","reason":"no_conversions"},"cpc":{"value":{"amount":%q,"currency":"USD"},"unit":"money"},`+
		`"cpm":{"value":{"amount":"2.50","currency":"USD"},"unit":"money"},"ctr":{"value":%s,"unit":"fraction"},`+
		`"cvr":{"value":0,"unit":"fraction"},"roas":{"value":0,"unit":"ratio"},"roi":{"value":-1,"unit":"ratio"}}}`,
		campaign, clicks, perClick, ratio)
}

func TestPartnerChannelGathersAllCampaigns(t *testing.T) {
	w := newWorld(t, live.Limits{})
	w.publish(w.note())
	c, _, err := w.dialEvents("/api/v1/partners/"+w.partner.String()+"/live", "mine", fresh)
	if err != nil {
		t.Fatal(err)
	}
	defer c.quit()
	c.expect("snapshot")
	a, b := uuid.New(), uuid.New()
	w.publish(w.click(a, b), w.click(b), w.click(b, w.campaign))
	c.expect("metrics_update") // the first is not held back
	got := string(c.expect("metrics_update").Data)
	if want := `{"campaigns":[` + shown(b, 3) + `,` + shown(w.campaign, 1) + `]}`; got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	w.publish(w.note())
	c.expect("campaign_notification")
}

func TestEveryKindOfEventBecomesItsMessage(t *testing.T) {
	w := newWorld(t, live.Limits{})
	w.publish(w.note())
	c := w.connect(transports[1], fresh)
	c.expect("snapshot")
	in := []struct{ event, aggregate, message string }{
		{"campaign.paused", "campaign", "campaign_notification"},
		{"budget.threshold_reached", "budget", "budget_update"},
		{"budget.exhausted", "budget", "budget_update"},
		{"performance.kpi_threshold_reached", "campaign", "kpi_threshold"},
		{"performance.anomaly_detected", "campaign", "anomaly"},
		{"performance.significant_change", "campaign", "metrics_update"},
		{"alert.raised", "alert", "alert"},
	}
	for _, x := range in {
		w.publish(w.emit(x.event, x.aggregate))
		m := c.expect(x.message)
		var data struct {
			Event    string    `json:"event"`
			Campaign uuid.UUID `json:"campaign_id"`
			Status   string    `json:"status"`
		}
		decode(t, m.Data, &data)
		if data.Event != x.event || data.Campaign != w.campaign || data.Status != "PAUSED" {
			t.Fatalf("%s became %s", x.event, m.Data)
		}
	}
}

func TestUnreadableEventsAreSkipped(t *testing.T) {
	w := newWorld(t, live.Limits{})
	w.publish(w.note())
	c := w.connect(transports[0], fresh)
	c.expect("snapshot")
	broken := func(kind string) event.Event { e := w.emit(kind, "campaign"); e.Data = []byte(`[1`); return e }
	w.publish(broken("campaign.paused"), broken("performance.metrics_updated"), w.note())
	if m := c.expect("campaign_notification"); m.note(t) != 2 {
		t.Fatalf("note %d", m.note(t))
	}
}
