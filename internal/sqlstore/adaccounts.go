package sqlstore

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/platforms"
)

// AdAccounts implements platforms.AccountStore.
type AdAccounts struct{ db *DB }

// AdAccounts returns the store of ad accounts.
func (db *DB) AdAccounts() AdAccounts { return AdAccounts{db} }

const selectAdAccounts = "SELECT id, sealed, state FROM ad_accounts"

func scanAdAccount(row scanner) (*platforms.Account, error) {
	var id uuid.UUID
	var sealed, text string
	if err := row.Scan(&id, &sealed, &text); err != nil {
		return nil, missing(err, platforms.ErrAccountNotFound)
	}
	state, err := decode[platforms.AdAccountState]("ad account", id, text)
	if err == nil {
		state.Sealed, err = base64.StdEncoding.DecodeString(sealed)
	}
	return platforms.RestoreAccount(state), err
}

// row is an account as its columns.
func (s AdAccounts) row(a *platforms.Account) ([]any, error) {
	state := a.State()
	text, err := encode(state)
	return []any{
		s.db.key(state.Partner), s.db.key(state.ID), state.Revision, string(state.Platform), state.External,
		base64.StdEncoding.EncodeToString(state.Sealed), orNull(state.NextPullAt), text,
	}, err
}

// orNull is a moment that may be none.
func orNull(at *time.Time) any {
	if at == nil {
		return nil
	}
	return micros(*at)
}

// Insert implements platforms.AccountStore.
func (s AdAccounts) Insert(ctx context.Context, a *platforms.Account) error {
	row, err := s.row(a)
	if err != nil {
		return err
	}
	events := a.PullEvents()
	err = s.db.write(ctx, func(t *tx) error {
		t.append(events...)
		_, err := t.exec(ctx, `INSERT INTO ad_accounts (partner, id, revision, platform, external, sealed, next_pull, state)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, row...)
		return err
	})
	if isUnique(err) {
		return platforms.ErrAccountConnected
	}
	return err
}

// Get implements platforms.AccountStore.
func (s AdAccounts) Get(ctx context.Context, partner, id uuid.UUID) (*platforms.Account, error) {
	a, err := s.find(ctx, s.db.reader, partner, id, "")
	return a, s.db.translate(err)
}

func (s AdAccounts) find(ctx context.Context, q querier, partner, id uuid.UUID, lock string) (*platforms.Account, error) {
	which := s.db.one(partner, "id", id)
	return scanAdAccount(q.QueryRowContext(ctx, selectAdAccounts+which.where+lock, which.args...))
}

// Update implements platforms.AccountStore.
func (s AdAccounts) Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*platforms.Account) error) (*platforms.Account, error) {
	return s.edit(ctx, partner, id, s.save).run(ctx, s.db, revision, func(_ *tx, a *platforms.Account) error { return change(a) })
}

// edit changes an account; quiet, because pulls are noted without a new
// revision.
func (s AdAccounts) edit(ctx context.Context, partner, id uuid.UUID, save func(context.Context, *tx, *platforms.Account) error) edit[*platforms.Account] {
	return edit[*platforms.Account]{
		load:     func(t *tx) (*platforms.Account, error) { return s.find(ctx, t, partner, id, s.db.forUpdate) },
		revision: func(a *platforms.Account) int64 { return a.State().Revision },
		stale:    platforms.ErrStale,
		quiet:    true,
		save:     func(t *tx, a *platforms.Account) error { return save(ctx, t, a) },
	}
}

func (s AdAccounts) save(ctx context.Context, t *tx, a *platforms.Account) error {
	row, err := s.row(a)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `UPDATE ad_accounts SET revision = $3, platform = $4, external = $5, sealed = $6, next_pull = $7, state = $8
		WHERE partner = $1 AND id = $2`, row...)
	return err
}

// Delete implements platforms.AccountStore. A placement that is made at the same
// time locks the account's row, and finds it gone.
func (s AdAccounts) Delete(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*platforms.Account)) error {
	_, err := s.edit(ctx, partner, id, s.remove).run(ctx, s.db, revision, func(t *tx, a *platforms.Account) error {
		var placed int64
		err := t.queryRow(ctx, `SELECT count(*) FROM placements WHERE partner = $1 AND account = $2 AND ended = 0`,
			s.db.key(a.State().Partner), s.db.key(id)).Scan(&placed)
		if err == nil && placed > 0 {
			err = platforms.ErrAccountInUse
		}
		change(a)
		return err
	})
	return err
}

func (s AdAccounts) remove(ctx context.Context, t *tx, a *platforms.Account) error {
	_, err := t.exec(ctx, `DELETE FROM ad_accounts WHERE partner = $1 AND id = $2`, s.db.key(a.State().Partner), s.db.key(a.State().ID))
	return err
}

// List implements platforms.AccountStore.
func (s AdAccounts) List(ctx context.Context, partner uuid.UUID) ([]*platforms.Account, error) {
	which := filter{db: s.db}
	which.of(partner)
	rows, err := s.db.reader.QueryContext(ctx, selectAdAccounts+which.where+` ORDER BY id DESC`+limited(maxPage), which.args...)
	if err != nil {
		return nil, s.db.translate(err)
	}
	found, err := collect(rows, scanAdAccount)
	return found, s.db.translate(err)
}

// Due implements platforms.AccountStore.
func (s AdAccounts) Due(ctx context.Context, now time.Time, limit int) ([]platforms.Ref, error) {
	return s.db.refs(ctx, `SELECT partner, id FROM ad_accounts WHERE next_pull <= $1 ORDER BY next_pull`+limited(limit), micros(now))
}

// refs reads pairs of partner and id.
func (db *DB) refs(ctx context.Context, query string, args ...any) ([]platforms.Ref, error) {
	rows, err := db.reader.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, db.translate(err)
	}
	found, err := collect(rows, func(row scanner) (r platforms.Ref, err error) {
		err = row.Scan(&r.Partner, &r.ID)
		return r, err
	})
	return found, db.translate(err)
}
