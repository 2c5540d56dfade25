package adplatform

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/performance"
)

func TestSharedConversionsKeepTheirFraction(t *testing.T) {
	const head = "customer_id,date,id,impressions,clicks,cost_micros,conversions,conversions_value\n"
	rows := readAll(t, GoogleAds, head+"1,2021-02-01,2,10,1,9223372036854775807,2.5,12.345678901\n1,2021-02-01,2,10.0,1,70000,3.0,\n")
	e := rows[0].Event
	want := performance.Metrics{Impressions: 10, Clicks: 1, Spend: math.MaxInt64, Conversions: 2, Revenue: 12_345_679, Present: 0b110111}
	if e.Metrics != want || len(e.Custom) != 1 || e.Custom[0] != (performance.Custom{Name: FractionalConversions, Value: 2_500_000}) {
		t.Errorf("got %+v with %+v", e.Metrics, e.Custom)
	}
	if e := rows[1].Event; e.Conversions != 3 || len(e.Custom) != 0 || e.Spend != 70_000 || e.Impressions != 10 {
		t.Errorf("whole conversions: %+v with %+v", e.Metrics, e.Custom)
	}
}

func TestWords(t *testing.T) {
	for theirs, want := range map[string]string{"Computer": "desktop", "SMARTPHONE": "mobile", "Unknown": "", "Wristwatch": "wristwatch"} {
		if got := devices.of(theirs); got != want {
			t.Errorf("%s: %q, want %q", theirs, got, want)
		}
	}
	if Title(TikTokAds) != "TikTok Ads" || Title("other") != "other" {
		t.Error("titles")
	}
}

// Whatever the file holds, reading it ends without a panic, and what is read
// would be taken in: an id, a known day and valid text.
func FuzzReader(f *testing.F) {
	for _, report := range reports {
		f.Add(report.platform, metaHead+"1,2020-12-10,9,100,3,1.00\n")
	}
	f.Add(TikTokAds, "campaign_id,stat_time_hour,impressions,clicks,spend\n1,2021-09-15 5:00:00,1,1,1e-5\n\"")
	f.Fuzz(func(t *testing.T, platform, table string) {
		r, err := Open(platform, strings.NewReader(table))
		if err != nil {
			return
		}
		for {
			row, err := r.Next()
			var bad *RowError
			switch {
			case errors.As(err, &bad):
			case errors.Is(err, io.EOF), errors.Is(err, ErrUnreadable):
				return
			case err != nil:
				t.Fatal(err)
			case row.Event.ID == "" || row.Event.Source != platform || row.Hour > 23:
				t.Fatalf("%+v", row)
			}
		}
	})
}
