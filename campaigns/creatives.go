package campaigns

import (
	"fmt"
	"net/url"

	"github.com/hexabuilders/campaignd/fault"
)

// Creative is something a campaign shows. Its name is unique in the campaign and
// is how metric events refer to it.
type Creative struct {
	Name    string `json:"name"`
	Format  string `json:"format"` // image, video, carousel, ...
	URL     string `json:"url"`
	Channel string `json:"channel,omitempty"` // "" for every channel
	// Share is how often it is to be shown, in percent of its channel's
	// impressions; 0 leaves that to the platform.
	Share int `json:"share_percent,omitempty"`
}

const (
	maxCreatives = 200
	maxURL       = 2000
)

// checkCreatives notes everything that is wrong. A channel that the campaign
// does not use is allowed here: the readiness list speaks of it.
func checkCreatives(wrong *fault.Fields, creatives []Creative) {
	if len(creatives) > maxCreatives {
		wrong.Add("creatives", "too_many", "There are too many creatives.", fmt.Sprintf("at most %d", maxCreatives))
		return
	}
	seen := map[string]bool{}
	for i, c := range creatives {
		path := fmt.Sprintf("creatives[%d]", i)
		c.check(wrong, path)
		if seen[c.Name] {
			wrong.Add(path+".name", "duplicate", quote(c.Name)+" is the name of another creative of the campaign.", "each name once")
		}
		seen[c.Name] = true
	}
}

func (c Creative) check(wrong *fault.Fields, path string) {
	checkText(wrong, path+".name", c.Name, 1, maxName)
	checkText(wrong, path+".format", c.Format, 1, maxLabel)
	checkText(wrong, path+".channel", c.Channel, 0, maxLabel)
	if c.Share < 0 || c.Share > 100 {
		wrong.Add(path+".share_percent", "out_of_range", "This cannot be a share of the impressions.", "0 to 100")
	}
	u, err := url.Parse(c.URL)
	if err != nil || len(c.URL) > maxURL || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		wrong.Add(path+".url", "invalid_url", "This is not the address of a creative.", "an absolute http or https URL of at most 2000 characters")
	}
}
