package adplatform

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
)

func TestImportingAReportTwiceCountsItOnce(t *testing.T) {
	for _, report := range reports {
		t.Run(report.platform, func(t *testing.T) {
			w := newWorld(t)
			table := text(t, report.file)
			r := Request{Platform: report.platform, CreateMissing: true, Currency: "USD"}
			first := w.imported(t, r, table)
			wantDone(t, first, Progress{int64(len(table)), int64(len(table)), report.rows, report.rows, 0, 0})
			if first.Totals.Spend.String() != spelled(report.spend) || first.Totals.Impressions != report.impressions || first.Totals.Clicks != report.clicks {
				t.Errorf("totals %+v, spend %s", first.Totals, first.Totals.Spend)
			}
			if c := first.Totals.Conversions; (c != nil) != report.hasConversions || c != nil && *c != report.conversions {
				t.Errorf("conversions %v", c)
			}
			drafts := len(w.drafts)
			again := w.imported(t, r, table)
			wantDone(t, again, Progress{int64(len(table)), int64(len(table)), report.rows, 0, report.rows, 0})
			if diff := cmp.Diff(first.Totals, again.Totals); diff != "" || len(w.drafts) != drafts {
				t.Errorf("again: %d drafts instead of %d; totals %s", len(w.drafts), drafts, diff)
			}
		})
	}
}

func spelled(amount string) string { return amount + " USD" }

func wantDone(t *testing.T, i Import, want Progress) {
	t.Helper()
	if i.State != Completed || i.Progress != want || len(i.Rejections) > 0 || i.FinishedAt == nil {
		t.Errorf("%s %+v, refused %+v, problem %+v; want %+v", i.State, i.Progress, i.Rejections, i.Problem, want)
	}
}

func TestDraftsAreNamedAfterThePlatformsCampaigns(t *testing.T) {
	w := newWorld(t)
	i := w.imported(t, Request{Platform: MicrosoftAds, CreateMissing: true, Timezone: "America/Bogota"}, text(t, reports[2].file))
	if len(w.drafts) != 3 || len(i.Campaigns) != 3 {
		t.Fatalf("%d drafts, %+v", len(w.drafts), i.Campaigns)
	}
	want := Draft{ID: w.drafts[0].ID, Name: "Microsoft Ads campaign 359751135", Platform: MicrosoftAds, Channel: "search", Currency: "USD", Timezone: "America/Bogota"}
	if w.drafts[0] != want || i.Campaigns[0] != (Placed{"359751135", want.ID, want.Name, true, 765}) {
		t.Errorf("%+v, %+v", w.drafts[0], i.Campaigns[0])
	}
	w.imported(t, Request{Platform: MetaAds, CreateMissing: true}, metaHead+"1,2020-12-10,9,1,1,1\n")
	if got := w.drafts[3].Name; got != "Meta Ads account 9" {
		t.Errorf("a report without campaigns became %q", got)
	}
}

func TestRowsGoWhereTheRequestSays(t *testing.T) {
	w := newWorld(t)
	one, other := w.campaign("USD"), w.campaign("USD")
	i := w.imported(t, Request{Platform: MetaAds, Campaign: one, Mapping: map[string]uuid.UUID{"2": other}},
		metaHead+"1,2020-12-10,9,10,1,1\n2,2020-12-10,9,20,1,1\n3,2020-12-10,9,30,1,1\n")
	if diff := cmp.Diff([]Placed{{"9", one, "Ours", false, 2}, {"2", other, "Ours", false, 1}}, i.Campaigns); diff != "" {
		t.Error(diff)
	}
	for _, e := range w.events {
		if want := map[string]uuid.UUID{"1": one, "2": other, "3": one}[e.Ad]; e.Campaign != want {
			t.Errorf("ad %s went to %s", e.Ad, e.Campaign)
		}
	}
}

