package adplatform

import (
	"slices"
	"strings"
)

// The platforms.
const (
	GoogleAds    = "google_ads"
	MetaAds      = "meta_ads"
	MicrosoftAds = "microsoft_ads"
	TikTokAds    = "tiktok_ads"
)

// format is one platform's report.
type format struct {
	platform string
	title    string
	needed   []string // columns without which a row says nothing
	// identity are the columns that say which delivery a row is about, beside
	// account, campaign and time. A column that may be renamed later, such as a
	// budget's name, is none of them: the row would then be counted again.
	identity []string
	read     func(*cells, *Row)
}

var formats = []format{google, meta, microsoft, tiktok}

// Platforms are the names that Open knows, in alphabetical order.
func Platforms() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.platform
	}
	slices.Sort(names)
	return names
}

// Title is a platform's name as people write it, or the name itself.
func Title(platform string) string {
	if f, ok := formatOf(platform); ok {
		return f.title
	}
	return platform
}

func formatOf(platform string) (format, bool) {
	i := slices.IndexFunc(formats, func(f format) bool { return f.platform == platform })
	if i < 0 {
		return format{}, false
	}
	return formats[i], true
}

// missing are the needed columns that a header does not have.
func (f format) missing(header []string) []string {
	var names []string
	for _, name := range f.needed {
		if !slices.Contains(header, name) {
			names = append(names, name)
		}
	}
	return names
}

// looksLike is the format whose columns a header has, if it is another one.
func (f format) looksLike(header []string) (format, bool) {
	for _, other := range formats {
		if other.platform != f.platform && len(other.missing(header)) == 0 {
			return other, true
		}
	}
	return format{}, false
}

// words maps a platform's vocabulary to ours; what is not in it is kept in
// lower case, because a new word is better than a lost one.
type words map[string]string

func (w words) of(theirs string) string {
	lower := strings.ToLower(theirs)
	if ours, ok := w[lower]; ok {
		return ours
	}
	return lower
}
