package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/webhooks"
)

const deliveryColumns = "d.partner, d.endpoint, d.id, d.seq, d.type, d.status, d.next_at, d.created_at, d.tries"

func scanDelivery(row scanner) (webhooks.Delivery, error) {
	var d webhooks.Delivery
	var status, tries string
	var next sql.NullInt64
	var created int64
	if err := row.Scan(&d.Partner, &d.Endpoint, &d.ID, &d.Seq, &d.Type, &status, &next, &created, &tries); err != nil {
		return d, missing(err, webhooks.ErrNotFound)
	}
	d.Status, d.CreatedAt = webhooks.Status(status), moment(created)
	if next.Valid {
		at := moment(next.Int64)
		d.NextAt = &at
	}
	var err error
	d.Tries, err = decode[[]webhooks.Try]("tries of delivery", d.ID, tries)
	return d, err
}

// Enqueue implements webhooks.Outbox.
func (s Webhooks) Enqueue(ctx context.Context, deliveries []webhooks.Delivery) error {
	b := bulk{
		into:  "webhook_deliveries (partner, endpoint, id, seq, type, status, next_at, created_at, tries)",
		types: []string{"uuid", "uuid", "uuid", "bigint", "text", "text", "bigint", "bigint", "text"},
		tail:  "ON CONFLICT (partner, endpoint, id) DO NOTHING",
	}
	for _, d := range deliveries {
		b.add([16]byte(d.Partner), [16]byte(d.Endpoint), [16]byte(d.ID), d.Seq, d.Type, string(d.Status), micros(*d.NextAt), micros(d.CreatedAt), "[]")
	}
	if b.rows() == 0 {
		return nil
	}
	return s.db.write(ctx, func(t *tx) error {
		again := b
		again.args = append([]any(nil), b.args...) // exec changes them, and this may run twice
		_, err := again.exec(ctx, t)
		return err
	})
}

// Due implements webhooks.Outbox.
func (s Webhooks) Due(ctx context.Context, now time.Time, limit, perEndpoint int) ([]webhooks.Delivery, error) {
	rows, err := s.db.reader.QueryContext(ctx, `SELECT `+deliveryColumns+` FROM (
			SELECT w.*, row_number() OVER (PARTITION BY w.endpoint ORDER BY w.next_at, w.seq) AS place
			FROM webhook_deliveries w JOIN webhook_endpoints e ON e.partner = w.partner AND e.id = w.endpoint
			WHERE w.next_at <= $1 AND e.enabled = 1) d
		WHERE d.place <= $2 ORDER BY d.next_at, d.seq`+limited(limit), micros(now), perEndpoint)
	if err != nil {
		return nil, s.db.translate(err)
	}
	due, err := collect(rows, scanDelivery)
	return due, s.db.translate(err)
}

// Claim implements webhooks.Outbox: of two nodes that read the same delivery,
// only one finds its next_at as it was.
func (s Webhooks) Claim(ctx context.Context, d webhooks.Delivery, until time.Time) (claimed bool, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		res, err := t.exec(ctx, `UPDATE webhook_deliveries SET next_at = $4
			WHERE partner = $1 AND endpoint = $2 AND id = $3 AND next_at = $5`,
			s.db.key(d.Partner), s.db.key(d.Endpoint), s.db.key(d.ID), micros(until), micros(*d.NextAt))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		claimed = n == 1
		return err
	})
	return claimed, err
}

// Save implements webhooks.Outbox.
func (s Webhooks) Save(ctx context.Context, d webhooks.Delivery) error {
	if d.Tries == nil {
		d.Tries = []webhooks.Try{}
	}
	tries, err := encode(d.Tries)
	if err != nil {
		return err
	}
	var next any
	if d.NextAt != nil {
		next = micros(*d.NextAt)
	}
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `UPDATE webhook_deliveries SET status = $4, next_at = $5, tries = $6
			WHERE partner = $1 AND endpoint = $2 AND id = $3`,
			s.db.key(d.Partner), s.db.key(d.Endpoint), s.db.key(d.ID), string(d.Status), next, tries)
		return err
	})
}

func (s Webhooks) deliveriesOf(partner, endpoint uuid.UUID) filter {
	f := filter{db: s.db}
	f.add("partner = ?", s.db.key(partner))
	f.add("endpoint = ?", s.db.key(endpoint))
	return f
}

// Deliveries implements webhooks.Outbox.
func (s Webhooks) Deliveries(ctx context.Context, partner, endpoint uuid.UUID, q webhooks.DeliveryQuery) ([]webhooks.Delivery, string, error) {
	which := s.deliveriesOf(partner, endpoint)
	in(&which, "status", q.Statuses)
	if err := which.before(q.Cursor); err != nil {
		return nil, "", err
	}
	size := pageSize(q.Limit)
	rows, err := s.db.reader.QueryContext(ctx, `SELECT `+deliveryColumns+` FROM webhook_deliveries d`+which.where+
		` ORDER BY id DESC`+limited(size+1), which.args...)
	if err != nil {
		return nil, "", s.db.translate(err)
	}
	items, err := collect(rows, scanDelivery)
	if err != nil {
		return nil, "", s.db.translate(err)
	}
	items, next := cut(items, size, func(d webhooks.Delivery) uuid.UUID { return d.ID })
	return items, next, nil
}

// Delivery implements webhooks.Outbox.
func (s Webhooks) Delivery(ctx context.Context, partner, endpoint, id uuid.UUID) (webhooks.Delivery, error) {
	which := s.deliveriesOf(partner, endpoint)
	which.add("id = ?", s.db.key(id))
	d, err := scanDelivery(s.db.reader.QueryRowContext(ctx, `SELECT `+deliveryColumns+` FROM webhook_deliveries d`+which.where, which.args...))
	return d, s.db.translate(err)
}

// Purge implements webhooks.Outbox.
func (s Webhooks) Purge(ctx context.Context, before time.Time) error {
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM webhook_deliveries WHERE created_at < $1`, micros(before))
		return err
	})
}
