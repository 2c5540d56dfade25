package sqlstore

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hexabuilders/campaignd/performance"
)

// mergedMarket has two campaigns whose events are merged, one block a campaign
// and run, some loose chunks after them, and ids in pages.
func mergedMarket(t *testing.T, db *DB) *market {
	t.Helper()
	random := rand.New(rand.NewPCG(7, 8))
	m := openMarket(t, db, 2)
	m.inStore(t, db)
	var events []performance.Event
	for i := range 2600 { // more than a block
		e := m.delivery(i%2, time.Duration(i)*7*time.Minute)
		e.ID = timedID(random, time.UnixMicro(e.OccurredAt))
		e.Set(performance.Reach, int64(i))
		events = append(events, e)
	}
	for part := range slices.Chunk(events, 700) {
		m.record(t, part...)
	}
	mergeSome(t, db)
	freezeAll(t, db)
	m.record(t, m.delivery(0, time.Hour), m.delivery(1, time.Hour))
	if found := m.verified(t, db, false); len(found) > 0 {
		t.Fatalf("of a sound store: %s", strings.Join(found, "\n"))
	}
	if m.count(t, db, "metric_bodies") < 4 || m.count(t, db, "metric_id_pages") == 0 {
		t.Fatal("nothing was merged")
	}
	return m
}

// heads are all rows of metric_blocks, byte by byte.
func heads(t *testing.T, db *DB) (out []string) {
	t.Helper()
	rows, err := db.reader.QueryContext(t.Context(), `SELECT campaign, run, part, known_from, known_to, first_at, last_at, events, channels, breakdowns FROM metric_blocks ORDER BY 1, 2, 3`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		values := make([]any, 10)
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		line := ""
		for _, v := range values {
			line += fmt.Sprintf("%x ", *v.(*any))
		}
		out = append(out, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestADamagedHeadIsRebuiltFromItsBody(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := mergedMarket(t, db)
		before, sums := heads(t, db), m.shelves(t, db, 0)
		campaign := db.key(m.campaigns[0])
		for column, damage := range map[string]string{
			"known_from": `UPDATE metric_blocks SET known_from = known_from - 1 WHERE campaign = $1 AND part = 0`,
			"known_to":   `UPDATE metric_blocks SET known_to = known_to + 5 WHERE campaign = $1 AND part = 0`,
			"first_at":   `UPDATE metric_blocks SET first_at = 0 WHERE campaign = $1`,
			"last_at":    `UPDATE metric_blocks SET last_at = last_at + 1 WHERE campaign = $1`,
			"events":     `UPDATE metric_blocks SET events = events - 1 WHERE campaign = $1 AND part = 0`,
			"channels":   `UPDATE metric_blocks SET channels = breakdowns WHERE campaign = $1`,
			"breakdowns": `UPDATE metric_blocks SET breakdowns = channels WHERE campaign = $1`,
			"row":        `DELETE FROM metric_blocks WHERE campaign = $1 AND part = 0`,
		} {
			mustExec(t, db, damage, campaign)
			// The sums are judged all the same, from the bodies.
			mustExec(t, db, `UPDATE metric_rollups SET clicks = clicks + 1 WHERE campaign = $1 AND width = 3`, campaign)
			mustExec(t, db, `UPDATE metric_chunks SET first_at = first_at + 1 WHERE campaign = $1`, campaign)
			found := strings.Join(m.verified(t, db, true), "\n")
			for _, want := range []string{"chunks: ", "run ", "block 0: " + column + " is ", "first_at is ", "sums: ", "clicks is "} {
				if !strings.Contains(found, want) {
					t.Errorf("%s: no %q in\n%s", column, want, found)
				}
			}
			if left := m.verified(t, db, false); len(left) > 0 {
				t.Errorf("%s: left: %s", column, strings.Join(left, "\n"))
			}
			if diff := cmp.Diff(before, heads(t, db)) + cmp.Diff(sums, m.shelves(t, db, 0)); diff != "" {
				t.Errorf("%s: rebuilt to other bytes: %s", column, diff)
			}
		}
	})
}

// TestLostEventsAreFoundAndTheSumsLeftAlone loses a block in every way there is.
func TestLostEventsAreFoundAndTheSumsLeftAlone(t *testing.T) {
	const (
		flip       = `UPDATE metric_bodies SET body = $2 WHERE campaign = $1 AND part = 0`
		firstBody  = `DELETE FROM metric_bodies WHERE campaign = $1 AND part = 0`
		firstRow   = `DELETE FROM metric_blocks WHERE campaign = $1 AND part = 0`
		lastBody   = `DELETE FROM metric_bodies WHERE campaign = $1 AND part = 1`
		lastRow    = `DELETE FROM metric_blocks WHERE campaign = $1 AND part = 1`
		looseChunk = `DELETE FROM metric_chunks WHERE campaign = $1`
	)
	eachEngine(t, func(t *testing.T, db *DB) {
		m := mergedMarket(t, db)
		restore := keepLog(t, db)
		campaign, sums := db.key(m.campaigns[0]), m.shelves(t, db, 0)
		var body []byte
		if err := db.reader.QueryRowContext(t.Context(), `SELECT body FROM metric_bodies WHERE campaign = $1 AND part = 0`, campaign).Scan(&body); err != nil {
			t.Fatal(err)
		}
		body[len(body)/3] ^= 16
		for _, lose := range []struct{ damage, found []string }{
			{[]string{flip}, []string{"block 0: body is chunk: "}},
			{[]string{firstBody}, []string{"block 0: body is missing"}},
			{[]string{lastBody}, []string{"block 1: body is missing"}},
			{[]string{firstBody, firstRow}, []string{"block 0: block is missing"}},
			{[]string{lastBody, lastRow}, []string{"log: number of events that are remembered and not there is ", "log: events is "}},
			{[]string{looseChunk}, []string{"not there is 1, and must be 0", "log: events is 1300, and must be 1301"}},
		} {
			for _, damage := range lose.damage {
				args := []any{campaign}
				if damage == flip {
					args = append(args, body)
				}
				mustExec(t, db, damage, args...)
			}
			mustExec(t, db, `UPDATE metric_totals SET clicks = clicks + 7 WHERE campaign = $1`, db.key(m.campaigns[1]))
			found := strings.Join(m.verified(t, db, true), "\n")
			for _, want := range append(lose.found, m.campaigns[0].String(), "sums: partner "+m.partner.String()+" campaign "+m.campaigns[1].String()) {
				if !strings.Contains(found, want) {
					t.Errorf("%s: no %q in\n%s", lose.damage, want, found)
				}
			}
			if strings.Count(found, "(repaired)") != 1 {
				t.Errorf("%s: more than the other campaign's total is repaired:\n%s", lose.damage, found)
			}
			if diff := cmp.Diff(sums, m.shelves(t, db, 0)); diff != "" {
				t.Errorf("%s: the sums are the last trace of what was lost: %s", lose.damage, diff)
			}
			restore()
		}
	})
}

// keepLog copies the log of events, and returns what puts it back.
func keepLog(t *testing.T, db *DB) (restore func()) {
	t.Helper()
	tables := []string{"metric_chunks", "metric_blocks", "metric_bodies"}
	for _, table := range tables {
		mustExec(t, db, `CREATE TABLE kept_`+table+` AS SELECT * FROM `+table)
	}
	return func() {
		t.Helper()
		for _, table := range tables {
			mustExec(t, db, `DELETE FROM `+table)
			mustExec(t, db, `INSERT INTO `+table+` SELECT * FROM kept_`+table)
		}
	}
}

func TestADamagedPageOfIDsIsWrittenAnew(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := mergedMarket(t, db)
		var first int64
		var body []byte
		if err := db.reader.QueryRowContext(t.Context(), `SELECT first, body FROM metric_id_pages ORDER BY first LIMIT 1`).Scan(&first, &body); err != nil {
			t.Fatal(err)
		}
		flipped := slices.Clone(body)
		flipped[len(flipped)/2] ^= 1
		for name, damage := range map[string][]byte{"flipped": flipped, "truncated": body[:len(body)/2], "empty": {}} {
			mustExec(t, db, `UPDATE metric_id_pages SET body = $1 WHERE first = $2`, damage, first)
			for _, repair := range []bool{false, true} {
				found := m.verified(t, db, repair)
				if len(found) != 1 || !strings.Contains(found[0], "page of ids from ") || strings.Contains(found[0], "(repaired)") != repair {
					t.Errorf("%s: %s", name, strings.Join(found, "\n"))
				}
			}
			if left := m.verified(t, db, false); len(left) > 0 {
				t.Errorf("%s: left: %s", name, left[:1])
			}
			freezeAll(t, db)
			var again []byte
			if err := db.reader.QueryRowContext(t.Context(), `SELECT body FROM metric_id_pages WHERE first = $1`, first).Scan(&again); err != nil || !slices.Equal(again, body) {
				t.Errorf("%s: the page is not what it was: %v", name, err)
			}
		}
		mustExec(t, db, `UPDATE metric_id_pages SET last = last - 1 WHERE first = $1`, first)
		if found := m.verified(t, db, true); len(found) != 1 || !strings.Contains(found[0], errPageRow.Error()) {
			t.Errorf("a row that is not about its ids: %s", found)
		}
	})
}

