package meta

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/platforms"
)

// The kinds of objects, with their edges below an account.
var edges = map[string]string{"campaign": "campaigns", "audience": "customaudiences", "video": "advideos", "ad_set": "adsets", "ad": "ads"}

// Outline implements platforms.Connector.
func (c *Client) Outline(a platforms.Access, d platforms.Draft) (platforms.Outline, error) {
	if d.Type != campaigns.Social && d.Type != campaigns.Display && d.Type != campaigns.Video && d.Type != campaigns.Retargeting {
		next := "No ad platform runs these."
		if d.Type == campaigns.Search {
			next = "Nobody searches there for what ads offer. Place it at Google Ads."
		}
		return platforms.Outline{}, platforms.ErrUnfit.With("Meta runs campaigns of the types SOCIAL, DISPLAY, VIDEO and RETARGETING; this one is %s. %s", d.Type, next)
	}
	_, left, err := audience(a, d)
	if err != nil {
		return platforms.Outline{}, err
	}
	if _, err := budget(d); err != nil {
		return platforms.Outline{}, err
	}
	if _, err := goalOf(a, d); err != nil {
		return platforms.Outline{}, err
	}
	out := platforms.Outline{LeftOut: left}
	add := func(w platforms.Want) string {
		w.Call = len(out.Wants) + 1
		out.Wants = append(out.Wants, w)
		return w.Key
	}
	// Each audience needs the one before, so that the ad set waits for all.
	last := add(platforms.Want{Key: "campaign", Kind: "campaign"})
	for _, one := range d.Audiences {
		last = add(platforms.Want{Key: one.Key(), Kind: "audience", Name: one.Name, Needs: last})
	}
	set := add(platforms.Want{Key: "ad_set", Kind: "ad_set", Needs: last})
	for _, creative := range d.Creatives {
		needs := set
		if film(creative) {
			needs = add(platforms.Want{Key: videoKey(creative), Kind: "video", Name: creative.Name, Needs: set})
		}
		add(platforms.Want{Key: "ad:" + creative.Name, Kind: "ad", Name: creative.Name, Channel: d.ChannelOf(creative, channel), Needs: needs})
	}
	return out, nil
}

// Create implements platforms.Connector. Each call makes one object: a campaign
// that is paused, or what goes below it.
func (c *Client) Create(ctx context.Context, a platforms.Access, d platforms.Draft, call []platforms.Object, existing map[string]string) ([]platforms.Outcome, error) {
	object := call[0]
	body, err := c.content(ctx, a, d, object, existing)
	if err != nil {
		return nil, err
	}
	body["name"] = titled(d, object)
	switch object.Kind {
	case "campaign":
		body["status"] = "PAUSED"
	case "audience", "video":
	case "ad_set":
		body["status"], body["campaign_id"] = "ACTIVE", existing["campaign"]
	default:
		body["status"], body["adset_id"] = "ACTIVE", existing["ad_set"]
	}
	var made struct {
		ID string `json:"id"`
	}
	request, err := c.post(ctx, a, "act_"+a.External+"/"+edges[object.Kind], body, &made)
	if err != nil {
		return nil, err
	}
	if made.ID == "" {
		return nil, &platforms.Failure{Class: platforms.Unknown, Message: "The answer names no object.", RequestID: request}
	}
	return []platforms.Outcome{{External: made.ID, RequestID: request}}, nil
}

// titled is an object's name there, with our reference.
func titled(d platforms.Draft, o platforms.Object) string {
	name := d.Name
	if o.Name != "" {
		name = o.Name
	} else if creative, ok := strings.CutPrefix(o.Key, "ad:"); ok { // planned before objects had names
		name = creative
	}
	return fmt.Sprintf("%s [%s]", clip(name, 200), o.Reference)
}

// clip is the beginning of a text, at most n characters.
func clip(s string, n int) string {
	runes := []rune(s)
	return string(runes[:min(len(runes), n)])
}

// content is what an object says, without its name, status and parent.
func (c *Client) content(ctx context.Context, a platforms.Access, d platforms.Draft, o platforms.Object, existing map[string]string) (map[string]any, error) {
	switch o.Kind {
	case "campaign":
		return campaignBody(d)
	case "audience":
		return audienceBody(d), nil
	case "ad_set":
		return adSetBody(a, d, existing)
	case "video":
		return videoBody(d, o)
	}
	return c.adBody(ctx, a, d, strings.TrimPrefix(o.Key, "ad:"), existing)
}

