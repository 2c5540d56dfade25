package dashboard

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance/lookout"
)

// hours delivers ten days of even hours; the one that began so many hours ago
// cost five times as much.
func (w *world) hours(s campaigns.State, spike int) time.Time {
	w.t.Helper()
	now := time.Now()
	for i := 240; i > 0; i-- {
		spend := 200.0 + float64(i*37%23)
		if i == spike {
			spend *= 5
		}
		w.deliver(s.ID, time.Duration(i)*time.Hour, 20_000+int64(i*37%900), 400+int64(i*53%31), 40, spend)
	}
	if err := w.anomalies.Tick(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return now.Add(-time.Duration(spike) * time.Hour).Truncate(time.Hour)
}

func TestUnusualHoursAreShownAndMarked(t *testing.T) {
	w := newWorld(t)
	s := w.running("Navidad", campaigns.Social)
	path := "/campaigns/" + s.ID.String()
	who := w.session(partners.RoleManager)
	if _, body, _ := w.get(path, who, "en"); !strings.Contains(body, `data-part="unusual" hidden`) {
		t.Error("a campaign without data has nothing to be unusual")
	}
	at := w.hours(s, 10)

	_, body, _ := w.get(path, who, "en")
	has(t, body, "What is unusual", "jumped to", "Also:", "(expected ")
	_, body, _ = w.get(path, who, "es-CO")
	has(t, body, "Lo inusual", "subida repentina a", "También:", "(se esperaba de ")
	_, body, _ = w.get(path+"/history", who, "en")
	has(t, body, "Unusual hour", "jumped to", "Expected ")
	if strings.Contains(body, "performance.anomaly_detected") {
		t.Error("the history shows an event's code")
	}

	for step, start := range map[string]time.Time{"hour": at, "day": {}, "minute": {}} {
		status, body, _ := w.get(path+"/series?step="+step, who, "en")
		var got struct {
			Marks  []chartMark
			Points []point
		}
		if err := json.Unmarshal([]byte(body), &got); err != nil || status != http.StatusOK {
			t.Fatalf("%d %v %s", status, err, body)
		}
		if step == "minute" {
			if len(got.Marks) != 0 {
				t.Errorf("marks of hours among minutes: %v", got.Marks)
			}
			continue
		}
		marked := map[int64]string{}
		for _, m := range got.Marks {
			marked[m.T] += m.Text
		}
		if !start.IsZero() && !strings.Contains(marked[start.UnixMilli()], "Spend $") {
			t.Errorf("%s: %v is not marked: %v", step, start, got.Marks)
		}
		on := 0
		for _, p := range got.Points {
			if marked[p.T] != "" {
				on++
			}
		}
		if on == 0 || on != len(marked) {
			t.Errorf("%s: %d of %d marks stand on a point", step, on, len(marked))
		}
	}
}

func TestQuietCampaignSaysSo(t *testing.T) {
	w := newWorld(t)
	s := w.running("Navidad", campaigns.Social)
	w.deliver(s.ID, time.Hour, 10_000, 200, 12, 100)
	_, body, _ := w.get("/campaigns/"+s.ID.String(), w.session(partners.RoleManager), "en")
	has(t, body, "No hour stands out")
}

// unlaunched is a lookout.Activity by which nothing was ever launched.
type unlaunched struct{}

func (unlaunched) Active(context.Context, uuid.UUID, uuid.UUID) ([]lookout.Period, error) {
	return nil, nil
}
