package market

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// demo runs the market for a while of the test's own time.
func demo(t *testing.T, s *service, c Config, d time.Duration) Demo {
	t.Helper()
	var ready Demo
	c.BaseURL, c.AdminKey = "http://demo.invalid/", adminKey
	c.Client, c.Logger = &http.Client{Transport: s}, slog.New(slog.DiscardHandler)
	was := c.OnReady
	c.OnReady = func(d Demo) {
		ready = d
		if was != nil {
			was(d)
		}
	}
	ctx, stop := context.WithTimeout(t.Context(), d)
	defer stop()
	if err := Run(ctx, c); err != nil {
		t.Fatal(err)
	}
	return ready
}

func statuses(s *service) map[string]string {
	all := map[string]string{}
	for _, k := range s.campaigns {
		name, _, _ := strings.Cut(k.Name, " ")
		all[name] = k.Status + " " + strings.Join(k.done, ",")
	}
	return all
}

func TestTheDemoIsSetUpAndItsFlashSaleIsPaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		ready := demo(t, s, Config{Seed: 1}, 150*time.Second)
		const all = "targeting,creatives,schedule,launch"
		want := map[string]string{
			"Search": "ACTIVE " + all, "Prospecting": "ACTIVE " + all, "Video": "ACTIVE " + all, "Flash": "PAUSED " + all,
			"Affiliates": "SCHEDULED targeting,creatives,schedule", "Retargeting": "DRAFT ",
		}
		if diff := cmp.Diff(want, statuses(s)); diff != "" {
			t.Error(diff)
		}
		if s.keys[ready.Key] != "manager" || ready.PartnerID != "p1" || ready.Partner != partnerName || len(ready.Campaigns) != 6 {
			t.Errorf("ready: %+v", ready)
		}
		flash := s.byID(ready.Campaigns["Flash sale · Tents, 24 hours"])
		if over := flash.spent - flashBudget; over < 0 || over > 6 {
			t.Errorf("%.2f beyond the budget; a platform overdelivers a little", over)
		}
		for _, k := range s.campaigns {
			if started := k.Status == "ACTIVE" || k.Status == "PAUSED"; started != (k.spent > 0) {
				t.Errorf("%s is %s and spent %.2f", k.Name, k.Status, k.spent)
			}
		}
	})
}

// after is the events that happened from a moment on, by campaign.
func after(s *service, from time.Time) (spending, other map[string]int) {
	spending, other = map[string]int{}, map[string]int{}
	for _, e := range s.events {
		switch {
		case e.OccurredAt < stamp(from):
		case e.Metrics.Impressions > 0:
			spending[e.Campaign]++
		default:
			other[e.Campaign]++
		}
	}
	return spending, other
}

func TestPausedCampaignsEndSoonAndTheirConversionsStillCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		var search *kept
		var paused time.Time
		c := Config{Seed: 2, OnReady: func(d Demo) {
			search = s.byID(d.Campaigns["Search · Hiking boots and backpacks"])
			time.AfterFunc(time.Minute, func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				search.Status, paused = "PAUSED", time.Now()
			})
		}}
		demo(t, s, c, 12*time.Minute)
		spending, other := after(s, paused.Add(6*time.Second))
		if spending[search.ID] > 0 || other[search.ID] == 0 {
			t.Errorf("long after the pause: %d deliveries, %d conversions", spending[search.ID], other[search.ID])
		}
		if briefly, _ := after(s, paused); briefly[search.ID] == 0 {
			t.Error("the platform stopped within the second, which none does")
		}
	})
}

func TestASecondStartOnTheSameDataDoublesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		demo(t, s, Config{Seed: 3}, 5*time.Second)
		history := 0
		for id := range s.events {
			if strings.Contains(id, "-h") {
				history++
			}
		}
		time.Sleep(3 * time.Hour)
		before := len(s.events)
		demo(t, s, Config{Seed: 3}, 500*time.Millisecond)
		if len(s.events) != before || len(s.partners) != 1 || len(s.campaigns) != 6 {
			t.Errorf("%d events became %d; %d partners, %d campaigns", before, len(s.events), len(s.partners), len(s.campaigns))
		}
		demo(t, s, Config{Seed: 3}, 20*time.Second)
		again := 0
		for id := range s.events {
			if strings.Contains(id, "-h") {
				again++
			}
		}
		if history < 5000 || again != history || len(s.events) == before {
			t.Errorf("history of %d events became %d; %d events, then %d", history, again, before, len(s.events))
		}
	})
}

func TestAnInterruptedSetUpGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		steps := 0
		ctx, stop := context.WithCancel(t.Context())
		s.interfere = func(r *http.Request) (int, bool) {
			if steps++; steps == 12 {
				stop()
			}
			return 0, false
		}
		if err := Run(ctx, Config{BaseURL: "http://demo.invalid", AdminKey: adminKey, Client: &http.Client{Transport: s}, Logger: slog.New(slog.DiscardHandler)}); err != nil {
			t.Fatal(err)
		}
		s.interfere = nil
		if len(s.campaigns) == 0 || len(s.campaigns) == 6 {
			t.Fatalf("interrupted after %d campaigns", len(s.campaigns))
		}
		demo(t, s, Config{}, 5*time.Second)
		for _, k := range s.campaigns[:4] {
			if k.Status != "ACTIVE" || !strings.HasSuffix(strings.Join(k.done, ","), "targeting,creatives,schedule,launch") {
				t.Errorf("%s: %s after %v", k.Name, k.Status, k.done)
			}
		}
		if len(s.campaigns) != 6 {
			t.Errorf("%d campaigns", len(s.campaigns))
		}
	})
}

