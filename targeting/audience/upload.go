package audience

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

const (
	// maxShown is how many refused lines an answer lists; they are all counted.
	maxShown = 100
	// abandoned is how long an upload may stand still before it is dropped: its
	// client, or the node that received it, has died.
	abandoned = 2 * time.Minute
)

// Take reads members off a stream into an audience. The rows are kept aside as
// they come; once the stream is whole the upload is sealed, and its people are
// numbered, stored and published together. A stream that is cut or refused
// leaves nothing. It returns when the members are in or, after patience, while
// they are being taken in; from the seal on that no longer needs the caller.
//
// The errors are ErrNotFound, ErrDerived and those of NewReader and
// Reader.Next.
func (s *Service) Take(ctx context.Context, by event.Origin, id uuid.UUID, mediaType string, body io.Reader, o TakeOptions) (Upload, error) {
	a, err := s.Store.Get(ctx, by.Partner, id)
	if err != nil {
		return Upload{}, err
	}
	if a.state.Kind != Custom {
		return Upload{}, ErrDerived
	}
	by.Partner = a.state.Partner
	currency, err := s.Currency(ctx, by.Partner)
	if err != nil {
		return Upload{}, err
	}
	reader, err := NewReader(mediaType, body, Terms{Today: s.today(), Currency: currency})
	if err != nil {
		return Upload{}, err
	}
	at := s.now()
	t := &taking{service: s, reader: reader, dry: o.ValidateOnly, Upload: Upload{
		ID: o.ID, Partner: by.Partner, Audience: id, By: by, Stage: Receiving, StartedAt: at, UpdatedAt: at,
		Rejected: []Rejection{}, Ignored: []Rejection{},
	}}
	if t.ID == uuid.Nil {
		t.ID = s.NewID()
	}
	if t.dry {
		return t.Upload, t.read(ctx)
	}
	if err := s.Uploads.Begin(ctx, t.Upload); err != nil {
		return Upload{}, err
	}
	if err := t.stage(ctx); err != nil {
		return Upload{}, err
	}
	return s.apply(ctx, t.Upload, o.Patience)
}

// TakeOptions are how an upload is taken.
type TakeOptions struct {
	ID           uuid.UUID // reserved for a safe repetition; zero: a new one
	ValidateOnly bool      // read all and keep nothing
	Patience     time.Duration
}

// taking is an upload while it comes in.
type taking struct {
	Upload
	service *Service
	reader  *Reader
	part    Part
	parts   int
	dry     bool
}

// stage keeps the whole stream aside, or nothing of it.
func (t *taking) stage(ctx context.Context) error {
	err := t.read(ctx)
	if err == nil {
		err = t.flush(ctx)
	}
	if err == nil {
		t.Stage, t.UpdatedAt = Applying, t.service.now()
		err = t.service.Uploads.Seal(ctx, t.Upload)
	}
	if err == nil {
		return nil
	}
	// The caller may be gone, and what is left behind would wait to be found.
	clean := context.WithoutCancel(ctx)
	t.Stage, t.UpdatedAt = Dropped, t.service.now()
	if failed := t.service.Uploads.Drop(clean, t.Upload); failed != nil && !errors.Is(failed, ErrNotFound) {
		slog.WarnContext(ctx, "an upload that failed is dropped later", "upload", t.ID, "error", failed)
	}
	return err
}

// read goes through the stream and keeps full parts.
func (t *taking) read(ctx context.Context) error {
	var row Row
	ignore := func(r Rejection) {
		t.IgnoredN++
		if len(t.Ignored) < maxShown {
			t.Ignored = append(t.Ignored, r)
		}
	}
	for {
		err := t.reader.Next(&row, ignore)
		if errors.Is(err, io.EOF) {
			return nil
		}
		t.Rows++
		var bad *Rejection
		switch {
		case errors.As(err, &bad):
			t.RejectedN++
			if len(t.Rejected) < maxShown {
				t.Rejected = append(t.Rejected, *bad)
			}
			continue
		case err != nil:
			return err
		}
		t.Accepted++
		if t.dry {
			continue
		}
		if t.part.Add(&row); t.part.Full() {
			if err := t.flush(ctx); err != nil {
				return err
			}
		}
	}
}

// flush keeps what was gathered, durably, with how far the upload is.
func (t *taking) flush(ctx context.Context) error {
	if t.part.Rows() == 0 {
		return nil
	}
	t.UpdatedAt = t.service.now()
	err := t.service.Uploads.Append(ctx, t.Upload, t.parts, t.part.Take())
	t.parts++
	return err
}

// apply takes a sealed upload in for as long as the caller waits. Whatever is
// left is done by Resume.
func (s *Service) apply(ctx context.Context, u Upload, patience time.Duration) (Upload, error) {
	wait, stop := ctx, func() {}
	if patience > 0 {
		wait, stop = context.WithTimeout(ctx, patience)
	}
	defer stop()
	if err := s.steps(wait, u); err != nil && ctx.Err() == nil && wait.Err() == nil && !errors.Is(err, ErrBusy) {
		return Upload{}, err
	}
	latest, ok, err := s.Uploads.Latest(ctx, u.Partner, u.Audience)
	if err != nil || !ok || latest.ID != u.ID {
		return u, err
	}
	return latest, nil
}

func (s *Service) steps(ctx context.Context, u Upload) error {
	for {
		done, err := s.People.Step(ctx, u, s.now())
		if done || err != nil {
			return err
		}
	}
}

// Resume goes on with uploads whose node died or whose caller has left, and
// drops those that stand still before they were whole. One upload that cannot
// be taken in holds up none of the others.
func (s *Service) Resume(ctx context.Context) error {
	open, err := s.Uploads.Open(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for _, u := range open {
		switch {
		case u.Stage == Applying:
			if err := s.steps(ctx, u); err != nil && !errors.Is(err, ErrBusy) {
				failures = append(failures, err)
			}
		case s.now().Sub(u.UpdatedAt) > abandoned:
			u.Stage, u.UpdatedAt = Dropped, s.now()
			failures = append(failures, s.Uploads.Drop(ctx, u))
		}
	}
	return errors.Join(failures...)
}
