package sandbox

import (
	"regexp"
	"slices"
	"unicode/utf8"
)

type (
	responsiveDisplay struct {
		MarketingImages       []imageAsset `json:"marketingImages,omitempty"`
		SquareMarketingImages []imageAsset `json:"squareMarketingImages,omitempty"`
		Headlines             []adText     `json:"headlines,omitempty"`
		LongHeadline          *adText      `json:"longHeadline,omitempty"`
		Descriptions          []adText     `json:"descriptions,omitempty"`
		BusinessName          string       `json:"businessName,omitempty"`
	}
	imageAsset struct {
		Asset string `json:"asset"`
	}
)

// The pictures that every account of the sandbox has in its asset library.
const (
	LandscapeAsset = "8801"
	SquareAsset    = "8802"
)

// checkAd holds an ad to the rules of its form, which is that of its campaign.
func (m *mutation) checkAd(a adGroupAd) *googleError {
	if a.Ad == nil || a.AdGroup == "" {
		return badArgument("requiredError", "REQUIRED", "An ad needs an ad group and its content.")
	}
	if len(a.Ad.FinalURLs) == 0 || !regexp.MustCompile(`^https?://`).MatchString(a.Ad.FinalURLs[0]) {
		return badArgument("adError", "MISSING_FINAL_URL", "An ad needs a final URL.")
	}
	display := false
	if group := m.find(a.AdGroup); group != nil && group.parent != nil {
		display = group.parent.text("advertisingChannelType") == "DISPLAY"
	}
	switch {
	case display && a.Ad.Display != nil && a.Ad.Responsive == nil:
		return m.checkDisplay(a.Ad.Display)
	case !display && a.Ad.Responsive != nil && a.Ad.Display == nil:
		return checkSearch(a.Ad.Responsive)
	}
	return badArgument("adGroupAdError", "AD_TYPE_INCOMPATIBLE_WITH_CAMPAIGN_TYPE", "An ad of a search campaign is responsiveSearchAd, of a display campaign responsiveDisplayAd.")
}

func checkSearch(ad *responsiveSearchAd) *googleError {
	if len(ad.Headlines) < 3 || len(ad.Headlines) > 15 || len(ad.Descriptions) < 2 || len(ad.Descriptions) > 4 {
		return badArgument("adError", "TOO_FEW_HEADLINES", "A responsive search ad has 3 to 15 headlines and 2 to 4 descriptions.")
	}
	return checkTexts(map[int][]adText{30: ad.Headlines, 90: ad.Descriptions})
}

func (m *mutation) checkDisplay(ad *responsiveDisplay) *googleError {
	switch {
	case len(ad.Headlines) < 1 || len(ad.Headlines) > 5 || len(ad.Descriptions) < 1 || len(ad.Descriptions) > 5 || ad.LongHeadline == nil:
		return badArgument("adError", "TOO_FEW_HEADLINES", "A responsive display ad has 1 to 5 headlines, a long headline and 1 to 5 descriptions.")
	case ad.BusinessName == "" || utf8.RuneCountInString(ad.BusinessName) > 25:
		return badArgument("stringLengthError", "TOO_LONG", "The business name has 1 to 25 characters.")
	case !m.pictures(ad.MarketingImages, LandscapeAsset) || !m.pictures(ad.SquareMarketingImages, SquareAsset):
		return badArgument("assetError", "INVALID_IMAGE_ASPECT_RATIO", "A responsive display ad has a picture of 1.91:1 and one of 1:1 of the account's assets.")
	}
	return checkTexts(map[int][]adText{30: ad.Headlines, 90: append(slices.Clone(ad.Descriptions), *ad.LongHeadline)})
}

// pictures reports whether there are some and all are a picture of the account.
func (m *mutation) pictures(assets []imageAsset, of string) bool {
	want := imageAsset{"customers/" + m.account.ID + "/assets/" + of}
	return len(assets) > 0 && !slices.ContainsFunc(assets, func(a imageAsset) bool { return a != want })
}

// checkTexts holds texts to a length; those of one length differ.
func checkTexts(byLength map[int][]adText) *googleError {
	for longest, texts := range byLength {
		seen := map[string]bool{}
		for _, line := range texts {
			if line.Text == "" || utf8.RuneCountInString(line.Text) > longest {
				return badArgument("stringLengthError", "TOO_LONG", "A headline has at most 30 characters, a description 90.")
			}
			if seen[line.Text] {
				return badArgument("adError", "DUPLICATE_ASSET_TEXT", "The texts of an ad differ from each other.")
			}
			seen[line.Text] = true
		}
	}
	return nil
}