func TestRowsThatCannotBeFiledAreRefusedByLine(t *testing.T) {
	w := newWorld(t)
	nowhere := w.imported(t, Request{Platform: GoogleAds}, text(t, reports[0].file))
	if nowhere.Progress.Rejected != 16 || nowhere.Rejections[0].Code != "campaign_unknown" || nowhere.Rejections[0].Line != 2 || nowhere.Totals.Spend != nil {
		t.Errorf("without a campaign: %+v", nowhere)
	}
	pesos := map[string]uuid.UUID{"1": w.campaign("USD"), "2": w.campaign("COP")}
	const rows = "1,2020-12-10,9,10,1,1\n2,2020-12-10,9,20,1,1\nx\n"
	mixed := w.imported(t, Request{Platform: MetaAds, Mapping: pesos}, metaHead+rows)
	if got := fmt.Sprintf("%d %s, line %d %s", mixed.Progress.Accepted, mixed.Rejections[0].Code, mixed.Rejections[1].Line, mixed.Rejections[1].Code); got != "1 currency_mismatch, line 4 row_malformed" {
		t.Errorf("mixed: %s; %+v", got, mixed.Rejections)
	}
}

func TestRestatedRowsAreRefusedAndExplained(t *testing.T) {
	w := newWorld(t)
	r := Request{Platform: MetaAds, Campaign: w.campaign("USD")}
	w.imported(t, r, metaHead+"1,2020-12-10,9,10,1,1\n1,2020-12-11,9,10,1,1\n")
	i := w.imported(t, r, metaHead+"1,2020-12-10,9,12,1,1\n1,2020-12-11,9,10,1,1\n")
	if i.Progress.Duplicates != 1 || i.Progress.Rejected != 1 || !strings.Contains(i.Rejections[0].Detail, "other figures") || i.Totals.Impressions != 10 {
		t.Errorf("%+v", i)
	}
}

func TestRejectionsListedAreBounded(t *testing.T) {
	w := newWorld(t)
	i := w.imported(t, Request{Platform: MetaAds, Campaign: w.campaign("USD")}, metaHead+strings.Repeat("x\n", MaxRejections+7))
	if i.Progress.Rejected != MaxRejections+7 || len(i.Rejections) != MaxRejections {
		t.Errorf("%d refused, %d listed", i.Progress.Rejected, len(i.Rejections))
	}
}

func TestRequestsThatCannotBeMeantTakeNothing(t *testing.T) {
	w := newWorld(t)
	ours, missing := w.campaign("USD"), uuid.New()
	w.MaxBytes = 200
	for _, c := range []struct {
		name  string
		r     Request
		table string
		want  error
		codes string
	}{
		{"platform", Request{Platform: "bing"}, metaHead, ErrPlatform, "platform unknown"},
		{"header", Request{Platform: MetaAds}, "a,b\n", ErrHeader, ""},
		{"size", Request{Platform: MetaAds}, metaHead + strings.Repeat("x", 200), ErrFileTooLarge, ""},
		{"campaign", Request{Platform: MetaAds, Campaign: missing, Mapping: map[string]uuid.UUID{"1": missing}}, metaHead, fault.ErrInvalid, "campaign_id campaign_not_found, mapping.1 campaign_not_found"},
		{"both", Request{Platform: MetaAds, Campaign: ours, CreateMissing: true, Currency: "XX"}, metaHead, fault.ErrInvalid, "create_missing contradiction, currency unknown_currency"},
	} {
		_, err := w.Start(t.Context(), by, c.r, strings.NewReader(c.table))
		if !errors.Is(err, c.want) || c.codes != "" && codes(err) != c.codes {
			t.Errorf("%s: %v (%s)", c.name, err, codes(err))
		}
	}
	if left, err := os.ReadDir(w.Dir); err != nil || len(left) > 0 || len(w.saved) > 0 || len(w.slots) > 0 {
		t.Errorf("left behind: files %v, imports %v, slots %d, %v", left, w.saved, len(w.slots), err)
	}
}