func TestAnEventThatIsInTheLogTwiceIsFound(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := mergedMarket(t, db)
		campaign, sums := db.key(m.campaigns[0]), m.shelves(t, db, 0)
		mustExec(t, db, `INSERT INTO metric_chunks (partner, campaign, recorded_at, events, first_at, last_at, body)
			SELECT partner, campaign, recorded_at + 1, events, first_at, last_at, body FROM metric_chunks WHERE campaign = $1`, campaign)
		found := strings.Join(m.verified(t, db, true), "\n")
		if strings.Count(found, "ids: ") != 1 || !strings.Contains(found, "times in the log is 2, and must be 1") || !strings.Contains(found, "log: events is 1302, and must be 1301") {
			t.Error(found)
		}
		if diff := cmp.Diff(sums, m.shelves(t, db, 0)); diff != "" {
			t.Errorf("counted twice by the repair: %s", diff)
		}
	})
}

func TestALostTotalIsMadeAgain(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := mergedMarket(t, db)
		sums := m.shelves(t, db, 0)
		mustExec(t, db, `DELETE FROM metric_totals WHERE campaign = $1`, db.key(m.campaigns[0]))
		mustExec(t, db, `UPDATE metric_totals SET events = events - 1 WHERE campaign = $1`, db.key(m.campaigns[1]))
		found := strings.Join(m.verified(t, db, true), "\n")
		if !strings.Contains(found, "total: spend is missing") || !strings.Contains(found, "total: events is 1300, and must be 1301 (repaired)") {
			t.Error(found)
		}
		if diff := cmp.Diff(sums, m.shelves(t, db, 0)); diff != "" {
			t.Error(diff)
		}
	})
}