// Find implements platforms.Connector. References are looked for by name; the
// answer to one is a page, because there is one, or by mistake two.
func (c *Client) Find(ctx context.Context, a platforms.Access, kind string, references []string) (map[string][]string, error) {
	found := map[string][]string{}
	for _, reference := range references {
		if kind == "video" {
			ids, err := c.findVideos(ctx, a, reference)
			if err != nil {
				return nil, err
			}
			if len(ids) > 0 {
				found[reference] = ids
			}
			continue
		}
		filter, err := json.Marshal([]map[string]string{{"field": "name", "operator": "CONTAIN", "value": reference}})
		if err != nil {
			return nil, err
		}
		var page struct {
			Data []struct {
				ID string `json:"id"`
			} `json:"data"`
		}
		query := url.Values{"fields": {"id,name"}, "filtering": {string(filter)}, "limit": {"50"}}
		if _, err := c.get(ctx, a, "act_"+a.External+"/"+edges[kind], query, &page); err != nil {
			return nil, err
		}
		for _, item := range page.Data {
			if item.ID == "" { // not found would be another answer, and a second object
				return nil, &platforms.Failure{Class: platforms.Unknown, Message: "An object was found that has no id."}
			}
			found[reference] = append(found[reference], item.ID)
		}
	}
	return found, nil
}

// Apply implements platforms.Connector: what is below first, the campaign last,
// so that nothing starts before the rest is right. A campaign that is to stop is
// told so first.
func (c *Client) Apply(ctx context.Context, a platforms.Access, d platforms.Draft, existing map[string]string, retired []platforms.Object) error {
	if campaign := existing["campaign"]; campaign != "" && !d.Runs() {
		if err := c.change(ctx, a, campaign, map[string]any{"status": "PAUSED"}); err != nil {
			return err
		}
	}
	for _, o := range retired {
		if o.Kind == "audience" || o.Kind == "video" {
			continue // the one after the ad set has let go of it, the other stays in the library
		}
		if err := c.change(ctx, a, o.External, map[string]any{"status": "PAUSED"}); err != nil {
			return err
		}
	}
	if set := existing["ad_set"]; set != "" {
		body, err := adSetBody(a, d, existing)
		if err != nil {
			return err
		}
		for _, fixed := range []string{"billing_event", "promoted_object"} {
			delete(body, fixed)
		}
		if err := c.change(ctx, a, set, body); err != nil {
			return err
		}
	}
	for _, o := range retired {
		if o.Kind == "audience" {
			if err := c.forget(ctx, a, o.External); err != nil {
				return err
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(existing)) {
		if creative, ok := strings.CutPrefix(key, "ad:"); ok {
			if unfetched(d, creative, existing) {
				continue // it goes on with the video before
			}
			body, err := c.adBody(ctx, a, d, creative, existing)
			if err != nil {
				return err
			}
			body["status"] = "ACTIVE" // it may have been retired before
			if err := c.change(ctx, a, existing[key], body); err != nil {
				return err
			}
		}
	}
	return c.applyCampaign(ctx, a, d, existing["campaign"])
}

func (c *Client) applyCampaign(ctx context.Context, a platforms.Access, d platforms.Draft, id string) error {
	if id == "" {
		return nil
	}
	body, err := campaignBody(d)
	if err != nil {
		return err
	}
	delete(body, "objective")
	delete(body, "buying_type")
	body["status"] = "PAUSED"
	if d.Runs() {
		body["status"] = "ACTIVE"
	}
	return c.change(ctx, a, id, body)
}

func (c *Client) change(ctx context.Context, a platforms.Access, id string, body map[string]any) error {
	var answer struct {
		Success bool `json:"success"`
	}
	request, err := c.post(ctx, a, id, body, &answer)
	if err == nil && !answer.Success {
		err = &platforms.Failure{Class: platforms.Unknown, Message: "The answer does not say that it was done.", RequestID: request}
	}
	return err
}

// Standing implements platforms.Connector.
func (c *Client) Standing(ctx context.Context, a platforms.Access, objects []platforms.Object) (map[string]platforms.Standing, error) {
	all := map[string]platforms.Standing{}
	for _, o := range objects {
		if o.Kind == "audience" || o.Kind == "video" {
			continue // nobody reviews it
		}
		fields := "effective_status"
		if o.Kind == "ad" {
			fields += ",ad_review_feedback"
		}
		var answer struct {
			Effective string                       `json:"effective_status"`
			Feedback  map[string]map[string]string `json:"ad_review_feedback"`
		}
		if _, err := c.get(ctx, a, o.External, url.Values{"fields": {fields}}, &answer); err != nil {
			return nil, err
		}
		s := platforms.Standing{Delivery: answer.Effective}
		if o.Kind == "ad" {
			s.Review = reviewOf(answer.Effective)
		}
		for _, place := range answer.Feedback {
			for _, name := range slices.Sorted(maps.Keys(place)) {
				s.Reasons = append(s.Reasons, name+": "+place[name])
			}
		}
		all[o.External] = s
	}
	return all, nil
}

func reviewOf(effective string) platforms.Review {
	switch effective {
	case "PENDING_REVIEW", "IN_PROCESS", "PREAPPROVED":
		return platforms.InReview
	case "DISAPPROVED", "WITH_ISSUES":
		return platforms.Rejected
	}
	return platforms.Approved
}
