package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/targeting/audience"
)

// uploadDoc is an upload as it is stored: with what is not shown.
type uploadDoc struct {
	audience.Upload
	Origin event.Origin `json:"origin"`
}

const selectUploads = "SELECT partner, id, doc FROM audience_uploads"

func scanUpload(row scanner) (audience.Upload, error) {
	var partner, id uuid.UUID
	var text string
	if err := row.Scan(&partner, &id, &text); err != nil {
		return audience.Upload{}, missing(err, audience.ErrNotFound)
	}
	doc, err := decode[uploadDoc]("upload", id, text)
	u := doc.Upload
	u.Partner, u.By = partner, doc.Origin
	u.By.Partner = partner
	return u, err
}

// Begin implements audience.Uploads.
func (s Audiences) Begin(ctx context.Context, u audience.Upload) error {
	doc, err := encode(uploadDoc{u, u.By})
	if err != nil {
		return err
	}
	change := func(t *tx, a *audience.Audience) error {
		if err := a.Begin(u.By, u.StartedAt, u.ID); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO audience_uploads (partner, id, audience, stage, started_at, next, reserved, doc)
			VALUES ($1, $2, $3, $4, $5, 0, 0, $6)`,
			s.db.key(u.Partner), s.db.key(u.ID), s.db.key(u.Audience), string(u.Stage), micros(u.StartedAt), doc)
		return err
	}
	_, err = s.edit(ctx, u.Partner, u.Audience, s.save).run(ctx, s.db, 0, change)
	return err
}

// note writes how far an upload is, if it is still in a stage.
func (s Audiences) note(ctx context.Context, t *tx, u audience.Upload, still audience.Stage) error {
	doc, err := encode(uploadDoc{u, u.By})
	if err != nil {
		return err
	}
	result, err := t.exec(ctx, `UPDATE audience_uploads SET stage = $3, doc = $4 WHERE partner = $1 AND id = $2 AND stage = $5`,
		s.db.key(u.Partner), s.db.key(u.ID), string(u.Stage), doc, string(still))
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return audience.ErrNotFound.With("The upload was dropped, or its audience was deleted while it came in.")
}

// Append implements audience.Uploads.
func (s Audiences) Append(ctx context.Context, u audience.Upload, n int, part []byte) error {
	return s.db.write(ctx, func(t *tx) error {
		if err := s.note(ctx, t, u, audience.Receiving); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO audience_parts (partner, upload, n, body) VALUES ($1, $2, $3, $4)`,
			s.db.key(u.Partner), s.db.key(u.ID), int64(n), part)
		return err
	})
}

// Seal implements audience.Uploads.
func (s Audiences) Seal(ctx context.Context, u audience.Upload) error {
	return s.db.write(ctx, func(t *tx) error { return s.note(ctx, t, u, audience.Receiving) })
}

// Drop implements audience.Uploads.
func (s Audiences) Drop(ctx context.Context, u audience.Upload) error {
	change := func(t *tx, a *audience.Audience) error {
		if err := s.note(ctx, t, u, audience.Receiving); err != nil {
			return err
		}
		a.End(u.By, u.UpdatedAt, u.ID, a.State().Size, false)
		return s.dropParts(ctx, t, u.Partner, u.ID)
	}
	_, err := s.edit(ctx, u.Partner, u.Audience, s.save).run(ctx, s.db, 0, change)
	return err
}

func (s Audiences) dropParts(ctx context.Context, t *tx, partner, upload uuid.UUID) error {
	_, err := t.exec(ctx, `DELETE FROM audience_parts WHERE partner = $1 AND upload = $2`, s.db.key(partner), s.db.key(upload))
	return err
}

// Latest implements audience.Uploads.
func (s Audiences) Latest(ctx context.Context, partner, id uuid.UUID) (audience.Upload, bool, error) {
	which := s.db.one(partner, "audience", id)
	u, err := scanUpload(s.db.reader.QueryRowContext(ctx, selectUploads+which.where+` ORDER BY started_at DESC, id DESC LIMIT 1`, which.args...))
	if errors.Is(err, audience.ErrNotFound) {
		return u, false, nil
	}
	return u, err == nil, s.db.translate(err)
}

// Open implements audience.Uploads.
func (s Audiences) Open(ctx context.Context) ([]audience.Upload, error) {
	var open []audience.Upload
	err := s.db.read(ctx, func(raw *sql.Tx) error {
		rows, err := raw.QueryContext(ctx, selectUploads+` WHERE stage IN ('receiving', 'applying') ORDER BY started_at`)
		if err == nil {
			open, err = collect(rows, scanUpload)
		}
		return err
	})
	return open, err
}
