package app

import (
	"context"
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

// Start implements httpapi.Importer. A platform's campaign without one of ours
// gets a draft, unless all rows go to one campaign.
func (r reports) Start(ctx context.Context, by event.Origin, order httpapi.ImportOrder, file io.Reader) (httpapi.Import, error) {
	if order.ValidateOnly {
		return r.rehearse(by, order, file)
	}
	started, err := r.importer.Start(ctx, by, adplatform.Request{
		ID: order.ID, Platform: order.Platform, Campaign: order.Campaign, CreateMissing: order.Campaign == uuid.Nil && (order.CreateMissing == nil || *order.CreateMissing),
		Force: order.Force,
	}, file)
	return shown(started), err
}

// Import implements httpapi.Importer.
func (r reports) Import(ctx context.Context, partner, id uuid.UUID) (httpapi.Import, error) {
	found, err := r.importer.Get(ctx, partner, id)
	return shown(found), err
}

// shown is an import as the API has it.
func shown(i adplatform.Import) httpapi.Import {
	out := httpapi.Import{
		ID: i.ID, Revision: 1, PartnerID: i.Partner, Platform: i.Platform, State: string(i.State),
		Progress: httpapi.ImportProgress(i.Progress), Totals: httpapi.ImportTotals(i.Totals),
		Campaigns: []httpapi.ImportPlace{}, Rejections: []httpapi.ImportRejection{}, Error: (*httpapi.ImportError)(i.Problem),
		CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt, FinishedAt: i.FinishedAt,
	}
	for _, c := range i.Campaigns {
		out.Campaigns = append(out.Campaigns, httpapi.ImportPlace{External: c.External, CampaignID: c.Campaign, Name: c.Name, Created: c.Created, Rows: c.Rows})
	}
	for _, r := range i.Rejections {
		out.Rejections = append(out.Rejections, httpapi.ImportRejection(r))
	}
	return out
}

// rehearse reads a whole report and takes nothing: which rows can be read is
// all that can be said without filing them.
func (r reports) rehearse(by event.Origin, order httpapi.ImportOrder, file io.Reader) (httpapi.Import, error) {
	now := r.now().UTC()
	would := httpapi.Import{
		ID: order.ID, Revision: 1, PartnerID: by.Partner, Platform: order.Platform, State: string(adplatform.Completed),
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
