package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/chunk"
)

// Every event of the log is remembered by its id, once, or it would be counted
// again when it is sent again. Both sides are reduced to their number and to a
// sum of hashes that does not depend on the order. Only when those differ are
// the ids themselves compared, in as many passes as keep it to idsAtOnce.
const idsAtOnce = 1 << 18

// idKey is an event's id as a page remembers it, or as a row does when it is of
// no page, and the event's fingerprint.
type idKey struct {
	key   performance.Key
	print uint32
}

// idKeyOf reduces a row's id to what would be left of it in a page.
func idKeyOf(key performance.Key, print uint32) idKey {
	if k, ok := chunk.KeyOf(key, print); ok {
		return pagedKey(k)
	}
	return idKey{key, print}
}

func pagedKey(k chunk.Key) (out idKey) {
	binary.BigEndian.PutUint64(out.key[:], uint64(k.Order))
	binary.BigEndian.PutUint32(out.key[8:], k.Rest)
	out.print = k.Print
	return out
}

// idCheck holds the two sides against each other.
type idCheck struct {
	seed       maphash.Seed
	ref        int64
	log, known idSum
	damaged    []orders // of pages that cannot be read
	scratch    []byte
}

type idSum struct {
	n   int64
	sum uint64
}

func (s *idSum) add(seed maphash.Seed, k idKey) {
	s.n++
	s.sum += maphash.Comparable(seed, k)
}

// orders is a stretch of chunk.Key.Order; to is not in it.
type orders struct{ from, to int64 }

func (c *idCheck) keyOf(e *performance.Event) (k idKey) {
	var print uint32
	print, c.scratch = performance.Fingerprint(e, c.scratch)
	return idKeyOf(performance.KeyOf(e.ID), print)
}

func (c *idCheck) inLog(e *performance.Event) { c.log.add(c.seed, c.keyOf(e)) }

// inDamaged reports whether an event's id would be in a page that is damaged.
func (c *idCheck) inDamaged(e *loggedID) bool {
	k, ok := chunk.KeyOf(performance.KeyOf(e.id), 0)
	return ok && slices.ContainsFunc(c.damaged, func(o orders) bool { return k.Order >= o.from && k.Order < o.to })
}

// remembered reads every id of a partner. A page that is damaged is reported,
// and taken away to be written anew from the log.
func (v Verify) remembered(ctx context.Context, partner uuid.UUID, seed maphash.Seed) (c idCheck, err error) {
	c.seed = seed
	if c.ref, err = v.m.storedRef(ctx, partner); err != nil {
		return c, v.m.db.translate(missing(err, nil))
	}
	if err := v.eachIDRow(ctx, c.ref, func(k idKey) { c.known.add(seed, k) }); err != nil {
		return c, err
	}
	var bad []int64
	err = v.eachPage(ctx, c.ref, func(first int64, keys []chunk.Key, err error) {
		if n := len(c.damaged); n > 0 && c.damaged[n-1].to == math.MaxInt64 {
			c.damaged[n-1].to = first
		}
		if err != nil {
			bad = append(bad, first)
			c.damaged = append(c.damaged, orders{first, math.MaxInt64})
			v.Report(Difference{Check: "ids", Partner: partner, Where: "page of ids from " + time.UnixMilli(first>>12).UTC().Format(time.RFC3339Nano),
				Column: "body", Stored: err.Error(), True: "whole", Repaired: v.Repair})
			return
		}
		for _, k := range keys {
			c.known.add(seed, pagedKey(k))
		}
	})
	if err != nil || !v.Repair || len(bad) == 0 {
		return c, err
	}
	return c, v.m.db.write(ctx, func(t *tx) error {
		for _, first := range bad {
			if _, err := t.exec(ctx, `DELETE FROM metric_id_pages WHERE partner = $1 AND first = $2`, c.ref, first); err != nil {
				return err
			}
		}
		return nil
	})
}

func (v Verify) eachIDRow(ctx context.Context, ref int64, f func(idKey)) error {
	rows, err := v.m.db.reader.QueryContext(ctx, `SELECT id, print FROM metric_ids WHERE partner = $1`, ref)
	if err != nil {
		return v.m.db.translate(err)
	}
	return v.m.db.translate(eachRow(rows, func(rows *sql.Rows) error {
		var id uuid.UUID
		var print int32
		err := rows.Scan(&id, &print)
		f(idKeyOf(performance.Key(id), uint32(print)))
		return err
	}))
}

var errPageRow = errors.New("the row says something else than its ids")

// eachPage hands every page on, or what is wrong with it.
func (v Verify) eachPage(ctx context.Context, ref int64, f func(first int64, keys []chunk.Key, err error)) error {
	rows, err := v.m.db.reader.QueryContext(ctx, `SELECT first, last, keys, body FROM metric_id_pages WHERE partner = $1 ORDER BY first`, ref)
	if err != nil {
		return v.m.db.translate(err)
	}
	var keys []chunk.Key
	return v.m.db.translate(eachRow(rows, func(rows *sql.Rows) error {
		var first, last, n int64
		var body sql.RawBytes
		if err := rows.Scan(&first, &last, &n, &body); err != nil {
			return err
		}
		read, err := chunk.DecodeKeys(keys[:0], body)
		if err == nil && (len(read) == 0 || int64(len(read)) != n || read[0].Order != first || read[len(read)-1].Order != last) {
			err = errPageRow
		}
		f(first, read, err)
		keys = read
		return nil
	}))
}

