package performance

import (
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
)

// DueDay is a campaign and the local day whose performance report is next.
type DueDay struct {
	Partner, Campaign uuid.UUID
	Day               localday.Day
}
