package adplatform

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/performance"
)

func TestOpenSaysWhatIsWrongWithTheFile(t *testing.T) {
	google := strings.SplitN(text(t, reports[0].file), "\n", 2)[0]
	for _, c := range []struct {
		name, platform, table string
		want                  error
		says, field           string
	}{
		{"no such platform", "bing", metaHead, ErrPlatform, "", "platform"},
		{"another platform's", MetaAds, google, ErrHeader, `looks like a report of Google Ads`, "file.ad_id"},
		{"missing columns", MetaAds, "ad_id,date,account_id,impressions,spend\n", ErrHeader, "missing: inline_link_clicks", "file.inline_link_clicks"},
		{"semicolons", MetaAds, strings.ReplaceAll(metaHead, ",", ";"), ErrHeader, "not separated by commas", "file.spend"},
		{"twice the same column", MetaAds, "SPEND," + metaHead, ErrHeader, "spend is there twice", "file.spend"},
		{"empty", MetaAds, "", ErrHeader, "empty", ""},
		{"UTF-16", MetaAds, "\xff\xfea\x00d\x00", ErrUnreadable, "UTF-16", ""},
		{"not CSV", MetaAds, "a\"b,c\n", ErrUnreadable, "Line 1", ""},
	} {
		_, err := Open(c.platform, strings.NewReader(c.table))
		f := fault.As(err)
		if !errors.Is(err, c.want) || !strings.Contains(f.Detail, c.says) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if c.field != "" && (len(f.Fields) == 0 || f.Fields[len(f.Fields)-1].Path != c.field && f.Fields[0].Path != c.field) {
			t.Errorf("%s: fields %+v, want %s", c.name, f.Fields, c.field)
		}
	}
}

func TestABadRowIsNamedAndTheNextOnesAreRead(t *testing.T) {
	const good = "1,2020-12-10,9,100,3,1.00\n"
	for _, c := range []struct{ row, column, says string }{
		{"1,2020-12-10,9,100,3", "", "5 cells"},
		{"1,10/12/2020,9,100,3,1.00", "date", "2021-02-01"},
		{"1,2020-12-10 07:00:00,9,100,3,1.00", "date", "within a day"},
		{"1,,9,100,3,1.00", "date", "empty"},
		{",2020-12-10,9,100,3,1.00", "ad_id", "empty"},
		{"1,2020-12-10,9,100.5,3,1.00", "impressions", "whole"},
		{`1,2020-12-10,9,"1,000",3,1.00`, "impressions", "separators"},
		{"1,2020-12-10,9,100,3,NaN", "spend", "not a number"},
		{"1,2020-12-10,9,100,3,$1.00", "spend", "currency sign"},
		{"1,2020-12-10,9,100,3,1e40", "spend", "too large"},
		{"1,2020-12-10,9,100,3,\xff", "spend", "UTF-8"},
		{strings.Repeat("x", performance.MaxTextBytes+1) + ",2020-12-10,9,100,3,1", "ad_id", "at most 128"},
	} {
		r, err := Open(MetaAds, strings.NewReader(metaHead+good+c.row+"\n"+good))
		if err != nil {
			t.Fatal(err)
		}
		_, first := r.Next()
		_, bad := r.Next()
		_, next := r.Next()
		_, end := r.Next()
		var row *RowError
		if !errors.As(bad, &row) || row.Line != 3 || row.Column != c.column || !strings.Contains(row.Error(), c.says) {
			t.Errorf("%s: %v", c.row, bad)
		}
		if first != nil || next != nil || !errors.Is(end, io.EOF) || r.Rows() != 3 {
			t.Errorf("%s: around it %v, %v, %v; %d rows", c.row, first, next, end, r.Rows())
		}
	}
}

func TestAFileThatStopsBeingCSVEndsThere(t *testing.T) {
	r, err := Open(MetaAds, strings.NewReader(metaHead+"1,2020-12-10,9,100,3,1.00\n1,\"2020"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); !errors.Is(err, ErrUnreadable) || !strings.Contains(err.Error(), "Line 3") {
		t.Errorf("%v", err)
	}
}

func TestHoursAreWhole(t *testing.T) {
	const head = "campaign_id,stat_time_hour,impressions,clicks,spend\n"
	r, err := Open(TikTokAds, strings.NewReader(head+"1,2021-09-15 05:30:00,1,1,1\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err == nil || !strings.Contains(err.Error(), "within an hour") {
		t.Errorf("%v", err)
	}
}

func TestAReportHasAnEnd(t *testing.T) {
	r, err := Open(MetaAds, strings.NewReader(metaHead+strings.Repeat("1,2020-12-10,9,100,3,1.00\n", 3)))
	if err != nil {
		t.Fatal(err)
	}
	r.limit = 2
	for range 2 {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Next(); !errors.Is(err, ErrTooManyRows) {
		t.Errorf("after the last row allowed: %v", err)
	}
}
