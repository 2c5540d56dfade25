package campaigns

import (
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
)

// Created is the beginning of a campaign.
type Created struct {
	Name       string         `json:"name"`
	Type       Type           `json:"type"`
	Objective  Objective      `json:"objective"`
	Goals      Goals          `json:"goals"`
	Budget     money.Money    `json:"budget"`
	Timezone   string         `json:"timezone"`
	Category   Category       `json:"special_category,omitempty"`
	ClonedFrom *uuid.UUID     `json:"cloned_from,omitempty"`
	Changes    []event.Change `json:"changes"`
}

func (Created) EventType() string { return "campaign.created" }

// Updated lists what a person changed.
type Updated struct {
	Changes []event.Change `json:"changes"`
}

func (Updated) EventType() string { return "campaign.updated" }

// TargetingConfigured is a targeting set before the launch.
type TargetingConfigured struct {
	Targeting targeting.Configuration  `json:"targeting"`
	Previous  *targeting.Configuration `json:"previous"`
	Changes   []event.Change           `json:"changes"`
}

func (TargetingConfigured) EventType() string { return "campaign.targeting_configured" }

// TargetingRefined is a targeting changed after the launch, or rolled back.
type TargetingRefined struct {
	Targeting targeting.Configuration  `json:"targeting"`
	Previous  *targeting.Configuration `json:"previous"`
	Rollback  bool                     `json:"rollback"`
	Reason    string                   `json:"reason,omitempty"`
	Learning  LearningReset            `json:"learning_reset"`
	Changes   []event.Change           `json:"changes"`
}

func (TargetingRefined) EventType() string { return "campaign.targeting_refined" }

// CreativesSet replaces what the campaign shows.
type CreativesSet struct {
	Creatives []Creative     `json:"creatives"`
	Changes   []event.Change `json:"changes"`
}

func (CreativesSet) EventType() string { return "campaign.creatives_set" }

// ScheduleSet gives the campaign its dates, or other ones.
type ScheduleSet struct {
	Schedule Schedule       `json:"schedule"`
	Changes  []event.Change `json:"changes"`
}

func (ScheduleSet) EventType() string { return "campaign.scheduled" }

// Launched begins delivery.
type Launched struct {
	LaunchedAt time.Time                `json:"launched_at"`
	LaunchedBy string                   `json:"launched_by"`
	Checklist  []Check                  `json:"launch_checklist"`
	Targeting  *targeting.Configuration `json:"initial_targeting"`
	Changes    []event.Change           `json:"changes"`
}

func (Launched) EventType() string { return "campaign.launched" }

// LaunchFailed says that the scheduler found the campaign not ready. There is
// one for a schedule, and a second when its end passes without a launch.
type LaunchFailed struct {
	Schedule Schedule       `json:"schedule"`
	Final    bool           `json:"final"` // it is not tried again
	Checks   []Check        `json:"checks"`
	Changes  []event.Change `json:"changes"`
}

func (LaunchFailed) EventType() string { return "campaign.launch_failed" }

// PausedDelivery stops delivery for now.
type PausedDelivery struct {
	Reason   string         `json:"reason"`
	PausedBy string         `json:"paused_by"`
	PausedAt time.Time      `json:"paused_at"`
	Figures  Figures        `json:"metrics_at_pause"`
	Changes  []event.Change `json:"changes"`
}

func (PausedDelivery) EventType() string { return "campaign.paused" }

// Resumed takes delivery up again.
type Resumed struct {
	Checklist []Check        `json:"checklist"`
	Changes   []event.Change `json:"changes"`
}

func (Resumed) EventType() string { return "campaign.resumed" }

// Ended is the completion with what came of the campaign.
type Ended struct {
	Outcome
	Changes []event.Change `json:"changes"`
}

func (Ended) EventType() string { return "campaign.completed" }

// Dropped cancels a campaign that was never launched.
type Dropped struct {
	Reason  string         `json:"reason"`
	Changes []event.Change `json:"changes"`
}

func (Dropped) EventType() string { return "campaign.cancelled" }

// Optimized says that the optimiser changed the campaign; it stands beside the
// event of the change itself, with the same revision.
type Optimized struct {
	Optimization string `json:"optimization"` // TARGETING_REFINEMENT, ...
	Reason       string `json:"reason"`
}

func (Optimized) EventType() string { return "campaign.optimized" }