func TestOnlySoManyImportsAtOnce(t *testing.T) {
	w := newWorld(t)
	w.AtOnce = 1
	r := Request{Platform: MetaAds, Campaign: w.campaign("USD")}
	if _, err := w.Start(t.Context(), by, r, strings.NewReader(metaHead)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Start(t.Context(), by, r, strings.NewReader(metaHead)); !errors.Is(err, ErrBusy) || fault.As(err).RetryAfter == 0 {
		t.Errorf("the second: %v", err)
	}
	w.finish(t.Context(), <-w.jobs)
	w.imported(t, r, metaHead)
}

func TestABusyServiceIsWaitedFor(t *testing.T) {
	w := newWorld(t)
	busy := 3
	w.record = func() error {
		if busy--; busy >= 0 {
			return &fault.Error{Kind: fault.Throttled, Code: "busy", RetryAfter: time.Second}
		}
		return nil
	}
	i := w.imported(t, Request{Platform: MetaAds, Campaign: w.campaign("USD")}, text(t, reports[1].file))
	if i.Progress.Accepted != 10 || len(w.waited) != 3 || w.waited[0] != time.Second {
		t.Errorf("%+v after %v", i.Progress, w.waited)
	}
}

func TestAServiceThatStaysBusyOrBreaksFailsTheImport(t *testing.T) {
	for _, c := range []struct {
		err  error
		code string
	}{
		{&fault.Error{Kind: fault.Unavailable, Code: "away", Detail: "Away."}, "away"},
		{errors.New("disk on fire"), "internal"},
	} {
		w := newWorld(t)
		w.record = func() error { return c.err }
		i := w.imported(t, Request{Platform: MetaAds, Campaign: w.campaign("USD")}, text(t, reports[1].file))
		if i.State != Failed || i.Problem == nil || i.Problem.Code != c.code || strings.Contains(i.Problem.Detail, "fire") || i.Progress.Accepted != 0 {
			t.Errorf("%s: %+v, %+v", c.code, i, i.Problem)
		}
	}
}

func TestAFileThatBreaksOffKeepsWhatCameBefore(t *testing.T) {
	w := newWorld(t)
	i := w.imported(t, Request{Platform: MetaAds, Campaign: w.campaign("USD")}, metaHead+"1,2020-12-10,9,10,1,1\n1,\"2020")
	if i.State != Failed || i.Problem.Code != ErrUnreadable.Code || i.Progress.Accepted != 1 {
		t.Errorf("%+v, %+v", i, i.Problem)
	}
}

func TestStoppingInterruptsAndSendingAgainCompletes(t *testing.T) {
	w := newWorld(t)
	ctx, stop := context.WithCancel(t.Context())
	w.record = func() error { stop(); return nil }
	r := Request{Platform: MicrosoftAds, Campaign: w.campaign("USD")}
	table := text(t, reports[2].file)
	started, err := w.Start(t.Context(), by, r, strings.NewReader(table))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Run(ctx); err != nil {
		t.Fatal(err)
	}
	i, _ := w.Importer.Get(t.Context(), partner, started.ID)
	if i.State != Interrupted || i.Progress.Accepted != batchRows || len(w.slots) != 0 {
		t.Fatalf("%+v, %+v", i, i.Problem)
	}
	if again := w.imported(t, r, table); again.Progress.Accepted != 2630-batchRows || again.Progress.Duplicates != batchRows {
		t.Errorf("again: %+v", again.Progress)
	}
}

func TestAnImportWhoseProcessDiedIsInterrupted(t *testing.T) {
	w := newWorld(t)
	started, err := w.Start(t.Context(), by, Request{Platform: MetaAds}, strings.NewReader(metaHead))
	if err != nil {
		t.Fatal(err)
	}
	state := func() State { i, _ := w.Importer.Get(t.Context(), partner, started.ID); return i.State }
	before := state()
	w.advance(Silence + time.Second)
	if after := state(); before != Running || after != Interrupted {
		t.Errorf("%s, later %s", before, after)
	}
	if _, err := w.Importer.Get(t.Context(), uuid.New(), started.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("another partner's: %v", err)
	}
}

func TestACrashBeforeTheDraftLeavesOneDraftOnly(t *testing.T) {
	w := newWorld(t)
	promised := w.id()
	if _, err := w.Link(t.Context(), partner, MetaAds, "9", promised); err != nil {
		t.Fatal(err)
	}
	w.imported(t, Request{Platform: MetaAds, CreateMissing: true}, metaHead+"1,2020-12-10,9,10,1,1\n")
	if len(w.drafts) != 1 || w.drafts[0].ID != promised {
		t.Errorf("drafts %+v, promised %s", w.drafts, promised)
	}
}

func TestAReportIsAboutSoManyCampaigns(t *testing.T) {
	w := newWorld(t)
	var table strings.Builder
	table.WriteString("campaign_id,stat_time_hour,impressions,clicks,spend\n")
	for n := range maxPlaces + 1 {
		fmt.Fprintf(&table, "%d,2021-09-15 05:00:00,1,1,1\n", n)
	}
	i := w.imported(t, Request{Platform: TikTokAds}, table.String())
	if i.State != Failed || i.Problem.Code != errTooManyCampaigns.Code {
		t.Errorf("%s %+v", i.State, i.Problem)
	}
}
