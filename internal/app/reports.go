package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/adplatform"
	"github.com/hexabuilders/campaignd/internal/httpapi"
)

// reports is httpapi.Importer over the importer of platform reports.
type reports struct {
	importer *adplatform.Importer
	now      func() time.Time
}

// Start implements httpapi.Importer.
func (r reports) Start(ctx context.Context, by event.Origin, order httpapi.ImportOrder, file io.Reader) (httpapi.Import, error) {
	if order.ValidateOnly {
		return r.rehearse(by, order, file)
	}
	return asAPI(r.importer.Start(ctx, by, adplatform.Request{
		ID: order.ID, Platform: order.Platform, Campaign: order.Campaign, CreateMissing: order.CreateMissing,
	}, file))
}

// Import implements httpapi.Importer.
func (r reports) Import(ctx context.Context, partner, id uuid.UUID) (httpapi.Import, error) {
	return asAPI(r.importer.Get(ctx, partner, id))
}

// asAPI is an import as the API shows it, which is as it is stored.
func asAPI(i adplatform.Import, err error) (httpapi.Import, error) {
	if err != nil {
		return httpapi.Import{}, err
	}
	text, err := json.Marshal(i)
	if err != nil {
		return httpapi.Import{}, err
	}
	var shown httpapi.Import
	return shown, json.Unmarshal(text, &shown)
}

// rehearse reads a whole report and takes nothing: which rows can be read is
// all that can be said without filing them.
func (r reports) rehearse(by event.Origin, order httpapi.ImportOrder, file io.Reader) (httpapi.Import, error) {
	now := r.now().UTC()
	would := httpapi.Import{
		ID: order.ID, PartnerID: by.Partner, Platform: order.Platform, State: string(adplatform.Completed),
		Campaigns: []httpapi.ImportPlace{}, Rejections: []httpapi.ImportRejection{}, CreatedAt: now, UpdatedAt: now,
	}
	rows, err := adplatform.Open(order.Platform, file)
	if err != nil {
		return would, err
	}
	for {
		_, err := rows.Next()
		var bad *adplatform.RowError
		switch {
		case errors.Is(err, io.EOF):
			would.Progress.Rows = rows.Rows()
			return would, nil
		case errors.As(err, &bad):
			would.Progress.Rejected++
			if len(would.Rejections) < adplatform.MaxRejections {
				would.Rejections = append(would.Rejections, httpapi.ImportRejection{Line: bad.Line, Column: bad.Column, Code: "malformed", Detail: bad.Detail})
			}
		case err != nil:
			return would, err
		default:
			would.Progress.Accepted++
		}
	}
}
