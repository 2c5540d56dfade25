package adplatform

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
)

// Pulls says what comes from a platform by itself, so that a report of the same
// delivery is not counted beside it.
type Pulls interface {
	Pulled(ctx context.Context, partner uuid.UUID, platform string) (Pulled, error)
}

// Pulled is what comes from a platform's ad accounts by itself.
type Pulled struct {
	// Objects are the platform's campaigns and ads, with the campaign of ours that
	// their delivery is filed under.
	Objects map[string]uuid.UUID
	// Since is the first day on which something of a campaign can have been
	// pulled. It decides about rows that name neither campaign nor ad.
	Since map[uuid.UUID]localday.Day
}

// CodePulled refuses a row whose delivery comes by itself.
const CodePulled = "pulled_already"

// doubled refuses a row that would be counted beside a pull of the same delivery,
// unless it was asked for.
func (j *job) doubled(row *Row, p *place) *Rejection {
	if j.request.Force {
		return nil
	}
	for _, name := range []string{row.ExternalCampaign, row.Event.Ad} {
		if campaign, ok := j.pulled.Objects[name]; ok && name != "" {
			return j.alreadyPulled(row, name, campaign)
		}
	}
	since, ok := j.pulled.Since[p.ID]
	if ok && row.ExternalCampaign == "" && row.Day >= since {
		return j.alreadyPulled(row, "account "+row.ExternalAccount, p.ID)
	}
	return nil
}

func (j *job) alreadyPulled(row *Row, what string, campaign uuid.UUID) *Rejection {
	return &Rejection{Line: row.Line, Code: CodePulled, Detail: fmt.Sprintf(
		"The delivery of %s %s is pulled from the connected ad account, under campaign %s. Counting it from a file as well would count it twice. Leave it out, or import with force=true if you know that it is another's.",
		Title(j.Platform), what, campaign)}
}
