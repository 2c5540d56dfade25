package billing_test

import (
	"context"
	"errors"
	"testing"
	"time"
	_ "time/tzdata" // the zones are the same on every machine

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/billing"
	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// books is one partner's ledger in memory.
type books struct {
	entries []ledger.Entry
	zone    *time.Location
}

func (b *books) Walk(_ context.Context, _ uuid.UUID, after int64, q ledger.Query, each func(ledger.Entry) error) error {
	for _, e := range b.entries {
		if e.Seq <= after || !q.From.IsZero() && e.RecordedAt < q.From.UnixMicro() || !q.To.IsZero() && e.RecordedAt >= q.To.UnixMicro() {
			continue
		}
		if err := each(e); err != nil {
			return err
		}
	}
	return nil
}

func (b *books) Zone(context.Context, uuid.UUID) (*time.Location, error) { return b.zone, nil }

func (b *books) Names(context.Context, uuid.UUID) (map[uuid.UUID]string, error) {
	return map[uuid.UUID]string{spring: "Spring", autumn: "=Autumn"}, nil
}

func (b *books) add(at time.Time, lines ...ledger.Line) {
	b.entries = append(b.entries, ledger.Entry{Partner: andes, Seq: int64(len(b.entries) + 1), RecordedAt: at.UnixMicro(), Lines: lines})
}

func (b *books) statements(t require, now time.Time) *billing.Statements {
	chart, err := billing.ParseChart("funds = 3000 Deposits")
	t.must(err)
	return billing.NewStatements(b, b, b, chart, func() time.Time { return now })
}

var andes, spring, autumn = uuid.MustParse("0199a7c4-6d1e-7000-8000-000000000001"), uuid.MustParse("0199a7c4-6d1e-7000-8000-000000000002"), uuid.MustParse("0199a7c4-6d1e-7000-8000-000000000003")

// require ends a test, of testing or of rapid.
type require struct{ rapid.TB }

func (r require) must(err error) {
	if err != nil {
		r.Fatal(err)
	}
}

func spent(campaign uuid.UUID, channel, day string, figures ledger.Figures) ledger.Line {
	d, err := localday.Parse(day)
	if err != nil {
		panic(err)
	}
	return ledger.Line{Kind: ledger.Reported, Campaign: campaign, Channel: channel, Currency: "USD", Day: d, Figures: figures}
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func bogota(t *testing.T) *books {
	zone, err := time.LoadLocation("America/Bogota")
	require{t}.must(err)
	return &books{zone: zone}
}

const unit = money.Unit

func TestAMonthAddsUpByCampaignAndChannel(t *testing.T) {
	b := bogota(t)
	funded := spent(uuid.Nil, "", "2026-10-01", ledger.Figures{Cash: 1000 * unit})
	funded.Kind = ledger.Funded
	b.add(at("2026-10-01T12:00:00Z"), funded, spent(spring, "social", "2026-10-01", ledger.Figures{Limit: 500 * unit}))
	b.add(at("2026-10-02T12:00:00Z"), spent(spring, "social", "2026-10-02", ledger.Figures{Settled: 100 * unit, Overdelivery: 5 * unit}))
	b.add(at("2026-10-03T12:00:00Z"), spent(spring, "search", "2026-10-03", ledger.Figures{Settled: -20 * unit, Credit: 7 * unit}))
	b.add(at("2026-11-02T12:00:00Z"), spent(spring, "search", "2026-10-31", ledger.Figures{Settled: 1 * unit}))  // October still takes it
	b.add(at("2026-11-04T04:59:59Z"), spent(spring, "search", "2026-10-31", ledger.Figures{Settled: 2 * unit}))  // and this
	b.add(at("2026-11-04T05:00:00Z"), spent(spring, "search", "2026-10-31", ledger.Figures{Settled: 50 * unit})) // not this
	s := b.statements(require{t}, at("2026-11-10T00:00:00Z"))
	october, err := s.Statement(t.Context(), andes, mustMonth(t, "2026-10"), time.Time{})
	require{t}.must(err)
	a := october.Currencies[0]
	want := billing.Amounts{Funded: 1000 * unit, Spent: 103 * unit, Overdelivery: 5 * unit, Credits: 27 * unit}
	if a.Total != want || a.Opening != 0 || a.Closing != 919*unit || a.Adjustments != 0 || october.State != billing.Closed {
		t.Errorf("October: %+v", a)
	}
	if len(a.Lines) != 3 || a.Lines[0].Campaign != uuid.Nil || a.Lines[1].Channel != "search" || a.Lines[2].Name != "Spring" {
		t.Errorf("lines %+v", a.Lines)
	}
	november, err := s.Statement(t.Context(), andes, mustMonth(t, "2026-11"), time.Time{})
	require{t}.must(err)
	n := november.Currencies[0]
	if n.Opening != a.Closing || n.Adjustments != -50*unit || n.Closing != 869*unit || len(n.Adjusted) != 1 || n.Adjusted[0].Concerns.String() != "2026-10" || november.State != billing.Open {
		t.Errorf("November: %+v", n)
	}
	then, err := s.Statement(t.Context(), andes, mustMonth(t, "2026-10"), at("2026-10-02T12:00:00Z"))
	require{t}.must(err)
	if got := then.Currencies[0].Closing; got != 895*unit || then.State != billing.Open {
		t.Errorf("as known on the 2nd: %d, %s", got, then.State)
	}
}

func TestAHistoryGoesToItsMonthsAtTheBeginning(t *testing.T) {
	b := bogota(t)
	b.add(at("2026-11-20T12:00:00Z"), spent(spring, "", "2026-08-05", ledger.Figures{Settled: unit}))
	b.add(at("2026-11-23T11:59:59Z"), spent(spring, "", "2026-08-05", ledger.Figures{Settled: unit}))
	b.add(at("2026-11-23T12:00:00Z"), spent(spring, "", "2026-08-05", ledger.Figures{Settled: unit}))
	months, err := b.statements(require{t}, at("2026-11-24T00:00:00Z")).Months(t.Context(), andes, time.Time{})
	require{t}.must(err)
	if len(months) != 2 || months[1].Currencies[0].Total.Spent != 2*unit || months[0].Currencies[0].Adjustments != -unit {
		t.Errorf("%+v", months)
	}
}

func TestAMonthEndsInThePartnersZone(t *testing.T) {
	for name, want := range map[string][2]string{
		"Europe/Madrid":       {"2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z"}, // 25 hours on the 25th
		"America/New_York":    {"2026-10-01T04:00:00Z", "2026-11-01T04:00:00Z"},
		"Australia/Lord_Howe": {"2026-09-30T13:30:00Z", "2026-10-31T13:00:00Z"}, // 23.5 hours on the 4th
		"Pacific/Apia":        {"2026-09-30T11:00:00Z", "2026-10-31T11:00:00Z"},
	} {
		zone, err := time.LoadLocation(name)
		require{t}.must(err)
		from, to := mustMonth(t, "2026-10").Bounds(zone)
		if from.Format(time.RFC3339) != want[0] || to.Format(time.RFC3339) != want[1] {
			t.Errorf("%s: %s to %s, want %v", name, from, to, want)
		}
	}
}

func mustMonth(t *testing.T, text string) billing.Month {
	t.Helper()
	m, err := billing.ParseMonth(text)
	require{t}.must(err)
	return m
}

func TestParseMonth(t *testing.T) {
	for _, bad := range []string{"", "2026", "2026-13", "2026-00", "1969-12", "2026-1", "2026-11-01", "26-11"} {
		if m, err := billing.ParseMonth(bad); !errors.Is(err, billing.ErrMonth) {
			t.Errorf("%q is %s, %v", bad, m, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		day := localday.Day(rapid.Int32Range(0, 60_000).Draw(t, "day"))
		m := billing.MonthOf(day)
		if back, err := billing.ParseMonth(m.String()); err != nil || back != m || m.String() != day.String()[:7] || m.First() > day || (m+1).First() <= day {
			t.Fatalf("%s is of %s", day, m)
		}
	})
}

// TestStatementsChain draws any ledger: statements add up and follow each
// other, a closed one never changes, and all money of the ledger is in them.
func TestStatementsChain(t *testing.T) {
	zones := []string{"America/Bogota", "Europe/Madrid", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		require{t}.must(err)
		b := &books{zone: zone}
		now := at("2026-01-20T00:00:00Z")
		closed := map[billing.Month]billing.Statement{}
		for range rapid.IntRange(1, 12).Draw(t, "entries") {
			now = now.Add(time.Duration(rapid.Int64Range(1, 20*24*3600).Draw(t, "seconds")) * time.Second)
			b.add(now, drawLines(t, now)...)
			checkChain(require{t}, b, now, closed)
		}
	})
}

func drawLines(t *rapid.T, now time.Time) []ledger.Line {
	var lines []ledger.Line
	amount := rapid.Int64Range(-1e12, 1e12)
	for range rapid.IntRange(1, 4).Draw(t, "lines") {
		l := ledger.Line{
			Kind: ledger.Reported, Campaign: rapid.SampledFrom([]uuid.UUID{spring, autumn}).Draw(t, "campaign"),
			Channel: rapid.SampledFrom([]string{"", "social"}).Draw(t, "channel"), Currency: rapid.SampledFrom([]money.Currency{"USD", "JPY", "KWD"}).Draw(t, "currency"),
			Day: localday.Of(now, time.UTC) - localday.Day(rapid.IntRange(-1, 90).Draw(t, "ago")),
		}
		if rapid.IntRange(0, 4).Draw(t, "cash") == 0 {
			l.Kind, l.Campaign, l.Channel, l.Cash = ledger.Funded, uuid.Nil, "", amount.Draw(t, "paid")
		} else {
			l.Figures = ledger.Figures{Settled: amount.Draw(t, "settled"), Overdelivery: amount.Draw(t, "over"), Credit: amount.Draw(t, "credit"), Limit: amount.Draw(t, "limit")}
		}
		lines = append(lines, l)
	}
	return lines
}

func checkChain(t require, b *books, now time.Time, closed map[billing.Month]billing.Statement) {
	s := b.statements(t, now)
	months, err := s.Months(context.Background(), andes, time.Time{})
	t.must(err)
	spent, balances := map[money.Currency]int64{}, map[money.Currency]int64{}
	for i := len(months) - 1; i >= 0; i-- {
		st, err := s.Statement(context.Background(), andes, months[i].Month, time.Time{})
		t.must(err)
		for _, a := range st.Currencies {
			if a.Opening != balances[a.Currency] {
				t.Fatalf("%s in %s opens with %d after a closing of %d", st.Month, a.Currency, a.Opening, balances[a.Currency])
			}
			balances[a.Currency] = a.Closing
			spent[a.Currency] += checkColumns(t, a)
		}
		before, was := closed[st.Month]
		if was && !sameFigures(before, st) {
			t.Fatalf("%s was closed and has changed", st.Month)
		}
		if st.State == billing.Closed {
			closed[st.Month] = st
		}
		_, err = s.Journal(context.Background(), andes, st.Month, time.Time{}) // checks itself against the statement
		t.must(err)
	}
	for currency, want := range ledgerPayable(b) {
		if spent[currency] != want {
			t.Fatalf("the statements owe %d %s to platforms, the ledger %d", spent[currency], currency, want)
		}
	}
}

// checkColumns adds the lines up and returns what the month owes to platforms.
func checkColumns(t require, a billing.Account) int64 {
	var sum billing.Amounts
	var err error
	for _, l := range a.Lines {
		sum, err = sum.Add(l.Amounts)
		t.must(err)
	}
	owed := sum.Spent + sum.Overdelivery - sum.Credits - a.Adjustments
	if sum != a.Total || a.Opening+sum.Funded-sum.Refunds-owed != a.Closing {
		t.Fatalf("%+v does not add up", a)
	}
	return owed
}

func ledgerPayable(b *books) map[money.Currency]int64 {
	owed := map[money.Currency]int64{}
	for _, e := range b.entries {
		for _, l := range e.Lines {
			for _, p := range l.Postings() {
				if p.Account == ledger.Payable {
					owed[l.Currency] -= p.Amount
				}
			}
		}
	}
	return owed
}

func sameFigures(a, b billing.Statement) bool {
	if len(a.Currencies) > len(b.Currencies) {
		return false
	}
	for i := range b.Currencies {
		y := b.Currencies[i]
		x := billing.Account{Currency: y.Currency}
		for _, known := range a.Currencies {
			if known.Currency == y.Currency {
				x = known
			}
		}
		if x.Opening != y.Opening || x.Closing != y.Closing || x.Total != y.Total || x.Adjustments != y.Adjustments || len(x.Lines) != len(y.Lines) {
			return false
		}
	}
	return true
}

func TestAJournalBalancesAndNamesItsEntries(t *testing.T) {
	b := bogota(t)
	b.add(at("2026-10-02T12:00:00Z"), spent(spring, "social", "2026-10-02", ledger.Figures{Limit: 500 * unit}), spent(spring, "social", "2026-10-02", ledger.Figures{Settled: 10 * unit}))
	b.add(at("2026-10-02T13:00:00Z"), spent(spring, "social", "2026-10-02", ledger.Figures{Settled: 5 * unit}))
	b.add(at("2026-11-09T13:00:00Z"), spent(spring, "social", "2026-10-02", ledger.Figures{Settled: -5 * unit, Credit: unit}))
	s := b.statements(require{t}, at("2026-11-10T00:00:00Z"))
	j, err := s.Journal(t.Context(), andes, mustMonth(t, "2026-10"), time.Time{})
	require{t}.must(err)
	if len(j.Entries) != 1 {
		t.Fatalf("%+v", j.Entries)
	}
	e := j.Entries[0]
	if e.Reference != "2026-10/00001" || e.Text != "spend reported, Spring, social, ledger entries 1 to 2" || e.Date.String() != "2026-10-02" || len(e.Lines) != 2 ||
		e.Lines[0].Account.Code != "3000" || e.Lines[0].Account.Name != "Deposits" || e.Lines[0].Debit != 15*unit || e.Lines[1].Account.Code != "2000" || e.Lines[1].Credit != 15*unit {
		t.Errorf("%+v", e)
	}
	if j, err = s.Journal(t.Context(), andes, mustMonth(t, "2026-11"), time.Time{}); err != nil || len(j.Entries) != 1 {
		t.Fatal(err, j.Entries)
	}
	if e = j.Entries[0]; e.Date.String() != "2026-11-09" || e.Concerns.String() != "2026-10" || len(e.Lines) != 3 || j.Totals[0].Debit != 6*unit || j.Totals[0].Credit != 6*unit {
		t.Errorf("adjustment %+v %+v", e, j.Totals)
	}
}

func TestParseChartRefuses(t *testing.T) {
	for _, bad := range []string{"cash", "cash=", "limit=1 Limits", "cash=2000 The same code", "=1 x"} {
		if _, err := billing.ParseChart(bad); err == nil {
			t.Errorf("%q is a chart", bad)
		}
	}
}
