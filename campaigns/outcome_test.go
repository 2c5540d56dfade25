package campaigns_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
)

func TestCompletionFixesWhatCameOfIt(t *testing.T) {
	w := newWorld(t)
	id := w.in(campaigns.Paused)
	w.figures = campaigns.Figures{Impressions: 50_000, Clicks: 500, Spend: usd(200), Revenue: usd(500)}
	s := must(t)(w.Complete(ctx, by, id, 0, "sold out")).State()
	o := s.Final
	if o == nil || o.Reason != "sold out" || !o.At.Equal(w.now) || o.TotalSpend != usd(200) || o.Figures.Clicks != 500 {
		t.Fatalf("%+v", o)
	}
	if o.ROI == nil || *o.ROI != 1.5 || o.ROIReason != "" {
		t.Errorf("roi %v %q, want 1.5", o.ROI, o.ROIReason)
	}
	if o.SuccessScore != 0.75 || len(o.Indicators) != 2 || !s.CompletedAt.Equal(w.now) {
		t.Errorf("score %v of %+v", o.SuccessScore, o.Indicators)
	}
}

func TestROIOverNothingIsUnknown(t *testing.T) {
	w := newWorld(t)
	id := w.in(campaigns.Active)
	s := must(t)(w.Complete(ctx, by, id, 0, "")).State()
	body, err := json.Marshal(s.Final)
	if err != nil {
		t.Fatal(err)
	}
	var shown map[string]any
	if err := json.Unmarshal(body, &shown); err != nil {
		t.Fatal(err)
	}
	if roi, there := shown["roi"]; !there || roi != nil || shown["roi_reason"] != "no_spend" {
		t.Errorf("%s", body)
	}
	if e := data[campaigns.Ended](w); e.Reason != "" || e.ROIReason != "no_spend" || e.TotalSpend != usd(0) {
		t.Errorf("%+v", e)
	}
}

func TestPauseKeepsTheFiguresOfTheMoment(t *testing.T) {
	w := newWorld(t)
	id := w.in(campaigns.Active)
	w.figures = campaigns.Figures{
		Impressions: 9, Clicks: 3, Spend: usd(7), Revenue: money.New(-5, "USD"),
		Custom: map[string]campaigns.Quantity{"installs": campaigns.Count(4)},
	}
	s := must(t)(w.Pause(ctx, by, id, 0, "budget_exhausted")).State()
	if s.PausedBecause != "budget_exhausted" || s.FiguresAtPause.Clicks != 3 || !s.PausedAt.Equal(w.now) {
		t.Errorf("%+v", s)
	}
	e := data[campaigns.PausedDelivery](w)
	if e.Reason != "budget_exhausted" || e.PausedBy != "Ana" || e.Figures.Custom["installs"] != campaigns.Count(4) || e.Figures.Revenue.Micros != -5 {
		t.Errorf("%+v", e)
	}
	w.figures.Clicks = 10
	s = must(t)(w.Resume(ctx, by, id, 0)).State()
	if s.PausedBecause != "" || s.PausedAt != nil || s.FiguresAtPause.Clicks != 3 {
		t.Errorf("after resuming: %+v", s)
	}
}

func TestAnActionFailsWithItsFacts(t *testing.T) {
	w := newWorld(t)
	scheduled, active, paused := w.in(campaigns.Scheduled), w.in(campaigns.Active), w.in(campaigns.Paused)
	w.broken = errors.New("disk")
	for _, attempt := range []func() (*campaigns.Campaign, error){
		func() (*campaigns.Campaign, error) { return w.Launch(ctx, by, scheduled, 0) },
		func() (*campaigns.Campaign, error) { return w.Pause(ctx, by, active, 0, "") },
		func() (*campaigns.Campaign, error) { return w.Complete(ctx, by, active, 0, "") },
		func() (*campaigns.Campaign, error) { return w.Resume(ctx, by, paused, 0) },
	} {
		w.refuses(w.broken, func() error { _, err := attempt(); return err })
	}
	if _, err := w.Readiness(ctx, by, active); !errors.Is(err, w.broken) {
		t.Error(err)
	}
	if _, err := w.Clone(ctx, by, active, campaigns.CloneTerms{}); !errors.Is(err, w.broken) {
		t.Error(err)
	}
}
