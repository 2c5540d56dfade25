package main

import (
	"strings"
	"testing"
)

// TestImportReadsTheFourPlatforms sends real exports from the command line,
// twice: the totals are those of the platforms to the cent, and nothing doubles.
func TestImportReadsTheFourPlatforms(t *testing.T) {
	p := start(t, t.TempDir())
	_, manager := p.partner()
	const folder = "../../internal/adplatform/testdata/"
	for _, tc := range []struct{ platform, file, rows, totals string }{
		{"google_ads", "google_ads_campaign_stats_data.csv", "16", "spend 231.33 USD, impressions 1854, clicks 280, conversions 0"},
		{"meta_ads", "facebook_ads_basic_ad_data.csv", "10", "spend 643.63 USD, impressions 37275, clicks 149, conversions unknown"},
		{"microsoft_ads", "microsoft_ads_campaign_performance_daily_report_data.csv", "2630", "spend 946.34 USD, impressions 7569, clicks 592, conversions 2"},
		{"tiktok_ads", "tiktok_campaign_report_hourly_data.csv", "4", "spend 444.792 USD, impressions 34470, clicks 244, conversions 2"},
	} {
		for _, counted := range []string{
			tc.rows + " rows, " + tc.rows + " counted, 0 counted before, 0 refused",
			tc.rows + " rows, 0 counted, " + tc.rows + " counted before, 0 refused",
		} {
			code, stdout, stderr := command(t, "import", "--url", p.url, "--key", manager.key, tc.platform, folder+tc.file)
			if code != 0 || !strings.Contains(stdout, counted) || !strings.Contains(stdout, tc.totals) {
				t.Errorf("%s: exit %d\n%s%s\nwant %s and %s", tc.platform, code, stdout, stderr, counted, tc.totals)
			}
		}
	}
	// A file of another platform is refused with what it looks like.
	code, _, stderr := command(t, "import", "--url", p.url, "--key", manager.key, "google_ads", folder+"tiktok_campaign_report_hourly_data.csv")
	if code == 0 || !strings.Contains(strings.ToLower(stderr), "tiktok") {
		t.Errorf("the wrong platform: exit %d\n%s", code, stderr)
	}
}
