package sqlstore

import (
	"context"

	"github.com/google/uuid"
)

// Plain is what a service does that takes one transaction for each decision:
// lock the row, look, write, commit. It is the baseline that the Authorizer is
// held against, in tables of its own and with the same durability.
type Plain struct{ db *DB }

// Plain makes the baseline's tables.
func (db *DB) Plain(ctx context.Context) (Plain, error) {
	for _, table := range []string{
		`CREATE TABLE bench_budgets (id UUID NOT NULL PRIMARY KEY, free BIGINT NOT NULL)`,
		`CREATE TABLE bench_reservations (id UUID NOT NULL PRIMARY KEY, budget UUID NOT NULL, amount BIGINT NOT NULL)`,
	} {
		if _, err := db.writer.ExecContext(ctx, table); err != nil {
			return Plain{}, err
		}
	}
	return Plain{db}, nil
}

// Drop removes the tables.
func (p Plain) Drop(ctx context.Context) error {
	_, err := p.db.writer.ExecContext(ctx, `DROP TABLE bench_budgets`)
	if err == nil {
		_, err = p.db.writer.ExecContext(ctx, `DROP TABLE bench_reservations`)
	}
	return err
}

// Open begins a budget.
func (p Plain) Open(ctx context.Context, id uuid.UUID, limit int64) error {
	_, err := p.db.writer.ExecContext(ctx, `INSERT INTO bench_budgets (id, free) VALUES ($1, $2)`, p.db.key(id), limit)
	return err
}

// Reserve takes an amount if there is enough.
func (p Plain) Reserve(ctx context.Context, budget uuid.UUID, amount int64) (granted bool, err error) {
	tx, err := p.db.writer.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = tx.Rollback() }()
	var free int64
	if err := tx.QueryRowContext(ctx, `SELECT free FROM bench_budgets WHERE id = $1`+p.db.forUpdate, p.db.key(budget)).Scan(&free); err != nil {
		return false, err
	}
	if free < amount {
		return false, nil
	}
	if _, err := tx.ExecContext(ctx, `UPDATE bench_budgets SET free = free - $2 WHERE id = $1`, p.db.key(budget), amount); err != nil {
		return false, err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO bench_reservations (id, budget, amount) VALUES ($1, $2, $3)`,
		p.db.key(uuid.Must(uuid.NewV7())), p.db.key(budget), amount); err != nil {
		return false, err
	}
	return true, tx.Commit()
}
