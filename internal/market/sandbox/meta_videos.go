package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// fetching is how long a video is worked up after it was fetched, at most.
const fetching = time.Minute

// ready reports whether a video can be shown.
func (s *Sandbox) ready(t *thing) bool {
	return s.now().Sub(t.made) >= min(fetching, s.config.Review) && !broken(t)
}

// broken is a video that cannot be worked up: its address says so.
func broken(t *thing) bool { return strings.Contains(t.text("file_url"), "broken") }

// showVideo adds what the platform knows of a video.
func (s *Sandbox) showVideo(t *thing, to map[string]any) {
	state := "processing"
	if s.ready(t) {
		state, to["picture"] = "ready", "https://scontent.example.com/"+t.id+".jpg"
	} else if broken(t) {
		state = "error"
	}
	to["status"] = map[string]any{"video_status": state}
}

// knowsVideo refuses a creative with a video that is not in the account's
// library, or is still being worked up.
func (g *graph) knowsVideo(creative any) error {
	c, _ := creative.(map[string]any)
	spec, _ := c["object_story_spec"].(map[string]any)
	video, ok := spec["video_data"].(map[string]any)
	if !ok {
		return nil
	}
	t := g.byID[text(video["video_id"])]
	if t == nil || t.kind != "video" || t.account != g.account {
		return badParam("Invalid parameter: video_id does not name a video of this account")
	}
	if !g.ready(t) {
		return &metaError{status: http.StatusBadRequest, code: 100, sub: 1885252, message: "Invalid parameter", user: "The video is still being processed. Wait until it is ready."}
	}
	return nil
}

// isVideoData holds the story of a video ad to its fields.
func isVideoData(video map[string]any) string {
	for name := range video {
		if !slices.Contains([]string{"video_id", "image_url", "image_hash", "title", "message", "link_description", "call_to_action"}, name) {
			return "has the unknown member object_story_spec.video_data." + name + "."
		}
	}
	if video["video_id"] == nil {
		return "must have object_story_spec.video_data.video_id."
	}
	if video["image_url"] == nil && video["image_hash"] == nil {
		return "must have image_url or image_hash in object_story_spec.video_data: the picture that stands for the video."
	}
	return ""
}
