package partners

import (
	"slices"
	"strings"
)

// Role is what a key was issued for.
type Role string

const (
	RoleAdmin    Role = "admin"    // HexaBuilders' operators: everything, for all partners
	RoleManager  Role = "manager"  // runs campaigns and sets their budgets
	RoleApprover Role = "approver" // the second person who authorises extra spend
	RoleFinance  Role = "finance"  // budgets and money, not campaigns
	RoleAnalyst  Role = "analyst"  // reads
	RoleIngest   Role = "ingest"   // a program that pushes metrics, and nothing else
)

// Roles are all the roles, the mightiest first.
var Roles = []Role{RoleAdmin, RoleManager, RoleApprover, RoleFinance, RoleAnalyst, RoleIngest}

// Valid reports whether r is one of Roles.
func (r Role) Valid() bool { return slices.Contains(Roles, r) }

// Action is something that a role may or may not do. A role never widens what
// partner a Principal belongs to.
type Action string

const (
	ActionRead              Action = "read"               // campaigns, metrics, budgets, alerts, history, the own partner
	ActionWriteCampaigns    Action = "write_campaigns"    // create, change, schedule, launch, resume, cancel ...
	ActionPause             Action = "pause"              // stopping never waits for anybody
	ActionWriteBudgets      Action = "write_budgets"      // limits, thresholds, allocations
	ActionApprove           Action = "approve"            // authorise what somebody else asked for
	ActionWriteMetrics      Action = "write_metrics"      // metric events, report files, spend
	ActionAcknowledgeAlerts Action = "acknowledge_alerts" // say that an alert has been seen
	ActionWriteAlertRules   Action = "write_alert_rules"  // what to be told of
	ActionManagePartners    Action = "manage_partners"    // partners, their contracts, limits and flags
	ActionOptimize          Action = "optimize"           // apply and dismiss suggestions, and say what may happen by itself
	ActionManageKeys        Action = "manage_keys"        // issue and revoke keys
	ActionManageWebhooks    Action = "manage_webhooks"    // where the partner's own programs are told
	ActionPay               Action = "pay"                // pay in, and give back
	ActionOperateBrokers    Action = "operate_brokers"    // what other services say, and what of it failed
	ActionManagePlatforms   Action = "manage_platforms"   // accounts at ad platforms, and their tokens
)

// Actions are all the actions.
var Actions = []Action{
	ActionRead, ActionWriteCampaigns, ActionPause, ActionWriteBudgets, ActionApprove,
	ActionWriteMetrics, ActionAcknowledgeAlerts, ActionWriteAlertRules, ActionManagePartners, ActionOptimize, ActionManageKeys,
	ActionManageWebhooks, ActionPay, ActionOperateBrokers,
	ActionManagePlatforms,
}

// allowed is the whole policy. An approver does not write budgets, nor does a
// manager approve: two people are needed for extra spend. What is missing here
// is refused.
var allowed = map[Action][]Role{
	ActionRead:              {RoleAdmin, RoleManager, RoleApprover, RoleFinance, RoleAnalyst},
	ActionWriteCampaigns:    {RoleAdmin, RoleManager},
	ActionPause:             {RoleAdmin, RoleManager, RoleApprover, RoleFinance},
	ActionWriteBudgets:      {RoleAdmin, RoleManager, RoleFinance},
	ActionApprove:           {RoleAdmin, RoleApprover},
	ActionWriteMetrics:      {RoleAdmin, RoleManager, RoleIngest},
	ActionAcknowledgeAlerts: {RoleAdmin, RoleManager, RoleApprover, RoleFinance},
	ActionWriteAlertRules:   {RoleAdmin, RoleManager, RoleFinance},
	ActionManagePartners:    {RoleAdmin},
	ActionOptimize:          {RoleAdmin, RoleManager},
	ActionManageKeys:        {RoleAdmin},
	ActionManageWebhooks:    {RoleAdmin, RoleManager},
	ActionPay:               {RoleAdmin, RoleFinance},
	ActionOperateBrokers:    {RoleAdmin},
	ActionManagePlatforms:   {RoleAdmin, RoleManager},
}

// Can reports whether the role may do it.
func (r Role) Can(a Action) bool { return slices.Contains(allowed[a], r) }

// list is the roles as a sentence names them: "admin, manager".
func list(roles []Role) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return strings.Join(names, ", ")
}
