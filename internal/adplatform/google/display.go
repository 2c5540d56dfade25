package google

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/platforms"
	"github.com/hexabuilders/campaignd/targeting"
)

// channel is what differs between the types of campaigns that are run here.
type channel struct {
	name, group string // of the campaign and of its ad group, as the API has them
	networks    object
	keywords    bool
}

// channels are those types.
var channels = map[campaigns.Type]channel{
	campaigns.Search: {
		"SEARCH", "SEARCH_STANDARD", object{"targetGoogleSearch": true, "targetSearchNetwork": false, "targetContentNetwork": false}, true,
	},
	campaigns.Display: {
		"DISPLAY", "DISPLAY_STANDARD", object{"targetGoogleSearch": false, "targetSearchNetwork": false, "targetContentNetwork": true}, false,
	},
}

// instead is why other types are not run, and what to do.
var instead = map[campaigns.Type]string{
	campaigns.Video: "Its API makes no video campaigns, and the Demand Gen that it offers in their place wants videos that are on YouTube already. " +
		"Place it at Meta, which fetches videos from their addresses, or make it in Google Ads and import its report here.",
	campaigns.Social:      "It has no social networks. Place it at Meta.",
	campaigns.Retargeting: "Give a DISPLAY or SEARCH campaign the audience to win back as custom audience: Google has it as a Customer Match list. Or place it at Meta.",
}

// channelOf is the campaign's, or ErrUnfit. A display ad is made of pictures,
// which have to be in the account's asset library.
func channelOf(a platforms.Access, d platforms.Draft) (channel, error) {
	c, ok := channels[d.Type]
	if !ok {
		return c, platforms.ErrUnfit.With("Here, Google Ads runs campaigns of the types SEARCH and DISPLAY; this one is %s. %s", d.Type, cmp.Or(instead[d.Type], "No ad platform runs these."))
	}
	if d.Type == campaigns.Display && (a.Settings.Landscape == "" || a.Settings.Square == "") {
		return c, platforms.ErrUnfit.With("A display ad needs two pictures. Give the ad account the settings landscape_asset and square_asset: the numbers of a picture of 1.91:1 and of one of 1:1 in its asset library.")
	}
	if b := d.Targeting.BidStrategy; b != nil && b.Type == targeting.BidManualCPM && d.Type == campaigns.Search {
		return c, platforms.ErrUnfit.With("Google Ads sells clicks in a search campaign, and the bid is for a thousand impressions. Bid for a click (manual_cpc), or leave the bid to Google (lowest_cost).")
	}
	return c, nil
}

// adWords are what an ad says, whatever its form.
type adWords struct{ landing, host string }

func wordsOf(a platforms.Access, c campaigns.Creative) adWords {
	w := adWords{landing: a.Settings.Website}
	if c.Format == "text" || c.Format == "link" {
		w.landing = c.URL
	}
	w.host = w.landing
	if u, err := url.Parse(w.landing); err == nil && u.Host != "" {
		w.host = strings.TrimPrefix(u.Host, "www.")
	}
	return w
}

// displayAd is a responsive display ad of a creative, with the account's
// pictures.
func displayAd(a platforms.Access, d platforms.Draft, c campaigns.Creative, w adWords) object {
	picture := func(id string) []object {
		return []object{{"asset": fmt.Sprintf("customers/%s/assets/%s", a.External, id)}}
	}
	return object{
		"marketingImages": picture(a.Settings.Landscape), "squareMarketingImages": picture(a.Settings.Square),
		"headlines": lines(30, 1, c.Name, d.Name), "longHeadline": lines(90, 1, c.Name+" · "+d.Name)[0],
		"descriptions": lines(90, 1, d.Description, c.Name+" · "+w.host), "businessName": lines(25, 1, w.host)[0]["text"],
	}
}

// channelWords are our words for Google's channels.
var channelWords = map[string]string{"SEARCH": "search", "DISPLAY": "display", "VIDEO": "video"}
