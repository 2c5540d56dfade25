package sqlstore

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/rule"
)

const selectStandings = "SELECT partner, rule, campaign, state FROM alert_standings"

// scanStanding reads a standing; its key says whose it is.
func scanStanding(row scanner) (rule.Standing, error) {
	var partner, id, campaign uuid.UUID
	var text string
	if err := row.Scan(&partner, &id, &campaign, &text); err != nil {
		return rule.Standing{}, err
	}
	s, err := decode[rule.Standing]("alert standing", id, text)
	s.Partner, s.Rule, s.Campaign = partner, id, campaign
	return s, err
}

func (s Rules) standings(ctx context.Context, which filter, end string) ([]rule.Standing, error) {
	rows, err := s.db.reader.QueryContext(ctx, selectStandings+which.where+` ORDER BY partner, rule, campaign`+end, which.args...)
	if err != nil {
		return nil, s.db.translate(err)
	}
	found, err := collect(rows, scanStanding)
	return found, s.db.translate(err)
}

// Standings implements rule.Standings.
func (s Rules) Standings(ctx context.Context, partner, id uuid.UUID) ([]rule.Standing, error) {
	which := filter{db: s.db}
	which.of(partner)
	if id != uuid.Nil {
		which.add("rule = ?", s.db.key(id))
	}
	return s.standings(ctx, which, "")
}

// Firing implements rule.Standings.
func (s Rules) Firing(ctx context.Context, after rule.Standing, limit int) ([]rule.Standing, error) {
	which := filter{db: s.db}
	which.add("firing = 1")
	if after.Partner != uuid.Nil {
		which.add("(partner, rule, campaign) > (?, ?, ?)", s.db.key(after.Partner), s.db.key(after.Rule), s.db.key(after.Campaign))
	}
	return s.standings(ctx, which, limited(limit))
}

// Forget implements rule.Standings.
func (s Rules) Forget(ctx context.Context, partner, id uuid.UUID) error {
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM alert_standings WHERE partner = $1 AND rule = $2`, s.db.key(partner), s.db.key(id))
		return err
	})
}

// Decide implements rule.Standings. The row is there before it is locked, so
// that two first decisions wait for each other too.
func (s Rules) Decide(ctx context.Context, of rule.Standing, decide func(stored rule.Standing, open *performance.Alert) rule.Decision) (after rule.Standing, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		key := []any{s.db.key(of.Partner), s.db.key(of.Rule), s.db.key(of.Campaign)}
		if _, err := t.exec(ctx, `INSERT INTO alert_standings (partner, rule, campaign, firing, state) VALUES ($1, $2, $3, 0, '{}')
			ON CONFLICT (partner, rule, campaign) DO NOTHING`, key...); err != nil {
			return err
		}
		stored, err := scanStanding(t.queryRow(ctx, selectStandings+` WHERE partner = $1 AND rule = $2 AND campaign = $3`+s.db.forUpdate, key...))
		if err != nil {
			return err
		}
		open, err := s.openAlert(ctx, t, of)
		if err != nil {
			return err
		}
		d := decide(stored, open)
		after = d.Standing
		if err := s.storeAlerts(ctx, t, d); err != nil || d.Standing == stored {
			return err
		}
		text, err := encode(d.Standing)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `UPDATE alert_standings SET firing = $4, state = $5 WHERE partner = $1 AND rule = $2 AND campaign = $3`,
			append(key, truth(d.Standing.Firing()), text)...)
		return err
	})
	return after, err
}

// openAlert is what the rule has fired about the campaign and is not over; nil
// for nothing.
func (s Rules) openAlert(ctx context.Context, t *tx, of rule.Standing) (*performance.Alert, error) {
	which := s.db.one(of.Partner, "rule", of.Rule)
	which.add("campaign = ?", s.db.key(of.Campaign))
	which.add("status <> ?", string(performance.Resolved))
	open, err := s.db.Alerts().find(ctx, t, which, s.db.forUpdate)
	if errors.Is(err, performance.ErrAlertNotFound) {
		return nil, nil
	}
	return open, err
}

// storeAlerts writes the alert that ends before the one that begins: a matter
// has one open alert.
func (s Rules) storeAlerts(ctx context.Context, t *tx, d rule.Decision) error {
	if d.Ended != nil {
		t.append(d.Ended.PullEvents()...)
		if err := s.db.Alerts().save(ctx, t, d.Ended); err != nil {
			return err
		}
	}
	if d.Begun == nil {
		return nil
	}
	return s.db.Alerts().insert(ctx, t, d.Begun)
}