// A service that is busy, restarts, or loses every fifth answer on its way gets
// everything once all the same.
func TestNothingIsLostOrDoubledOverABadLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		n := 0
		s.interfere = func(r *http.Request) (int, bool) {
			switch n++; {
			case n%7 == 0:
				return http.StatusTooManyRequests, false
			case n%5 == 0:
				return http.StatusServiceUnavailable, true // done, but the answer was lost
			}
			return 0, false
		}
		demo(t, s, Config{Seed: 1}, 3*time.Minute)
		calm := newService(t)
		calm.partners = []map[string]any{{"id": "p1", "name": partnerName, "created_at": s.partners[0]["created_at"]}}
		demo(t, calm, Config{Seed: 1}, 10*time.Second)
		for id := range calm.events {
			if _, ok := s.events[id]; strings.Contains(id, "-h") && !ok {
				t.Fatalf("event %s was lost", id)
			}
		}
		if len(s.partners) != 1 || len(s.campaigns) != 6 || s.repeated == 0 {
			t.Errorf("%d partners, %d campaigns, %d answers replayed", len(s.partners), len(s.campaigns), s.repeated)
		}
		if got := statuses(s)["Flash"]; !strings.HasPrefix(got, "PAUSED") {
			t.Errorf("the flash sale is %s", got)
		}
	})
}

func TestAServiceThatStaysAwayIsGivenUpWhileSettingUpAndWaitedForLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		away := true
		s.interfere = func(*http.Request) (int, bool) {
			if away {
				return http.StatusServiceUnavailable, false
			}
			return 0, false
		}
		begun := time.Now()
		err := Run(t.Context(), Config{BaseURL: "http://demo.invalid", AdminKey: adminKey, Client: &http.Client{Transport: s}})
		if err == nil || !strings.Contains(err.Error(), "503") || time.Since(begun) > patience {
			t.Errorf("after %s: %v", time.Since(begun), err)
		}
		away = false
		var back time.Time
		c := Config{Seed: 1, OnReady: func(Demo) {
			s.mu.Lock()
			away = true
			s.mu.Unlock()
			time.AfterFunc(time.Minute, func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				away, back = false, time.Now()
			})
		}}
		demo(t, s, c, 2*time.Minute)
		if spending, _ := after(s, back); len(spending) == 0 {
			t.Error("nothing was delivered after the service was back")
		}
	})
}

func TestARefusalIsReportedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		begun := time.Now()
		err := Run(t.Context(), Config{BaseURL: "http://demo.invalid", AdminKey: "wrong", Client: &http.Client{Transport: s}})
		if err == nil || !strings.Contains(err.Error(), "403 forbidden") || time.Since(begun) > 0 {
			t.Errorf("after %s: %v", time.Since(begun), err)
		}
	})
}

func TestCampaignsThatSomebodyLaunchesAreDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		c := Config{Seed: 1, Rate: 5, OnReady: func(Demo) {
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, k := range s.campaigns {
				if k.Status == "SCHEDULED" {
					k.Status = "ACTIVE"
				}
			}
			s.campaigns = append(s.campaigns, &kept{campaign: campaign{ID: "mine", Name: "Mine", Type: "SOCIAL", Status: "ACTIVE", Currency: "COP", Timezone: "UTC", Channels: []string{"social"}}})
		}}
		ready := demo(t, s, c, time.Minute)
		for _, id := range []string{"mine", ready.Campaigns["Affiliates · Guides and bloggers"]} {
			if s.byID(id).spent == 0 {
				t.Errorf("campaign %s was not delivered", id)
			}
		}
	})
}

func TestRateMultipliesDelivery(t *testing.T) {
	spend := func(rate float64) (units float64) {
		synctest.Test(t, func(t *testing.T) {
			s := newService(t)
			ready := demo(t, s, Config{Seed: 1, Rate: rate}, time.Minute)
			for id, e := range s.events {
				if !strings.Contains(id, "-h") && e.Campaign == ready.Campaigns["Video · Stories from the summit"] {
					units += float64(e.Metrics.Impressions)
				}
			}
		})
		return units
	}
	if ratio := spend(4) / spend(1); ratio < 3 || ratio > 5 {
		t.Errorf("four times the rate delivered %.2f times as much", ratio)
	}
}

// A disk that is full ends the setting up with what the service says, and not
// after minutes of trying.
func TestAFullDiskIsNoReasonToWait(t *testing.T) {
	if again(&Problem{Status: http.StatusServiceUnavailable, Code: "storage_full"}) || !again(&Problem{Status: http.StatusServiceUnavailable, Code: "store_unavailable"}) {
		t.Error("a full disk is waited for, or a service that restarts is not")
	}
}
