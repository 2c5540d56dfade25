package adplatform

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// The reports that connectors delivered, with what each adds up to.
var reports = []struct {
	platform, file              string
	rows                        int
	spend                       string
	impressions, clicks         int64
	conversions                 int64
	hasConversions, hasCurrency bool
}{
	{GoogleAds, "google_ads_campaign_stats_data.csv", 16, "231.33", 1854, 280, 0, true, false},
	{MetaAds, "facebook_ads_basic_ad_data.csv", 10, "643.63", 37_275, 149, 0, false, false},
	{MicrosoftAds, "microsoft_ads_campaign_performance_daily_report_data.csv", 2630, "946.34", 7569, 592, 2, true, true},
	{TikTokAds, "tiktok_campaign_report_hourly_data.csv", 4, "444.792", 34_470, 244, 2, true, false},
}

func TestReportsAddUpToTheCent(t *testing.T) {
	for _, want := range reports {
		t.Run(want.platform, func(t *testing.T) {
			var sum performance.Metrics
			ids := map[string]bool{}
			rows := readAll(t, want.platform, text(t, want.file))
			for _, row := range rows {
				e := row.Event
				for m := range performance.Metric(performance.NumSums) {
					*sum.At(m) += *e.At(m)
				}
				sum.Present |= e.Present
				ids[e.ID] = true
				if len(e.ID) > performance.MaxIDBytes {
					t.Errorf("line %d: event id of %d bytes", row.Line, len(e.ID))
				}
				if (row.Currency == "USD") != want.hasCurrency {
					t.Errorf("line %d: currency %q", row.Line, row.Currency)
				}
			}
			if len(rows) != want.rows || len(ids) != want.rows {
				t.Errorf("%d rows with %d ids, want %d", len(rows), len(ids), want.rows)
			}
			got := fmt.Sprintf("%s %d %d %d %t", money.FormatMicros(sum.Spend), sum.Impressions, sum.Clicks, sum.Conversions, sum.Present.Has(performance.Conversions))
			if expect := fmt.Sprintf("%s %d %d %d %t", want.spend, want.impressions, want.clicks, want.conversions, want.hasConversions); got != expect {
				t.Errorf("spend, impressions, clicks, conversions: %s, want %s", got, expect)
			}
		})
	}
}

func TestRowsSayWhereTheyBelong(t *testing.T) {
	first := func(i int) Row { return readAll(t, reports[i].platform, text(t, reports[i].file))[0] }
	for _, c := range []struct {
		row                                             Row
		account, campaign, at, channel, device, ad, day string
	}{
		{first(0), "2121450128", "9935249409", "2021-02-01T08:00:00Z", "search", "mobile", "", "2021-02-01"},
		{first(1), "1700252260223815", "", "2020-12-10T08:00:00Z", "social", "", "6215293456071", "2020-12-10"},
		{first(2), "150175881", "359751135", "2019-05-22T07:00:00Z", "search", "", "", "2019-05-22"},
		{first(3), "", "1", "2021-09-15T12:00:00Z", "social", "", "", "2021-09-15"},
	} {
		ours := uuid.MustParse("0193c8a0-0000-7000-8000-000000000001")
		e := c.row.In(ours, zone(t, "America/Los_Angeles"))
		got := []string{c.row.ExternalAccount, c.row.ExternalCampaign, time.UnixMicro(e.OccurredAt).UTC().Format(time.RFC3339), e.Channel, e.Device, e.Ad, c.row.Day.String()}
		want := []string{c.account, c.campaign, c.at, c.channel, c.device, c.ad, c.day}
		if diff := cmp.Diff(want, got); diff != "" || e.Campaign != ours || c.row.Line != 2 {
			t.Errorf("%s: campaign %s, line %d, %s", e.Source, e.Campaign, c.row.Line, diff)
		}
	}
}

