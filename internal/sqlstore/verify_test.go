package sqlstore

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
)

// verified runs the checks of metrics over a market whose campaigns exist only
// here.
func (m *market) verified(t *testing.T, db *DB, repair bool) (out []string) {
	t.Helper()
	v := db.Verify(repair, func(d Difference) { out = append(out, d.String()) })
	for _, check := range []func(Verify, context.Context) error{
		func(v Verify, ctx context.Context) error { return v.Log(ctx, m.partner) },
		func(v Verify, ctx context.Context) error { return v.Metrics(ctx, m.partner) },
	} {
		if err := check(v, t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// mustExec damages the store.
func mustExec(t *testing.T, db *DB, query string, args ...any) {
	t.Helper()
	result, err := db.writer.ExecContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%s: %d rows, %v", query, n, err)
	}
}

// shelves are all of a campaign's sums as stored.
func (m *market) shelves(t *testing.T, db *DB, campaign int) map[sumKey]performance.Cell {
	t.Helper()
	s, err := db.Verify(false, nil).stored(t.Context(), m.subjects[m.campaigns[campaign]], nil)
	if err != nil {
		t.Fatal(err)
	}
	out := map[sumKey]performance.Cell{{width: 99}: s.total}
	for k, c := range s.cells {
		out[k] = *c
	}
	return out
}

// inStore gives the market's campaigns rows, as verify looks them up.
func (m *market) inStore(t *testing.T, db *DB) {
	t.Helper()
	for _, id := range m.campaigns {
		mustExec(t, db, `INSERT INTO campaigns (partner, id, revision, status, type, search, currency, timezone, state)
			VALUES ($1, $2, 1, 'ACTIVE', 'SEARCH', '', 'USD', 'America/Bogota', '{}')`, db.key(m.partner), db.key(id))
	}
}

func TestACorruptedSumIsFoundAndRebuilt(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := openMarket(t, db, 2)
		m.inStore(t, db)
		m.tell(t, rand.New(rand.NewPCG(1, 2)), 60)
		m.record(t, m.delivery(1, time.Hour))
		if found := m.verified(t, db, false); len(found) > 0 {
			t.Fatalf("of a sound store: %s", strings.Join(found, "\n"))
		}
		before := m.shelves(t, db, 0)
		campaign := db.key(m.campaigns[0])
		for _, damage := range []string{
			`UPDATE metric_rollups SET spend = spend + 1 WHERE campaign = $1 AND width = 2`,
			`UPDATE metric_rollups SET events = 0 WHERE campaign = $1 AND width = 1`,
			`DELETE FROM metric_rollups WHERE campaign = $1 AND width = 3`,
			`UPDATE metric_rollups SET start = start + 6000000000000 WHERE campaign = $1 AND width = 1`,
			`UPDATE metric_values SET value = value + 1 WHERE campaign = $1`,
			`DELETE FROM metric_values WHERE campaign = $1 AND width = 0`,
			`UPDATE metric_totals SET clicks = clicks + 7 WHERE campaign = $1`,
		} {
			mustExec(t, db, damage, campaign)
			found := m.verified(t, db, false)
			if len(found) == 0 || strings.Contains(strings.Join(found, ""), m.campaigns[1].String()) {
				t.Errorf("%s: %d found", damage, len(found))
			}
			if again := m.verified(t, db, true); len(again) != len(found) {
				t.Errorf("%s: %d found, %d repaired", damage, len(found), len(again))
			}
			if left := m.verified(t, db, false); len(left) > 0 {
				t.Errorf("%s: left: %s", damage, left)
			}
			if diff := cmp.Diff(before, m.shelves(t, db, 0)); diff != "" {
				t.Errorf("%s: %s", damage, diff)
			}
		}
	})
}

func TestDamageToAChunkIsLimitedToIt(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := openMarket(t, db, 2)
		m.inStore(t, db)
		m.tell(t, rand.New(rand.NewPCG(1, 2)), 5)
		m.record(t, m.delivery(1, time.Hour))
		var at int64
		var body []byte
		if err := db.reader.QueryRowContext(t.Context(), `SELECT recorded_at, body FROM metric_chunks WHERE campaign = $1 ORDER BY recorded_at LIMIT 1`,
			db.key(m.campaigns[0])).Scan(&at, &body); err != nil {
			t.Fatal(err)
		}
		body[len(body)/2] ^= 4
		mustExec(t, db, `UPDATE metric_chunks SET body = $1 WHERE campaign = $2 AND recorded_at = $3`, body, db.key(m.campaigns[0]), at)
		mustExec(t, db, `UPDATE metric_totals SET clicks = clicks + 7 WHERE campaign = $1`, db.key(m.campaigns[1]))
		before := m.shelves(t, db, 0)
		found := m.verified(t, db, true)
		if len(found) != 2 || !strings.HasPrefix(found[0], "chunks: ") || !strings.Contains(found[0], "body") || !strings.Contains(found[1], "clicks is 9, and must be 2 (repaired)") {
			t.Errorf("%s", strings.Join(found, "\n"))
		}
		if diff := cmp.Diff(before, m.shelves(t, db, 0)); diff != "" {
			t.Errorf("the sums of a damaged log are the last trace of it: %s", diff)
		}
	})
}

func TestAForgottenIDAndAGapAreFound(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := openMarket(t, db, 1)
		m.inStore(t, db)
		told := m.tell(t, rand.New(rand.NewPCG(1, 2)), 5)
		mustExec(t, db, `DELETE FROM metric_ids WHERE id = $1`, db.key(uuid.UUID(performance.KeyOf(told[3].ID))))
		mustExec(t, db, `DELETE FROM events WHERE partner = $1 AND seq = 2`, db.key(m.partner))
		found := strings.Join(m.verified(t, db, true), "\n")
		if strings.Count(found, "ids: ") != 1 || !strings.Contains(found, "(repaired)") || !strings.Contains(found, "entry after 1: seq is 3, and must be 2") {
			t.Error(found)
		}
		if left := m.verified(t, db, false); len(left) != 1 {
			t.Error(left)
		}
	})
}
