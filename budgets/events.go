package budgets

import (
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// Opened is the beginning of a budget.
type Opened struct {
	Campaign   uuid.UUID   `json:"campaign_id"`
	Kind       Kind        `json:"kind"`
	Limit      money.Money `json:"limit"`
	Timezone   string      `json:"timezone"`
	AutoPause  bool        `json:"auto_pause"`
	Thresholds []Threshold `json:"thresholds"`
}

func (Opened) EventType() string { return "budget.opened" }

// Changed lists what changed of the settings.
type Changed struct {
	Campaign uuid.UUID      `json:"campaign_id"`
	Changes  []event.Change `json:"changes"`
}

func (Changed) EventType() string { return "budget.changed" }

// ThresholdReached announces a threshold, once per crossing. Pauses says that
// the campaign is to be paused for it.
type ThresholdReached struct {
	Campaign  uuid.UUID     `json:"campaign_id"`
	Percent   int           `json:"percent"`
	Severity  Severity      `json:"severity"`
	Settled   money.Money   `json:"settled"` // of the period, for a daily or monthly budget
	Limit     money.Money   `json:"limit"`
	Day       *localday.Day `json:"day,omitempty"` // the period of a daily or monthly budget
	AutoPause bool          `json:"auto_pause"`
	Pauses    bool          `json:"pauses"`
}

func (ThresholdReached) EventType() string { return "budget.threshold_reached" }

// Exhausted says that nothing is left: the campaign is to be paused, auto-pause
// or not.
type Exhausted struct {
	Campaign uuid.UUID     `json:"campaign_id"`
	Settled  money.Money   `json:"settled"` // of the period, for a daily or monthly budget
	Limit    money.Money   `json:"limit"`
	Day      *localday.Day `json:"day,omitempty"` // the period of a daily or monthly budget
}

func (Exhausted) EventType() string { return "budget.exhausted" }

// Overdelivered posts spend that was reported beyond the limit, or takes it
// back when the amount is negative.
type Overdelivered struct {
	Campaign     uuid.UUID    `json:"campaign_id"`
	Day          localday.Day `json:"day"` // when it was spent
	Amount       money.Money  `json:"amount"`
	Overdelivery money.Money  `json:"overdelivery"` // of the budget, after it
}

func (Overdelivered) EventType() string { return "budget.overdelivered" }

// Credited says that refunds exceed what was settled, or that spend has since
// used up such a credit (Amount is then negative). Nothing of a report is
// dropped: settled stays at zero and the rest is kept here.
type Credited struct {
	Campaign uuid.UUID    `json:"campaign_id"`
	Day      localday.Day `json:"day"` // of the report
	Amount   money.Money  `json:"amount"`
	Credit   money.Money  `json:"credit"` // of the budget, after it
}

func (Credited) EventType() string { return "budget.credited" }
