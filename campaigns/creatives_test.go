package campaigns_test

import (
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/fault"
)

func TestCreativesThatCannotBe(t *testing.T) {
	w := newWorld(t)
	id := w.draft()
	ok := banner[0]
	for _, c := range []struct {
		want string
		edit func(*campaigns.Creative)
	}{
		{"name required", func(c *campaigns.Creative) { c.Name = "" }},
		{"name too_long", func(c *campaigns.Creative) { c.Name = strings.Repeat("x", 201) }},
		{"name duplicate", func(c *campaigns.Creative) { c.Name = "banner" }},
		{"format required", func(c *campaigns.Creative) { c.Format = " " }},
		{"channel not_text", func(c *campaigns.Creative) { c.Channel = "\x01" }},
		{"url invalid_url", func(c *campaigns.Creative) { c.URL = "" }},
		{"url invalid_url", func(c *campaigns.Creative) { c.URL = "b.png" }},
		{"url invalid_url", func(c *campaigns.Creative) { c.URL = "javascript:alert(1)" }},
		{"url invalid_url", func(c *campaigns.Creative) { c.URL = "https://" + strings.Repeat("x", 2000) }},
		{"url invalid_url", func(c *campaigns.Creative) { c.URL = "http://a b" }},
	} {
		second := ok
		second.Name = "second"
		c.edit(&second)
		err := w.refusal(fault.ErrInvalid, func() error {
			_, err := w.SetCreatives(ctx, by, id, 0, []campaigns.Creative{ok, second})
			return err
		})
		if got := wrong(err); got != "creatives[1]."+c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	_, err := w.SetCreatives(ctx, by, id, 0, make([]campaigns.Creative, 201))
	if got := wrong(err); got != "creatives too_many" {
		t.Error(got)
	}
}

func TestCreativesRotateUntilTheEnd(t *testing.T) {
	for _, status := range campaigns.Statuses {
		w := newWorld(t)
		id := w.in(status)
		swap := func() error {
			_, err := w.SetCreatives(ctx, by, id, 0, []campaigns.Creative{{Name: "b", Format: "video", URL: "http://example.com/v"}})
			return err
		}
		if status.Over() {
			w.refuses(campaigns.ErrInvalidTransition, swap)
			continue
		}
		if err := swap(); err != nil {
			t.Fatalf("%s: %v", status, err)
		}
		if e := data[campaigns.CreativesSet](w); e.Creatives[0].Name != "b" || e.Changes[0].Field != "creatives" {
			t.Errorf("%+v", e)
		}
	}
}

func TestAReasonIsBounded(t *testing.T) {
	long := strings.Repeat("x", 501)
	w := newWorld(t)
	draft, active := w.draft(), w.in(campaigns.Active)
	for _, attempt := range []func() (*campaigns.Campaign, error){
		func() (*campaigns.Campaign, error) { return w.Cancel(ctx, by, draft, 0, long) },
		func() (*campaigns.Campaign, error) { return w.Pause(ctx, by, active, 0, long) },
		func() (*campaigns.Campaign, error) { return w.Complete(ctx, by, active, 0, long) },
	} {
		err := w.refusal(fault.ErrInvalid, func() error { _, err := attempt(); return err })
		if got := wrong(err); got != "reason too_long" {
			t.Error(got)
		}
	}
}