// loggedID is an event of the log, for when ids are compared.
type loggedID struct {
	idKey
	id       string
	campaign uuid.UUID
}

// compareIDs holds what is remembered against the log. sound is false when
// events are missing from the log or in it twice, or when that cannot be told.
func (c *metricsCheck) compareIDs(ctx context.Context, subjects []performance.Subject) (sound bool, err error) {
	ids := &c.ids
	if ids.log == ids.known && len(ids.damaged) == 0 {
		return true, nil
	}
	passes := uint64(max(ids.log.n, ids.known.n)/idsAtOnce + 1)
	var notLogged, twice int64
	for pass := range passes {
		mine := func(k idKey) bool { return maphash.Comparable(ids.seed, k.key)%passes == pass }
		logged, err := c.loggedIDs(ctx, subjects, mine)
		if err != nil {
			return false, err
		}
		known, err := c.knownIDs(ctx, mine)
		if err != nil {
			return false, err
		}
		twice += c.reportTwice(logged)
		n, err := c.joinIDs(ctx, logged, known)
		if err != nil {
			return false, err
		}
		notLogged += n
	}
	if notLogged > c.lost {
		c.Report(Difference{Check: "chunks", Partner: c.partner, Where: "log", Column: "number of events that are remembered and not there",
			Stored: strconv.FormatInt(notLogged-c.lost, 10), True: "0"})
	}
	return notLogged <= c.lost && twice == 0 && len(ids.damaged) == 0, nil
}

func (c *metricsCheck) loggedIDs(ctx context.Context, subjects []performance.Subject, mine func(idKey) bool) (out []loggedID, err error) {
	for _, s := range subjects {
		w := walk{Verify: c.Verify, s: s, each: func(e *performance.Event) {
			if k := c.ids.keyOf(e); mine(k) {
				out = append(out, loggedID{k, strings.Clone(e.ID), s.Campaign})
			}
		}}
		if err := w.run(ctx); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b loggedID) int {
		if order := compareKeys(a.key, b.key); order != 0 {
			return order
		}
		return strings.Compare(a.id, b.id)
	})
	return out, nil
}

func compareKeys(a, b performance.Key) int { return bytes.Compare(a[:], b[:]) }

func (c *metricsCheck) knownIDs(ctx context.Context, mine func(idKey) bool) (out []idKey, err error) {
	add := func(k idKey) {
		if mine(k) {
			out = append(out, k)
		}
	}
	if err := c.eachIDRow(ctx, c.ids.ref, add); err != nil {
		return nil, err
	}
	err = c.eachPage(ctx, c.ids.ref, func(_ int64, keys []chunk.Key, err error) {
		if err != nil {
			return
		}
		for _, k := range keys {
			add(pagedKey(k))
		}
	})
	slices.SortFunc(out, func(a, b idKey) int { return compareKeys(a.key, b.key) })
	return out, err
}

// reportTwice reports the ids that the log has more than once.
func (c *metricsCheck) reportTwice(logged []loggedID) (n int64) {
	for i := 0; i < len(logged); {
		end := i + 1
		for end < len(logged) && logged[end].id == logged[i].id {
			end++
		}
		if end-i > 1 {
			n++
			c.Report(Difference{Check: "ids", Partner: c.partner, Campaign: logged[i].campaign, Where: "event " + strconv.Quote(logged[i].id),
				Column: "times in the log", Stored: strconv.Itoa(end - i), True: "1"})
		}
		i = end
	}
	return n
}

// joinIDs reports what is in the log and not remembered as it is there, and
// returns how many are remembered and not in the log.
func (c *metricsCheck) joinIDs(ctx context.Context, logged []loggedID, known []idKey) (notLogged int64, err error) {
	var forgotten []*loggedID
	at := 0
	for i := range logged {
		e := &logged[i]
		if i > 0 && e.id == logged[i-1].id {
			continue
		}
		for at < len(known) && compareKeys(known[at].key, e.key) < 0 {
			at++
			notLogged++
		}
		if at == len(known) || known[at].key != e.key {
			forgotten = append(forgotten, e)
			continue
		}
		if known[at].print != e.print {
			c.reportID(e, strconv.FormatUint(uint64(known[at].print), 10), false)
		}
		at++
	}
	notLogged += int64(len(known) - at)
	for _, e := range forgotten {
		if !c.ids.inDamaged(e) {
			c.reportID(e, "missing", c.Repair)
		}
	}
	if !c.Repair || len(forgotten) == 0 {
		return notLogged, nil
	}
	return notLogged, c.remember(ctx, forgotten)
}

func (c *metricsCheck) reportID(e *loggedID, stored string, repaired bool) {
	c.Report(Difference{Check: "ids", Partner: c.partner, Campaign: e.campaign, Where: "event " + strconv.Quote(e.id),
		Column: "print", Stored: stored, True: strconv.FormatUint(uint64(e.print), 10), Repaired: repaired})
}

// remember writes rows for ids; old ones become pages again by and by.
func (c *metricsCheck) remember(ctx context.Context, ids []*loggedID) error {
	ref, err := c.m.ref(ctx, c.partner)
	if err != nil {
		return err
	}
	return c.m.db.write(ctx, func(t *tx) error {
		for _, e := range ids {
			_, err := t.exec(ctx, `INSERT INTO metric_ids (partner, id, print) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
				ref, t.db.key(uuid.UUID(performance.KeyOf(e.id))), int64(int32(e.print)))
			if err != nil {
				return err
			}
		}
		return nil
	})
}