func TestUnknownIsNotZero(t *testing.T) {
	rows := readAll(t, MicrosoftAds, text(t, reports[2].file))
	if e := rows[1].Event; e.Present.Has(performance.Conversions) || !e.Present.Has(performance.Clicks) {
		t.Errorf("empty conversions and 0 clicks were read as %+v", e.Metrics)
	}
	const head = "CAMPAIGN_ID,STAT_TIME_HOUR,IMPRESSIONS,CLICKS,SPEND,CONVERSION\n"
	e := readAll(t, TikTokAds, head+"7,2021-09-15 5:00:00,-,--,null,-\n")[0].Event
	if e.Present != 0 {
		t.Errorf("unknown values were read as %+v", e.Metrics)
	}
}

func TestTheSameReportGivesTheSameEvents(t *testing.T) {
	for _, report := range reports {
		once, again := readAll(t, report.platform, text(t, report.file)), readAll(t, report.platform, text(t, report.file))
		if diff := cmp.Diff(once, again); diff != "" {
			t.Errorf("%s: %s", report.platform, diff)
		}
	}
}

const metaHead = "ad_id,date,account_id,impressions,inline_link_clicks,spend\n"

func TestIDsNameTheDeliveryAndNotItsFigures(t *testing.T) {
	id := func(table string) []string {
		var ids []string
		for _, row := range readAll(t, MetaAds, table) {
			ids = append(ids, row.Event.ID)
		}
		return ids
	}
	first := id(metaHead + "1,2020-12-10,9,100,3,1.00\n")[0]
	for what, table := range map[string]string{
		"restated":          metaHead + "1,2020-12-10,9,120,4,1.10\n",
		"columns reordered": "spend,date,AD_ID,account_id,inline_link_clicks,impressions\n1.00,2020-12-10,1,9,3,100\n",
		"with a time":       metaHead + "1,2020-12-10 00:00:00,9,100,3,1.00\n",
		"another column":    "synced," + metaHead + "2024,1,2020-12-10,9,100,3,1.00\n",
		"marked, CRLF":      "\ufeff" + strings.ReplaceAll(metaHead+"1,2020-12-10,9,100,3,1.00\n", "\n", "\r\n"),
	} {
		if got := id(table)[0]; got != first {
			t.Errorf("%s: %s, want %s", what, got, first)
		}
	}
	for what, row := range map[string]string{
		"another ad": "2,2020-12-10,9,100,3,1.00", "another day": "1,2020-12-11,9,100,3,1.00", "another account": "1,2020-12-10,8,100,3,1.00",
	} {
		if got := id(metaHead + row + "\n")[0]; got == first {
			t.Errorf("%s has the same id", what)
		}
	}
	twice := id(metaHead + strings.Repeat("1,2020-12-10,9,100,3,1.00\n", 2))
	if twice[0] != first || twice[1] == first {
		t.Errorf("two rows that say the same are one delivery each; got %v", twice)
	}
}

func TestDaysBeginWhereTheirDateBegins(t *testing.T) {
	row := readAll(t, MetaAds, metaHead+"1,2018-11-04,9,1,1,1\n")[0]
	for name, want := range map[string]string{
		"UTC": "2018-11-04T00:00:00Z", "America/Bogota": "2018-11-04T05:00:00Z",
		"America/Sao_Paulo": "2018-11-04T03:00:00Z", // midnight was skipped
		"Asia/Kathmandu":    "2018-11-03T18:15:00Z",
	} {
		e := row.In(uuid.Nil, zone(t, name))
		if got := time.UnixMicro(e.OccurredAt).UTC().Format(time.RFC3339); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func readAll(t *testing.T, platform, table string) []Row {
	t.Helper()
	r, err := Open(platform, strings.NewReader(table))
	if err != nil {
		t.Fatal(err)
	}
	var rows []Row
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
}

func text(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func BenchmarkReader(b *testing.B) {
	table, err := os.ReadFile(filepath.Join("testdata", reports[2].file))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(table)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := Open(MicrosoftAds, bytes.NewReader(table))
		if err != nil {
			b.Fatal(err)
		}
		for err == nil {
			_, err = r.Next()
		}
		if !errors.Is(err, io.EOF) {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(2630*b.N)/b.Elapsed().Seconds(), "rows/s")
}
