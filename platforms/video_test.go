package platforms_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/internal/market/sandbox"
	"github.com/hexabuilders/campaignd/platforms"
)

// filmed is a campaign with a video and a picture.
func (w *world) filmed(url string) (running, func() platforms.PlacementState) {
	w.Helper()
	campaign, d := w.draft("Summit film", "Summit")
	d.Type = campaigns.Video
	d.Creatives[0].Format, d.Creatives[0].URL = "video", url
	w.drafts.put(campaign, *d)
	c := running{campaign, w.place(campaign, w.connect().ID), d}
	return c, func() platforms.PlacementState { return w.placement(c.placed) }
}

// ofKind are the objects of a kind that are not retired.
func ofKind(p platforms.PlacementState, kind string) (all []platforms.Object) {
	for _, o := range p.Objects {
		if o.Kind == kind && !o.Retired {
			all = append(all, o)
		}
	}
	return all
}

// A video is fetched into the account's library, once however its answer is lost;
// its ad is made when Meta has worked it up, and another address is another video.
func TestVideoAdsRunAtMeta(t *testing.T) {
	w := newWorld(t, platforms.Meta, 0)
	w.sandbox.Order(sandbox.Fault{Kind: sandbox.DropAfter, Path: "advideos", Times: 1})
	c, state := w.filmed("https://cdn.example.com/summit.mp4")
	p := w.push(c.placed, platforms.IsCurrent)
	films := ofKind(p, "video")
	if len(films) != 1 || len(w.sandbox.Count("meta", "video")) != 1 || w.sandbox.Drops() != 1 || films[0].Name != "Summit film" {
		t.Fatalf("videos: %+v, at Meta %v", films, w.sandbox.Count("meta", "video"))
	}
	ad := object(p, "ad:Summit film").External
	says := func(part string) bool { return strings.Contains(w.sandbox.Text(ad, "creative"), part) }
	if !says(`"video_id":"`+films[0].External+`"`) || !says(`"image_url":"https://`) || !says(`"link":"https://andes-outdoor.example/"`) {
		t.Errorf("the ad says %s", w.sandbox.Text(ad, "creative"))
	}
	if other := w.sandbox.Text(object(p, "ad:Summit").External, "creative"); !strings.Contains(other, "link_data") {
		t.Errorf("the picture's ad says %s", other)
	}

	c.draft.Creatives[0].URL = "https://cdn.example.com/valley.mp4"
	w.drafts.put(c.campaign, *c.draft)
	w.must(w.Touch(t.Context(), w.by.Partner, c.campaign))
	w.must(w.pusher.Tick(t.Context()))
	w.pass(2 * time.Minute)
	w.must(w.pusher.Tick(t.Context()))
	p = w.push(c.placed, platforms.IsCurrent)
	if another := ofKind(p, "video"); len(another) != 1 || another[0].External == films[0].External || !says(`"video_id":"`+another[0].External+`"`) {
		t.Errorf("after another address: %+v, the ad says %s", another, w.sandbox.Text(ad, "creative"))
	}
	w.pass(24 * time.Hour)
	w.must(w.pullNow(state().Account))
	if got, want := w.metrics.sums(), w.sandbox.Delivered("meta"); got != platforms.Figures(want) || got.Impressions == 0 {
		t.Errorf("posted %+v of %+v", got, want)
	}
}

// A video that Meta cannot work up is told, and its ad is not made; while one is
// being worked up the campaign can be stopped.
func TestAVideoThatCannotBeShownIsTold(t *testing.T) {
	w := newWorld(t, platforms.Meta, 0)
	c, state := w.filmed("https://cdn.example.com/summit.mp4")
	w.must(w.pusher.Tick(t.Context()))
	if p := state(); p.Problem == nil || !strings.Contains(p.Problem.Message, "still working") || object(p, "ad:Summit film").State != platforms.Planned {
		t.Errorf("while it is worked up: %+v", p.Problem)
	}
	w.push(c.placed, platforms.IsCurrent)
	c.draft.Creatives = append(c.draft.Creatives, campaigns.Creative{Name: "Late film", Format: "video", URL: "https://cdn.example.com/late.mp4", Channel: "social"})
	c.draft.Status = campaigns.Paused
	w.drafts.put(c.campaign, *c.draft)
	w.must(w.Touch(t.Context(), w.by.Partner, c.campaign))
	w.must(w.pusher.Tick(t.Context()))
	if got := w.sandbox.Status(object(state(), "campaign").External); got != "PAUSED" {
		t.Errorf("with a video under way the campaign is %s", got)
	}

	c.draft.Creatives[2].URL = "https://cdn.example.com/broken.mp4"
	w.drafts.put(c.campaign, *c.draft)
	w.must(w.Touch(t.Context(), w.by.Partner, c.campaign))
	w.must(w.pusher.Tick(t.Context()))
	p := w.push(c.placed, platforms.IsRefused)
	if o := object(p, "ad:Late film"); o.State != platforms.Declined || o.Problem == nil || !strings.Contains(o.Problem.Message, "cannot work up") {
		t.Errorf("a broken video: %+v", o)
	}
}
