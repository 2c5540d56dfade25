package adplatform

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
)

var (
	// ErrNotFound is an import that is missing, or another partner's.
	ErrNotFound = fault.New(fault.NotFound, "import_not_found", "There is no such import.", "Check the id; POST /imports answers with it.")
	// ErrBusy is one import too many at a time.
	ErrBusy = fault.New(fault.Throttled, "imports_busy", "As many reports as allowed are being imported.", "Send the file again after the time in Retry-After.").After(5 * time.Second)
	// ErrFileTooLarge bounds what an import may take on disk.
	ErrFileTooLarge = fault.New(fault.TooLarge, "report_too_large", "The file is larger than a report may be.", "Export shorter ranges of dates, each to a file of its own.")
	// errStopping ends the imports under way; each says that it was interrupted.
	errStopping = errors.New("adplatform: stopping")
)

// Request is what to do with a report.
type Request struct {
	ID       uuid.UUID // of the import; uuid.Nil: a new one
	Platform string
	// Mapping says where the rows of an external campaign, ad or account go.
	Mapping map[string]uuid.UUID
	// Campaign is where all other rows go, if given.
	Campaign uuid.UUID
	// CreateMissing files the others under drafts: those that an earlier import
	// has created, and new ones. Without it, and without Campaign, only the
	// earlier ones are used and the other rows are refused.
	CreateMissing bool
	// Force counts also what comes from the platform by itself: see Pulls.
	Force bool
	// Currency and Timezone are for drafts; the report's own currency wins.
	Currency, Timezone string
}

// Ports are what an Importer works with.
type Ports struct {
	Store     Store
	Links     Links
	Campaigns Campaigns
	Metrics   Metrics
	Pulls     Pulls
}

// Importer files reports. Start returns as soon as the file is safe on disk and
// its header is understood; Run does the rest, a batch of rows at a time, so
// that the size of a file does not matter for memory.
type Importer struct {
	// AtOnce is how many imports may be under way. 0 means 2.
	AtOnce int
	// MaxBytes is how large a file may be. 0 means 512 MiB.
	MaxBytes int64
	// Dir is where files wait; empty is the system's folder for such.
	Dir string

	ports Ports
	now   func() time.Time
	newID func() uuid.UUID
	log   *slog.Logger
	wait  func(context.Context, time.Duration) error

	once  sync.Once
	slots chan struct{}
	jobs  chan *job
}

// NewImporter files reports through ports; now and newID give times and ids.
func NewImporter(ports Ports, now func() time.Time, newID func() uuid.UUID, log *slog.Logger) *Importer {
	return &Importer{ports: ports, now: now, newID: newID, log: log, wait: sleep}
}

func (im *Importer) prepare() {
	im.once.Do(func() {
		if im.AtOnce == 0 {
			im.AtOnce = 2
		}
		if im.MaxBytes == 0 {
			im.MaxBytes = 512 << 20
		}
		im.slots, im.jobs = make(chan struct{}, im.AtOnce), make(chan *job, im.AtOnce)
	})
}

// Start takes in a file for the partner by.Partner and answers with an import
// that is running. Its errors are those of Open, ErrBusy, ErrFileTooLarge,
// fault.ErrInvalid for a request that contradicts itself or names a campaign
// that is missing, or a port's; then nothing was taken.
func (im *Importer) Start(ctx context.Context, by event.Origin, request Request, file io.Reader) (Import, error) {
	im.prepare()
	if err := im.check(ctx, by.Partner, request); err != nil {
		return Import{}, err
	}
	select {
	case im.slots <- struct{}{}:
	default:
		return Import{}, ErrBusy
	}
	j, err := im.job(ctx, by, request, file)
	if err != nil {
		<-im.slots
		return Import{}, err
	}
	answer := j.Import.clone()
	im.jobs <- j // has room: every job holds a slot
	return answer, nil
}

func (im *Importer) job(ctx context.Context, by event.Origin, request Request, file io.Reader) (*job, error) {
	kept, err := keep(im.Dir, file, im.MaxBytes)
	if err != nil {
		return nil, err
	}
	reader, err := Open(request.Platform, kept)
	if err != nil {
		kept.drop()
		return nil, err
	}
	if request.ID == uuid.Nil {
		request.ID = im.newID()
	}
	now := im.now()
	j := &job{importer: im, by: by, request: request, file: kept, reader: reader, places: map[string]*place{}, Import: Import{
		ID: request.ID, Partner: by.Partner, Platform: request.Platform, State: Running,
		Progress:  Progress{BytesTotal: kept.size},
		Campaigns: []Placed{}, Rejections: []Rejection{}, CreatedAt: now, UpdatedAt: now,
	}}
	if err := im.ports.Store.Save(ctx, j.Import); err != nil {
		kept.drop()
		return nil, err
	}
	return j, nil
}

// Get is the import as it now is.
func (im *Importer) Get(ctx context.Context, partner, id uuid.UUID) (Import, error) {
	i, err := im.ports.Store.Get(ctx, partner, id)
	if err == nil && i.State == Running && im.now().Sub(i.UpdatedAt) > Silence {
		i.State = Interrupted
	}
	return i, err
}

// Run works on imports until ctx ends, and leaves those under way interrupted.
func (im *Importer) Run(ctx context.Context) error {
	im.prepare()
	var workers sync.WaitGroup
	for range im.AtOnce {
		workers.Go(func() { im.work(ctx) })
	}
	workers.Wait()
	for {
		select {
		case j := <-im.jobs:
			im.finish(ctx, j)
		default:
			return nil
		}
	}
}

func (im *Importer) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case j := <-im.jobs:
			im.finish(ctx, j)
		}
	}
}

// finish files a report to its end and frees its slot.
func (im *Importer) finish(ctx context.Context, j *job) {
	defer func() { <-im.slots }()
	defer j.file.drop()
	err := j.run(ctx)
	if ctx.Err() != nil && err != nil {
		err = errStopping
	}
	j.close(err)
	if f := fault.As(err); err != nil && f == nil {
		im.log.ErrorContext(ctx, "import failed", "import_id", j.ID, "partner_id", j.Partner, "error", err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	j.save(ctx)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
