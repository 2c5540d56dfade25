package adplatform

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/performance"
)

const (
	batchRows   = 1000
	saveEvery   = time.Second
	patience    = 5 * time.Minute  // with a service that is busy, for one batch
	longestWait = 15 * time.Second // between two tries; well below Silence
)

// job is one import under way. Only the worker that runs it touches it.
type job struct {
	Import
	importer *Importer
	by       event.Origin
	request  Request
	file     *kept
	reader   *Reader
	places   map[string]*place // by external campaign
	pulled   Pulled
	batch    []performance.Event
	origins  []origin // of the events in batch
	saved    time.Time
}

// origin is where an event came from.
type origin struct {
	line  int
	place *place
}

// run files every row. What it returns ends the import as failed.
func (j *job) run(ctx context.Context) (err error) {
	if j.pulled, err = j.importer.ports.Pulls.Pulled(ctx, j.Partner, j.Platform); err != nil {
		return err
	}
	for ctx.Err() == nil {
		row, err := j.reader.Next()
		j.Progress.Rows = j.reader.Rows()
		var bad *RowError
		switch {
		case errors.Is(err, io.EOF):
			return j.flush(ctx)
		case errors.As(err, &bad):
			j.reject(Rejection{Line: bad.Line, Column: bad.Column, Code: "row_malformed", Detail: bad.Detail})
		case err != nil:
			return errors.Join(err, j.flush(ctx))
		default:
			if err := j.add(ctx, row); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// add places a row and sends the batch when it is full.
func (j *job) add(ctx context.Context, row Row) error {
	p, refused, err := j.placeOf(ctx, &row)
	if err != nil {
		return err
	}
	if refused == nil {
		refused = j.doubled(&row, p)
	}
	if refused != nil {
		j.reject(*refused)
		return nil
	}
	j.batch = append(j.batch, row.In(p.ID, p.Zone))
	j.origins = append(j.origins, origin{row.Line, p})
	if len(j.batch) < batchRows {
		return nil
	}
	return j.flush(ctx)
}

// flush records the batch and counts what became of it.
func (j *job) flush(ctx context.Context) error {
	if len(j.batch) > 0 {
		receipt, err := j.record(ctx)
		if err != nil {
			return err
		}
		j.Progress.Accepted += receipt.Accepted
		j.Progress.Duplicates += receipt.Duplicates
		if err := j.count(receipt.Rejected); err != nil {
			return err
		}
		j.batch, j.origins = j.batch[:0], j.origins[:0]
	}
	j.Progress.Bytes = j.reader.offset()
	if j.importer.now().Sub(j.saved) >= saveEvery {
		j.save(ctx)
	}
	return nil
}

// record sends the batch until it is answered. A try whose outcome is unknown
// may have been taken; its events are then duplicates in the next one.
func (j *job) record(ctx context.Context) (performance.Receipt, error) {
	im := j.importer
	delay, until := 100*time.Millisecond, im.now().Add(patience)
	for {
		receipt, err := im.ports.Metrics.Record(ctx, j.by, j.batch)
		f := fault.As(err)
		if err == nil || f == nil || f.Recovery() != fault.Transient || im.now().After(until) {
			return receipt, err
		}
		j.save(ctx)
		if err := im.wait(ctx, min(max(delay, f.RetryAfter), longestWait)); err != nil {
			return receipt, err
		}
		delay *= 2
	}
}

// count adds up the rows of the batch that were not refused.
func (j *job) count(refused []performance.Rejection) error {
	out := make(map[int]bool, len(refused))
	for _, r := range refused {
		out[r.Index] = true
		j.reject(Rejection{Line: j.origins[r.Index].line, Code: r.Code, Detail: explain(r)})
	}
	for i := range j.batch {
		if out[i] {
			continue
		}
		p := j.origins[i].place
		j.Campaigns[p.index].Rows++
		if err := j.Totals.add(&j.batch[i], p.Currency); err != nil {
			return err
		}
	}
	return nil
}

// explain says of a delivery that was counted with other figures what that
// means for a report.
func explain(r performance.Rejection) string {
	if r.Code == performance.CodeIDReused {
		return "This delivery was imported before with other figures or to another campaign, and was not counted again. Send the difference as a metric event of its own."
	}
	return r.Detail
}

func (j *job) reject(r Rejection) {
	j.Progress.Rejected++
	if len(j.Rejections) < MaxRejections {
		j.Rejections = append(j.Rejections, r)
	}
}

// close sets the final state.
func (j *job) close(err error) {
	now := j.importer.now()
	j.FinishedAt, j.State = &now, Completed
	if err == nil {
		j.Progress.Bytes = j.Progress.BytesTotal
		return
	}
	j.State = Failed
	j.Problem = &Problem{Code: "internal", Detail: "The import could not go on; the cause is in the service's log.", Fix: "Send the file again; nothing is counted twice."}
	if f := fault.As(err); f != nil {
		j.Problem = &Problem{Code: f.Code, Detail: f.Detail, Fix: f.Fix}
	}
	if errors.Is(err, errStopping) {
		j.State = Interrupted
		j.Problem = &Problem{Code: "interrupted", Detail: "The service stopped before the end of the file.", Fix: "Send the file again; nothing is counted twice."}
	}
}

// save keeps the progress. Failing to is no reason to stop: what counts is in
// the events.
func (j *job) save(ctx context.Context) {
	j.UpdatedAt = j.importer.now()
	j.saved = j.UpdatedAt
	if err := j.importer.ports.Store.Save(ctx, j.Import.clone()); err != nil {
		j.importer.log.WarnContext(ctx, "import's progress not kept", "import_id", j.ID, "error", err)
	}
}

// clone shares nothing with the import that goes on changing.
func (i Import) clone() Import {
	i.Campaigns, i.Rejections = slices.Clone(i.Campaigns), slices.Clone(i.Rejections)
	return i
}
