package meta

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/platforms"
)

// film reports whether a creative is a video. An ad names one that is in the
// account's library, so that Meta is told to fetch it before the ad is made.
func film(c campaigns.Creative) bool { return c.Format == "video" }

// videoKey names a creative's video in its placement: another address is another
// video.
func videoKey(c campaigns.Creative) string {
	sum := sha256.Sum256([]byte(c.URL))
	return "video:" + c.Name + "@" + hex.EncodeToString(sum[:4])
}

// videoBody tells Meta to fetch a video. Its title is our reference and nothing
// else, because that is what the library is searched by; what people see stands
// in the ad.
func videoBody(d platforms.Draft, o platforms.Object) (map[string]any, error) {
	at := slices.IndexFunc(d.Creatives, func(c campaigns.Creative) bool { return film(c) && videoKey(c) == o.Key })
	if at < 0 {
		return nil, &platforms.Failure{Class: platforms.NotSent, Message: "The campaign has no creative " + o.Name + " any more."}
	}
	return map[string]any{"file_url": d.Creatives[at].URL, "title": o.Reference}, nil
}

// working is how long Meta is given before it is asked again whether a video can
// be shown.
const working = 20 * time.Second

// still is the picture that stands for a video until it is played; Meta makes it
// when it has worked the video up.
func (c *Client) still(ctx context.Context, a platforms.Access, video string) (string, error) {
	var answer struct {
		Picture string `json:"picture"`
		Status  struct {
			Video string `json:"video_status"`
		} `json:"status"`
	}
	request, err := c.get(ctx, a, video, url.Values{"fields": {"picture,status"}}, &answer)
	switch {
	case err != nil:
		return "", err
	case answer.Status.Video == "error":
		return "", &platforms.Failure{Class: platforms.Refused, Message: "Meta cannot work up the video.", RequestID: request}
	case answer.Status.Video != "ready" || answer.Picture == "":
		return "", &platforms.Failure{Class: platforms.NotSent, Message: "Meta is still working up the video.", RequestID: request, RetryAfter: working}
	}
	return answer.Picture, nil
}

// shot is a creative's video at Meta, and the picture that stands for it.
type shot struct{ video, still string }

// shotOf is the creative's; it is empty for one that is no video.
func (c *Client) shotOf(ctx context.Context, a platforms.Access, d platforms.Draft, creative string, existing map[string]string) (shot, error) {
	for _, one := range d.Creatives {
		if one.Name != creative || !film(one) {
			continue
		}
		id := existing[videoKey(one)]
		if id == "" {
			return shot{}, &platforms.Failure{Class: platforms.NotSent, Message: "The video " + creative + " is not at Meta yet."}
		}
		still, err := c.still(ctx, a, id)
		return shot{id, still}, err
	}
	return shot{}, nil
}

// unfetched reports whether a creative is a video that is not at Meta yet.
func unfetched(d platforms.Draft, creative string, existing map[string]string) bool {
	return slices.ContainsFunc(d.Creatives, func(c campaigns.Creative) bool {
		return c.Name == creative && film(c) && existing[videoKey(c)] == ""
	})
}

// findVideos looks for one in the library.
func (c *Client) findVideos(ctx context.Context, a platforms.Access, reference string) (ids []string, err error) {
	var page struct {
		Data []struct {
			ID    string `json:"id"`
			Title string `json:"title"`
		} `json:"data"`
	}
	if _, err := c.get(ctx, a, "act_"+a.External+"/"+edges["video"], url.Values{"fields": {"id,title"}, "title": {reference}, "limit": {"50"}}, &page); err != nil {
		return nil, err
	}
	for _, item := range page.Data {
		switch {
		case !strings.Contains(item.Title, reference):
		case item.ID == "": // not found would be another answer, and a second object
			return nil, &platforms.Failure{Class: platforms.Unknown, Message: "A video was found that has no id."}
		default:
			ids = append(ids, item.ID)
		}
	}
	return ids, nil
}
