package adplatform

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// maxPlaces bounds how many campaigns one report may be filed under, and so
// how many drafts it may create.
const maxPlaces = 1000

var errTooManyCampaigns = fault.New(fault.TooLarge, "report_too_many_campaigns",
	fmt.Sprintf("A report may be about at most %d campaigns.", maxPlaces), "Export fewer campaigns to each file.")

// place is the campaign of ours that rows go to, or why they cannot.
type place struct {
	Campaign
	index   int    // in Import.Campaigns
	refused string // the code of the refusal; empty when there is a campaign
	detail  string
}

// check refuses a request that cannot be meant, before anything is taken.
func (im *Importer) check(ctx context.Context, partner uuid.UUID, r Request) error {
	var wrong fault.Fields
	if _, ok := formatOf(r.Platform); !ok {
		return unknownPlatform(r.Platform)
	}
	if r.Campaign != uuid.Nil && r.CreateMissing {
		wrong.Add("create_missing", "contradiction", "With campaign_id every row has its campaign already.", "one of campaign_id and create_missing")
	}
	if r.Currency != "" && !money.Currency(r.Currency).Valid() {
		wrong.Add("currency", money.ErrUnknownCurrency.Code, money.ErrUnknownCurrency.Detail, money.ErrUnknownCurrency.Fix)
	}
	if err := im.exists(ctx, &wrong, partner, "campaign_id", r.Campaign); err != nil {
		return err
	}
	for _, external := range slices.Sorted(maps.Keys(r.Mapping)) {
		if err := im.exists(ctx, &wrong, partner, "mapping."+external, r.Mapping[external]); err != nil {
			return err
		}
	}
	return wrong.Err()
}

func (im *Importer) exists(ctx context.Context, wrong *fault.Fields, partner uuid.UUID, path string, id uuid.UUID) error {
	if id == uuid.Nil {
		return nil
	}
	_, err := im.ports.Campaigns.Campaign(ctx, partner, id)
	if fault.KindOf(err) == fault.NotFound {
		wrong.Add(path, "campaign_not_found", fmt.Sprintf("There is no campaign %s.", id), "the id of one of your campaigns")
		return nil
	}
	return err
}

// placeOf finds the campaign for a row, or says why it is refused.
func (j *job) placeOf(ctx context.Context, row *Row) (*place, *Rejection, error) {
	external := j.external(row)
	p, ok := j.places[external]
	if !ok {
		var err error
		if p, err = j.find(ctx, row, external); err != nil {
			return nil, nil, err
		}
		if len(j.places) >= maxPlaces {
			return nil, nil, errTooManyCampaigns
		}
		j.places[external] = p
	}
	if p.refused != "" {
		return nil, &Rejection{Line: row.Line, Code: p.refused, Detail: p.detail}, nil
	}
	return p, nil, nil
}

// external is the most particular name of the row that the mapping knows, and
// otherwise its campaign, or the account of a report without campaigns.
func (j *job) external(row *Row) string {
	for _, name := range []string{row.ExternalCampaign, row.Event.Ad, row.ExternalAccount} {
		if _, ok := j.request.Mapping[name]; ok && name != "" {
			return name
		}
	}
	if row.ExternalCampaign != "" {
		return row.ExternalCampaign
	}
	return row.ExternalAccount
}

// find looks for a campaign in the order that Request promises.
func (j *job) find(ctx context.Context, row *Row, external string) (*place, error) {
	if id, ok := j.request.Mapping[external]; ok {
		return j.existing(ctx, external, id)
	}
	if j.request.Campaign != uuid.Nil {
		return j.existing(ctx, external, j.request.Campaign)
	}
	id, err := j.importer.ports.Links.Linked(ctx, j.Partner, j.Platform, external)
	if err != nil {
		return nil, err
	}
	if id == uuid.Nil && !j.request.CreateMissing {
		return &place{refused: "campaign_unknown", detail: fmt.Sprintf(
			"No campaign of yours is known for %s %s. Give campaign_id, a mapping for it, or create_missing.", Title(j.Platform), external)}, nil
	}
	return j.linked(ctx, row, external, id)
}

func (j *job) existing(ctx context.Context, external string, id uuid.UUID) (*place, error) {
	c, err := j.importer.ports.Campaigns.Campaign(ctx, j.Partner, id)
	if err != nil {
		return nil, err
	}
	return j.open(c, external, false), nil
}

// linked is the draft of an earlier import, or a new one. The link is made
// first: a crash before the draft exists leaves a link whose draft the next
// import creates, and never two drafts.
func (j *job) linked(ctx context.Context, row *Row, external string, id uuid.UUID) (*place, error) {
	ports := j.importer.ports
	if id == uuid.Nil {
		var err error
		if id, err = ports.Links.Link(ctx, j.Partner, j.Platform, external, j.importer.newID()); err != nil {
			return nil, err
		}
	}
	c, err := ports.Campaigns.Campaign(ctx, j.Partner, id)
	if err == nil {
		return j.open(c, external, false), nil
	}
	if fault.KindOf(err) != fault.NotFound {
		return nil, err
	}
	if c, err = ports.Campaigns.CreateDraft(ctx, j.by, j.draft(row, external, id)); err != nil {
		return nil, err
	}
	return j.open(c, external, true), nil
}

func (j *job) draft(row *Row, external string, id uuid.UUID) Draft {
	d := Draft{ID: id, Name: row.CampaignName, Platform: j.Platform, Channel: row.Event.Channel, Currency: row.Currency, Timezone: j.request.Timezone}
	if d.Name == "" && row.ExternalCampaign == "" {
		d.Name = fmt.Sprintf("%s account %s", Title(j.Platform), external)
	} else if d.Name == "" {
		d.Name = fmt.Sprintf("%s campaign %s", Title(j.Platform), external)
	}
	if d.Currency == "" {
		d.Currency = j.request.Currency
	}
	return d
}

// open notes the campaign. All campaigns of a report have one currency, as an
// ad account has: otherwise its totals would mean nothing.
func (j *job) open(c Campaign, external string, created bool) *place {
	for _, other := range j.places {
		if other.refused == "" && other.Currency != c.Currency {
			return &place{refused: "currency_mismatch", detail: fmt.Sprintf(
				"Campaign %s is in %s and the report's other campaigns in %s. Import each currency from a file of its own.", c.ID, c.Currency, other.Currency)}
		}
	}
	p := &place{Campaign: c, index: len(j.Campaigns)}
	j.Campaigns = append(j.Campaigns, Placed{External: external, Campaign: c.ID, Name: c.Name, Created: created})
	return p
}
